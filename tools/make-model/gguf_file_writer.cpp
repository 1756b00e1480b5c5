#include "gguf_file_writer.h"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <map>
#include <memory>
#include <utility>

#include "block_pool.h"

namespace inferno::make_model {
namespace {

struct FileCloser {
  void operator()(std::FILE* file) const { std::fclose(file); }
};
using FilePtr = std::unique_ptr<std::FILE, FileCloser>;

struct GgmlDeleter {
  void operator()(ggml_context* context) const { ggml_free(context); }
};

constexpr std::size_t kBatchBytes = std::size_t{4} << 20;
// With fewer blocks to a row, rows chosen from a pool would repeat; with fewer values, a pool saves nothing.
constexpr std::int64_t kMinBlocksPerRow = 8;
constexpr std::int64_t kMinPooledValues = std::int64_t{1} << 20;
constexpr float kNormEpsilon = 1e-5F;

Error write_failed(const std::string& path) {
  return Error{ErrorCode::kInternal, "cannot write " + path + ": " + std::strerror(errno),
               "check that the folder exists and has room"};
}

std::uint64_t tensor_bytes(const PlannedTensor& tensor) {
  return ggml_row_size(tensor.type, tensor.dimensions[0]) * static_cast<std::uint64_t>(tensor.n_rows());
}

// gguf takes names, shapes and types from ggml tensors; these have no data.
void declare_tensors(gguf_context* metadata, const std::vector<PlannedTensor>& tensors) {
  const std::unique_ptr<ggml_context, GgmlDeleter> context(
      ggml_init({.mem_size = ggml_tensor_overhead() * (tensors.size() + 1), .mem_buffer = nullptr, .no_alloc = true}));
  for (const PlannedTensor& planned : tensors) {
    ggml_tensor* tensor = ggml_new_tensor(context.get(), planned.type, static_cast<int>(planned.dimensions.size()),
                                          planned.dimensions.data());
    ggml_set_name(tensor, planned.name.c_str());
    gguf_add_tensor(metadata, tensor);
  }
}

// Writes the data of the tensors, sharing one pool of blocks among all that are filled alike.
class TensorStream {
 public:
  TensorStream(std::FILE* file, std::size_t alignment, std::uint64_t seed)
      : file_(file), alignment_(alignment), random_(seed) {}

  bool write(const PlannedTensor& tensor) {
    const std::int64_t n_per_row = tensor.dimensions[0];
    const std::size_t row_bytes = ggml_row_size(tensor.type, n_per_row);
    const auto rows_at_once = static_cast<std::int64_t>(std::max<std::size_t>(1, kBatchBytes / row_bytes));
    for (std::int64_t row = 0; row < tensor.n_rows(); row += rows_at_once) {
      const std::int64_t n_rows = std::min(rows_at_once, tensor.n_rows() - row);
      if (is_worth_a_pool(tensor)) {
        buffer_.resize(static_cast<std::size_t>(n_rows) * row_bytes);
        pool_for(tensor).fill(buffer_);
      } else {
        buffer_ = draw_rows(tensor.type, tensor.fill, n_rows, n_per_row, random_);
      }
      if (!write_buffer()) return false;
    }
    return pad(tensor_bytes(tensor));
  }

 private:
  static bool is_worth_a_pool(const PlannedTensor& tensor) {
    const std::int64_t blocks_per_row = tensor.dimensions[0] / ggml_blck_size(tensor.type);
    return blocks_per_row >= kMinBlocksPerRow && tensor.n_values() >= kMinPooledValues;
  }

  BlockPool& pool_for(const PlannedTensor& tensor) {
    const auto key = std::make_pair(tensor.type, std::make_pair(tensor.fill.mean, tensor.fill.deviation));
    auto [it, is_new] = pools_.try_emplace(key);
    if (is_new) it->second = std::make_unique<BlockPool>(tensor.type, tensor.fill, random_);
    return *it->second;
  }

  bool write_buffer() { return std::fwrite(buffer_.data(), 1, buffer_.size(), file_) == buffer_.size(); }

  bool pad(std::uint64_t written_bytes) {
    buffer_.assign((alignment_ - written_bytes % alignment_) % alignment_, std::byte{0});
    return write_buffer();
  }

  std::FILE* file_;
  std::size_t alignment_;
  RandomValues random_;
  std::map<std::pair<ggml_type, std::pair<float, float>>, std::unique_ptr<BlockPool>> pools_;
  std::vector<std::byte> buffer_;
};

bool write_metadata(std::FILE* file, const gguf_context* metadata) {
  std::vector<char> bytes(gguf_get_meta_size(metadata));
  gguf_get_meta_data(metadata, bytes.data());
  return std::fwrite(bytes.data(), 1, bytes.size(), file) == bytes.size();
}

bool write_all(std::FILE* file, const gguf_context* metadata, const std::vector<PlannedTensor>& tensors,
               std::uint64_t seed, const Progress& progress) {
  if (!write_metadata(file, metadata)) return false;
  std::uint64_t all_bytes = 0;
  std::uint64_t done_bytes = 0;
  for (const PlannedTensor& tensor : tensors) all_bytes += tensor_bytes(tensor);
  TensorStream stream(file, gguf_get_alignment(metadata), seed);
  for (const PlannedTensor& tensor : tensors) {
    if (!stream.write(tensor)) return false;
    done_bytes += tensor_bytes(tensor);
    progress(done_bytes, all_bytes);
  }
  return std::fflush(file) == 0;
}

// Sets keys below the architecture's name.
class Hyperparameters {
 public:
  Hyperparameters(gguf_context* metadata, const std::string& architecture)
      : metadata_(metadata), prefix_(architecture + ".") {}

  void operator()(const char* key, std::int64_t value) const {
    gguf_set_val_u32(metadata_, (prefix_ + key).c_str(), static_cast<std::uint32_t>(value));
  }
  void operator()(const char* key, float value) const { gguf_set_val_f32(metadata_, (prefix_ + key).c_str(), value); }

 private:
  gguf_context* metadata_;
  std::string prefix_;
};

void set_state_space(const Hyperparameters& set, const ModelShape& shape) {
  set("feed_forward_length", std::int64_t{0});
  set("attention.head_count", std::int64_t{0});
  set("attention.layer_norm_rms_epsilon", kNormEpsilon);
  set("ssm.conv_kernel", kSsmConvWidth);
  set("ssm.inner_size", shape.d_inner());
  set("ssm.state_size", kSsmStateSize);
  set("ssm.time_step_rank", shape.time_step_rank());
}

void set_attention(const Hyperparameters& set, const ModelShape& shape) {
  set("feed_forward_length", shape.d_ff);
  set("attention.head_count", shape.n_heads);
  set("attention.head_count_kv", shape.n_kv_heads);
  if (shape.architecture == "gpt2") {
    set("attention.layer_norm_epsilon", kNormEpsilon);
    return;
  }
  set("attention.layer_norm_rms_epsilon", kNormEpsilon);
  set("attention.key_length", shape.d_head);
  set("attention.value_length", shape.d_head);
  set("rope.dimension_count", shape.d_head);
  set("rope.freq_base", shape.rope_base);
  if (shape.n_experts > 0) {
    set("expert_count", shape.n_experts);
    set("expert_used_count", shape.n_experts_used);
  }
}

}  // namespace

void set_hyperparameters(gguf_context* metadata, const ModelShape& shape) {
  gguf_set_val_str(metadata, "general.architecture", shape.architecture.c_str());
  gguf_set_val_str(metadata, "general.name", "random weights");
  gguf_set_val_u32(metadata, "general.quantization_version", GGML_QNT_VERSION);
  const Hyperparameters set(metadata, shape.architecture);
  set("context_length", shape.n_context);
  set("embedding_length", shape.d_model);
  set("block_count", shape.n_layers);
  set("vocab_size", shape.n_vocab);
  if (shape.architecture == "mamba") {
    set_state_space(set, shape);
  } else {
    set_attention(set, shape);
  }
}

Result<WrittenFile> write_gguf_file(const std::string& path, gguf_context* metadata,
                                    const std::vector<PlannedTensor>& tensors, std::uint64_t seed,
                                    const Progress& progress) {
  declare_tensors(metadata, tensors);
  FilePtr file(std::fopen(path.c_str(), "wb"));
  if (!file) return write_failed(path);
  if (!write_all(file.get(), metadata, tensors, seed, progress)) {
    const Error error = write_failed(path);
    file.reset();
    std::remove(path.c_str());
    return error;
  }
  WrittenFile written;
  written.size_bytes = static_cast<std::uint64_t>(std::ftell(file.get()));
  for (const PlannedTensor& tensor : tensors) written.n_parameters += tensor.n_values();
  return written;
}

}  // namespace inferno::make_model
