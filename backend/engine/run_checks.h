#pragma once

#include <cstdint>
#include <optional>

#include "base/result.h"
#include "engine/model.h"
#include "engine/run_spec.h"
#include "engine/stage_rules.h"

namespace inferno::engine {

// Whether the model can run this at all: its prompt, past and capture options. The sampler
// and what can be set during a run are checked where they are made.
// Errors: kVocabularyOnly, kUnsupportedArchitecture, kInvalidArgument, kContextFull,
// kTooLarge.
Result<void> check_run(const Model& model, const RunSpec& spec);

// The seed of a run: llama.cpp's word for "any", and none at all, become a random one.
std::uint32_t seed_of(std::optional<std::uint32_t> asked);

ChainContext chain_context(const Model& model, std::uint32_t seed);

}  // namespace inferno::engine
