#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "engine/model_info.h"

struct gguf_context;

namespace inferno::engine {

// The header of one GGUF file: metadata and the list of tensors, no weights.
// open() makes sure that it is a regular file, a GGUF of a version that is read,
// and as long as its tensors say. What the values mean is left to others.
// Immutable; any thread.
class GgufFile {
 public:
  // Errors: kFileNotFound, kInvalidArgument (a folder, a pipe, a device),
  // kNotGguf, kTruncatedFile, kInvalidModel.
  static Result<GgufFile> open(const std::string& path);

  const std::string& path() const { return path_; }
  std::uint64_t file_bytes() const { return file_bytes_; }

  // Absent where there is no such key or it has another type.
  std::optional<std::string> text(std::string_view key) const;
  // Any integer type that holds a value of 0 or more.
  std::optional<std::uint64_t> number(std::string_view key) const;
  std::optional<bool> flag(std::string_view key) const;
  // A number, or each element of an array of integers.
  std::vector<std::uint64_t> numbers(std::string_view key) const;
  // Each element of an array of texts; they live as long as this.
  std::vector<std::string_view> texts(std::string_view key) const;
  bool has(std::string_view key) const;

  std::vector<MetadataEntry> metadata() const;
  std::vector<TensorInfo> tensors() const;
  std::uint64_t n_tensors() const;
  // The shape, slowest dimension first; empty where there is no such tensor.
  std::vector<std::uint64_t> tensor_shape(std::string_view name) const;

 private:
  struct Free {
    void operator()(gguf_context* context) const;
  };
  GgufFile() = default;
  Result<void> check_extent() const;

  std::string path_;
  std::uint64_t file_bytes_ = 0;
  std::unique_ptr<gguf_context, Free> context_;
};

}  // namespace inferno::engine
