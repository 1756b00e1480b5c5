#pragma once

#include <cstdint>

#include "base/result.h"
#include "engine/hyperparameters.h"
#include "engine/options.h"
#include "engine/rpc.h"

struct llama_context_params;
struct llama_model_params;

namespace inferno::engine {

// The context length chosen where none is asked for, before memory is looked at.
inline constexpr std::uint32_t kDefaultContext = 8192;

// The options with every field filled in, from what was asked for, the machine and
// the model. Memory is not considered (memory.h does). Error: kInvalidArgument,
// naming the option.
Result<EngineOptions> resolve_options(const EngineOptions& asked, const Hyperparameters& parameters);

// The batch sizes once more, after n_ctx was made smaller.
void fit_batches(EngineOptions& resolved);

// How many positions of one llama_decode may give logits. Bounds the memory for
// logits (two copies of rows of the whole vocabulary) to 64 MiB.
std::uint32_t outputs_max(std::uint32_t n_vocab, std::uint32_t n_ubatch);

// libllama's parameters for resolved options; no callbacks are set. The result
// points into `devices`.
llama_model_params model_params(const EngineOptions& resolved, DeviceList& devices);
llama_context_params context_params(const EngineOptions& resolved, std::uint32_t n_vocab);

}  // namespace inferno::engine
