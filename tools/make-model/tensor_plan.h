#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "model_shape.h"

namespace inferno::make_model {

// How a tensor is filled: normal values of that deviation around `mean`; a
// deviation of 0 gives the mean everywhere.
struct Fill {
  float mean = 0.0F;
  float deviation = 0.0F;
};

// One tensor to be written. `dimensions` are in ggml's order: the fastest first.
struct PlannedTensor {
  std::string name;
  std::vector<std::int64_t> dimensions;
  ggml_type type = GGML_TYPE_F32;
  Fill fill;

  std::int64_t n_rows() const;
  std::int64_t n_values() const { return dimensions[0] * n_rows(); }
};

// All tensors that llama.cpp wants for the shape, in the order of the file.
// `shape` must come from complete_shape().
std::vector<PlannedTensor> plan_tensors(const ModelShape& shape);

}  // namespace inferno::make_model
