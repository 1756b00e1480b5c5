#include "model_shape.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <string_view>

namespace inferno::make_model {
namespace {

constexpr std::array<std::string_view, 5> kArchitectures = {"llama", "qwen2", "qwen3", "gpt2", "mamba"};
constexpr std::int64_t kMaxLayers = 512;   // llama.cpp: LLAMA_MAX_LAYERS
constexpr std::int64_t kMaxExperts = 512;  // llama.cpp: LLAMA_MAX_EXPERTS

Error invalid(std::string message) { return Error{ErrorCode::kInvalidArgument, std::move(message), ""}; }

bool is_known(std::string_view architecture) {
  return std::find(kArchitectures.begin(), kArchitectures.end(), architecture) != kArchitectures.end();
}

void fill_in_defaults(ModelShape& shape) {
  if (shape.n_kv_heads == 0) shape.n_kv_heads = shape.n_heads;
  if (shape.d_head == 0 && shape.n_heads > 0) shape.d_head = shape.d_model / shape.n_heads;
  if (shape.d_ff == 0) shape.d_ff = 4 * shape.d_model;
}

Result<void> check_attention(const ModelShape& shape) {
  if (shape.n_heads < 1) return invalid("a model needs at least one head");
  if (shape.n_kv_heads < 1 || shape.n_heads % shape.n_kv_heads != 0) {
    return invalid("the number of heads must be a multiple of the number of key/value heads");
  }
  if (shape.d_head < 2 || shape.d_head % 2 != 0) {
    return invalid("the size of a head must be even and at least 2 (it is " + std::to_string(shape.d_head) + ")");
  }
  const bool heads_fill_model = shape.d_head * shape.n_heads == shape.d_model;
  if (!heads_fill_model && shape.architecture != "llama" && shape.architecture != "qwen3") {
    return invalid(shape.architecture + " needs heads x head size = embedding size");
  }
  if (shape.architecture == "gpt2" && shape.n_kv_heads != shape.n_heads) {
    return invalid("gpt2 has as many key/value heads as heads");
  }
  return {};
}

Result<void> check_experts(const ModelShape& shape) {
  if (shape.n_experts == 0 && shape.n_experts_used == 0) return {};
  if (shape.architecture != "llama") return invalid("experts are made for the llama architecture only");
  if (shape.n_experts < 1 || shape.n_experts > kMaxExperts) {
    return invalid("the number of experts must be between 1 and " + std::to_string(kMaxExperts));
  }
  if (shape.n_experts_used < 1 || shape.n_experts_used > shape.n_experts) {
    return invalid("--experts-used must be between 1 and the number of experts");
  }
  return {};
}

}  // namespace

Result<ModelShape> complete_shape(ModelShape shape) {
  if (!is_known(shape.architecture)) {
    return invalid("unknown architecture '" + shape.architecture + "'; known are llama, qwen2, qwen3, gpt2, mamba");
  }
  fill_in_defaults(shape);
  if (shape.n_layers < 1 || shape.n_layers > kMaxLayers) {
    return invalid("the number of layers must be between 1 and " + std::to_string(kMaxLayers));
  }
  if (shape.d_model < 1 || shape.d_ff < 1 || shape.n_context < 1 || shape.n_vocab < 1) {
    return invalid("embedding, feed-forward, context and vocabulary sizes must be at least 1");
  }
  if (shape.architecture != "mamba") {
    if (auto checked = check_attention(shape); !checked) return checked.error();
  }
  if (auto checked = check_experts(shape); !checked) return checked.error();
  return shape;
}

Result<ggml_type> parse_type(const std::string& name) {
  std::string wanted = name;
  std::transform(wanted.begin(), wanted.end(), wanted.begin(), [](unsigned char c) { return std::tolower(c); });
  for (int i = 0; i < GGML_TYPE_COUNT; ++i) {
    const auto type = static_cast<ggml_type>(i);
    const char* type_name = ggml_type_name(type);
    if (type_name == nullptr) continue;
    std::string lower = type_name;
    std::transform(lower.begin(), lower.end(), lower.begin(), [](unsigned char c) { return std::tolower(c); });
    if (lower != wanted) continue;
    const bool is_float = type == GGML_TYPE_F32 || type == GGML_TYPE_F16 || type == GGML_TYPE_BF16;
    if (!is_float && (!ggml_is_quantized(type) || ggml_quantize_requires_imatrix(type))) break;
    return type;
  }
  return invalid("weights cannot be made of type '" + name + "'; try f32, f16, bf16, q8_0, q4_0, q4_k or q6_k");
}

}  // namespace inferno::make_model
