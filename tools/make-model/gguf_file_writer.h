#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "random_values.h"
#include "tensor_plan.h"
#include "vocabulary.h"

namespace inferno::make_model {

// Told after each tensor: how many bytes of tensor data have been written, of how many.
using Progress = std::function<void(std::uint64_t done_bytes, std::uint64_t all_bytes)>;

// The size of the whole file in bytes, metadata included.
struct WrittenFile {
  std::uint64_t size_bytes = 0;
  std::int64_t n_parameters = 0;
};

// Puts the shape's hyperparameters into the metadata.
void set_hyperparameters(gguf_context* metadata, const ModelShape& shape);

// Writes metadata and random tensors to `path`, row by row: memory use does not grow
// with the model. A file cut short by an error is removed.
Result<WrittenFile> write_gguf_file(const std::string& path, gguf_context* metadata,
                                    const std::vector<PlannedTensor>& tensors, std::uint64_t seed,
                                    const Progress& progress);

}  // namespace inferno::make_model
