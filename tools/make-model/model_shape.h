#pragma once

#include <cstdint>
#include <string>

#include "base/result.h"
#include "ggml.h"

namespace inferno::make_model {

// The state-space sizes of mamba models, as in those published.
constexpr std::int64_t kSsmConvWidth = 4;
constexpr std::int64_t kSsmStateSize = 16;
constexpr std::int64_t kSsmModelPerTimeStep = 16;

// The sizes of a model to be made, as a person gives them on the command line.
struct ModelShape {
  std::string architecture = "llama";
  std::int64_t n_layers = 2;
  std::int64_t d_model = 64;
  std::int64_t n_heads = 4;
  std::int64_t n_kv_heads = 0;  // 0: as many as n_heads
  std::int64_t d_head = 0;      // 0: d_model / n_heads
  std::int64_t d_ff = 0;        // 0: four times d_model
  std::int64_t n_context = 512;
  std::int64_t n_experts = 0;
  std::int64_t n_experts_used = 0;
  std::int64_t n_vocab = 0;  // set from the vocabulary
  bool tie_embeddings = false;
  float rope_base = 10000.0F;
  // Standard deviation of the logits to aim at: about 3 gives distributions that
  // are neither flat nor all on one token.
  float logit_deviation = 3.0F;
  ggml_type type = GGML_TYPE_F32;

  std::int64_t d_inner() const { return 2 * d_model; }
  std::int64_t time_step_rank() const { return (d_model + kSsmModelPerTimeStep - 1) / kSsmModelPerTimeStep; }
};

// Fills in the sizes left at 0 and checks that llama.cpp can load the result; its
// loader aborts the process on some combinations, so they are refused here.
Result<ModelShape> complete_shape(ModelShape shape);

// The element type of that name ("q8_0"), if matrices can be made of it without
// an importance matrix.
Result<ggml_type> parse_type(const std::string& name);

}  // namespace inferno::make_model
