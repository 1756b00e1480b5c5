#include "engine/model_files.h"

#include <fmt/format.h>
#include <llama.h>

namespace inferno::engine {
namespace {

constexpr std::uint64_t kMaxShards = 1024;

// llama.cpp finds the shards of a split model by their names.
std::string shard_path(const std::string& prefix, std::uint64_t index, std::uint64_t count) {
  std::string path(prefix.size() + 64, '\0');
  const int n =
      llama_split_path(path.data(), path.size(), prefix.c_str(), static_cast<int>(index), static_cast<int>(count));
  path.resize(n > 0 ? static_cast<std::size_t>(n) : 0);
  return path;
}

Result<std::string> shard_prefix(const std::string& path, std::uint64_t index, std::uint64_t count) {
  std::string prefix(path.size() + 1, '\0');
  const int n =
      llama_split_prefix(prefix.data(), prefix.size(), path.c_str(), static_cast<int>(index), static_cast<int>(count));
  if (n > 0) return prefix.substr(0, static_cast<std::size_t>(n));
  return Error{
      ErrorCode::kInvalidModel,
      fmt::format("{} is part {} of {} of a split model, but its name does not say so", path, index + 1, count),
      fmt::format("Give the parts their original names, which end in \"-{:05}-of-{:05}.gguf\".", index + 1, count)};
}

Error missing_shard(const std::string& path, std::uint64_t index, std::uint64_t count) {
  return {ErrorCode::kFileNotFound,
          fmt::format("the model is split into {} files, and part {} is missing: {}", count, index + 1, path),
          "Put all parts of the model into one folder."};
}

}  // namespace

Result<ModelFiles> ModelFiles::open(const std::string& path) {
  Result<GgufFile> first = GgufFile::open(path);
  if (!first) return first.error();
  ModelFiles model;
  model.files_.push_back(std::move(*first));

  const std::uint64_t count = model.main().number("split.count").value_or(0);
  if (count <= 1) return model;
  const std::uint64_t index = model.main().number("split.no").value_or(0);
  if (count > kMaxShards || index >= count) {
    return Error{ErrorCode::kInvalidModel, fmt::format("{} says it is part {} of {}", path, index + 1, count), ""};
  }
  const Result<std::string> prefix = shard_prefix(path, index, count);
  if (!prefix) return prefix.error();
  if (index != 0) {
    return Error{ErrorCode::kInvalidArgument,
                 fmt::format("{} is part {} of {} of a split model", path, index + 1, count),
                 fmt::format("Open the first part: {}", shard_path(*prefix, 0, count))};
  }
  for (std::uint64_t i = 1; i < count; ++i) {
    const std::string next = shard_path(*prefix, i, count);
    Result<GgufFile> shard = GgufFile::open(next);
    if (!shard) return shard.error().code == ErrorCode::kFileNotFound ? missing_shard(next, i, count) : shard.error();
    model.files_.push_back(std::move(*shard));
  }
  return model;
}

std::uint64_t ModelFiles::file_bytes() const {
  std::uint64_t sum = 0;
  for (const GgufFile& file : files_) sum += file.file_bytes();
  return sum;
}

std::uint64_t ModelFiles::n_tensors() const {
  std::uint64_t sum = 0;
  for (const GgufFile& file : files_) sum += file.n_tensors();
  return sum;
}

std::vector<TensorInfo> ModelFiles::tensors() const {
  std::vector<TensorInfo> all;
  for (const GgufFile& file : files_) {
    for (TensorInfo& tensor : file.tensors()) all.push_back(std::move(tensor));
  }
  return all;
}

std::vector<std::uint64_t> ModelFiles::tensor_shape(std::string_view name) const {
  for (const GgufFile& file : files_) {
    if (auto shape = file.tensor_shape(name); !shape.empty()) return shape;
  }
  return {};
}

}  // namespace inferno::engine
