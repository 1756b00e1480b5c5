#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/result.h"
#include "engine/sampler_spec.h"

namespace inferno::engine {

// What the rules need to know of the model and the run.
struct ChainContext {
  std::uint32_t n_vocab = 0;
  std::uint32_t n_ctx = 0;
  std::uint32_t seed = 0;     // for stages that name none
  bool has_tokenizer = true;  // DRY and grammars need one
};

inline constexpr std::size_t kMaxStages = 64;
inline constexpr std::size_t kMaxBreakers = 64;

// The name used in the protocol, "TopK"; "Unset" for one that is none.
std::string_view stage_name(StageKind kind);
// True for the kinds that pick a token and so must end a chain.
bool stage_chooses(StageKind kind);

// False where the seed is left to the run: absent, or llama.cpp's word for "any".
bool names_seed(const StageSpec& asked);

// The stage as it will run: exactly the parameters its kind reads, absent ones at
// their defaults, ranges checked, so that libllama can neither abort nor loop on
// them. `index` is for the error text.
// Errors: kUnknownSampler, kInvalidArgument, kBadGrammar, kTooLarge.
Result<StageSpec> resolve_stage(const StageSpec& asked, std::size_t index, const ChainContext& context);

}  // namespace inferno::engine
