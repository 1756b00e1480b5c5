#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"
#include "engine/gguf_file.h"

namespace inferno::engine {

// The headers of all files of one model: one, or every shard of a split model.
// Immutable; any thread.
class ModelFiles {
 public:
  // `path` is the only file or the first shard. Errors as GgufFile::open;
  // kFileNotFound names a shard that is missing.
  static Result<ModelFiles> open(const std::string& path);

  // The first file: it holds the metadata.
  const GgufFile& main() const { return files_.front(); }
  const std::string& path() const { return main().path(); }
  std::uint64_t file_bytes() const;
  std::uint64_t n_tensors() const;
  std::vector<TensorInfo> tensors() const;
  // Slowest dimension first; empty where no file has such a tensor.
  std::vector<std::uint64_t> tensor_shape(std::string_view name) const;

 private:
  std::vector<GgufFile> files_;
};

}  // namespace inferno::engine
