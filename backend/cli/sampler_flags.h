#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "cli/settings.h"

namespace inferno::cli {

using SamplerChain = std::vector<std::unique_ptr<protocol::SamplerStageT>>;

// The sampler chain that the settings ask for, in llama.cpp's usual order:
//   logit bias, grammar, penalties, DRY, top-n-sigma, top-k, typical, top-p, min-p,
//   XTC, temperature, and one that chooses.
// A stage is in it if one of its own settings is given; top-k, top-p, min-p and
// temperature always are. Mirostat keeps only what reweights and the temperature.
// `samplers` gives another order, `sampler_file` the whole chain.
// Errors: kUnknownSampler, kInvalidArgument, kFileNotFound.
Result<SamplerChain> sampler_chain(const SamplingSettings& settings);

// The stage names that `samplers` takes.
const std::vector<std::string>& stage_names();
std::string_view stage_name(protocol::StageKind kind);
// Also with dashes in place of underscores.
std::optional<protocol::StageKind> stage_kind(std::string name);

}  // namespace inferno::cli
