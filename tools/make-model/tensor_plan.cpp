#include "tensor_plan.h"

#include <cmath>
#include <utility>

namespace inferno::make_model {
namespace {

// Collects the tensors of one model; each method adds what one part of it needs.
class Plan {
 public:
  explicit Plan(const ModelShape& shape) : shape_(shape) {}

  std::vector<PlannedTensor> build() && {
    add_embeddings();
    for (layer_ = 0; layer_ < shape_.n_layers; ++layer_) add_layer();
    return std::move(tensors_);
  }

 private:
  bool is_gpt2() const { return shape_.architecture == "gpt2"; }

  void add(std::string name, std::vector<std::int64_t> dimensions, ggml_type type, Fill fill) {
    tensors_.push_back({std::move(name), std::move(dimensions), type, fill});
  }

  // A weight matrix (or a stack of them) that keeps the size of its input: the
  // deviation is one over the root of the number of values summed.
  void matrix(const std::string& name, std::vector<std::int64_t> dimensions) {
    const float deviation = 1.0F / std::sqrt(static_cast<float>(dimensions[0]));
    weights(name, std::move(dimensions), deviation);
  }

  void weights(const std::string& name, std::vector<std::int64_t> dimensions, float deviation) {
    // Rows that are no whole number of quantisation blocks stay in half precision, as in llama-quantize.
    const bool fits = dimensions[0] % ggml_blck_size(shape_.type) == 0;
    add(name + ".weight", std::move(dimensions), fits ? shape_.type : GGML_TYPE_F16, {0.0F, deviation});
  }

  void norm(const std::string& name, std::int64_t size) {
    add(name + ".weight", {size}, GGML_TYPE_F32, {1.0F, 0.05F});
    if (is_gpt2()) bias(name, size);
  }

  void bias(const std::string& name, std::int64_t size) { add(name + ".bias", {size}, GGML_TYPE_F32, {0.0F, 0.02F}); }

  std::string in_layer(const char* name) const { return "blk." + std::to_string(layer_) + "." + name; }

  void add_embeddings() {
    const float output_deviation = shape_.logit_deviation / std::sqrt(static_cast<float>(shape_.d_model));
    weights("token_embd", {shape_.d_model, shape_.n_vocab}, shape_.tie_embeddings ? output_deviation : 1.0F);
    if (is_gpt2()) {
      add("position_embd.weight", {shape_.d_model, shape_.n_context}, GGML_TYPE_F32, {0.0F, 0.3F});
    }
    norm("output_norm", shape_.d_model);
    if (!shape_.tie_embeddings) weights("output", {shape_.d_model, shape_.n_vocab}, output_deviation);
  }

  void add_layer() {
    norm(in_layer("attn_norm"), shape_.d_model);
    if (shape_.architecture == "mamba") {
      add_state_space();
      return;
    }
    if (is_gpt2()) {
      add_fused_attention();
    } else {
      add_attention();
    }
    norm(in_layer("ffn_norm"), shape_.d_model);
    if (shape_.n_experts > 0) {
      add_experts();
    } else {
      add_feed_forward();
    }
  }

  void add_attention() {
    const std::int64_t q_size = shape_.d_head * shape_.n_heads;
    const std::int64_t kv_size = shape_.d_head * shape_.n_kv_heads;
    matrix(in_layer("attn_q"), {shape_.d_model, q_size});
    matrix(in_layer("attn_k"), {shape_.d_model, kv_size});
    matrix(in_layer("attn_v"), {shape_.d_model, kv_size});
    if (shape_.architecture == "qwen2") {
      bias(in_layer("attn_q"), q_size);
      bias(in_layer("attn_k"), kv_size);
      bias(in_layer("attn_v"), kv_size);
    }
    if (shape_.architecture == "qwen3") {
      norm(in_layer("attn_q_norm"), shape_.d_head);
      norm(in_layer("attn_k_norm"), shape_.d_head);
    }
    matrix(in_layer("attn_output"), {q_size, shape_.d_model});
  }

  void add_fused_attention() {
    matrix(in_layer("attn_qkv"), {shape_.d_model, 3 * shape_.d_model});
    bias(in_layer("attn_qkv"), 3 * shape_.d_model);
    matrix(in_layer("attn_output"), {shape_.d_model, shape_.d_model});
    bias(in_layer("attn_output"), shape_.d_model);
  }

  void add_feed_forward() {
    if (!is_gpt2()) matrix(in_layer("ffn_gate"), {shape_.d_model, shape_.d_ff});
    matrix(in_layer("ffn_up"), {shape_.d_model, shape_.d_ff});
    matrix(in_layer("ffn_down"), {shape_.d_ff, shape_.d_model});
    if (is_gpt2()) {
      bias(in_layer("ffn_up"), shape_.d_ff);
      bias(in_layer("ffn_down"), shape_.d_model);
    }
  }

  void add_experts() {
    const float router_deviation = 1.0F / std::sqrt(static_cast<float>(shape_.d_model));
    add(in_layer("ffn_gate_inp.weight"), {shape_.d_model, shape_.n_experts}, GGML_TYPE_F32, {0.0F, router_deviation});
    matrix(in_layer("ffn_gate_exps"), {shape_.d_model, shape_.d_ff, shape_.n_experts});
    matrix(in_layer("ffn_up_exps"), {shape_.d_model, shape_.d_ff, shape_.n_experts});
    matrix(in_layer("ffn_down_exps"), {shape_.d_ff, shape_.d_model, shape_.n_experts});
  }

  void add_state_space() {
    const std::int64_t d_inner = shape_.d_inner();
    const std::int64_t dt_rank = shape_.time_step_rank();
    matrix(in_layer("ssm_in"), {shape_.d_model, 2 * d_inner});
    add(in_layer("ssm_conv1d.weight"), {kSsmConvWidth, d_inner}, GGML_TYPE_F32, {0.0F, 0.5F});
    bias(in_layer("ssm_conv1d"), d_inner);
    matrix(in_layer("ssm_x"), {d_inner, dt_rank + 2 * kSsmStateSize});
    matrix(in_layer("ssm_dt"), {dt_rank, d_inner});
    // Softplus of -4 is a time step of about 0.02; A below zero makes the state decay.
    add(in_layer("ssm_dt.bias"), {d_inner}, GGML_TYPE_F32, {-4.0F, 0.5F});
    add(in_layer("ssm_a"), {kSsmStateSize, d_inner}, GGML_TYPE_F32, {-1.0F, 0.0F});
    add(in_layer("ssm_d"), {d_inner}, GGML_TYPE_F32, {1.0F, 0.0F});
    matrix(in_layer("ssm_out"), {d_inner, shape_.d_model});
  }

  const ModelShape& shape_;
  std::int64_t layer_ = 0;
  std::vector<PlannedTensor> tensors_;
};

}  // namespace

std::int64_t PlannedTensor::n_rows() const {
  std::int64_t rows = 1;
  for (std::size_t i = 1; i < dimensions.size(); ++i) rows *= dimensions[i];
  return rows;
}

std::vector<PlannedTensor> plan_tensors(const ModelShape& shape) { return Plan(shape).build(); }

}  // namespace inferno::make_model
