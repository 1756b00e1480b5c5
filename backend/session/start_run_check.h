#pragma once

#include "base/result.h"
#include "protocol/message.h"

namespace inferno::session {

inline constexpr std::size_t kMaxSamplerStages = 64;
inline constexpr unsigned kMaxCandidates = 1024;

// What can be said against a StartRun without asking the engine: a run that could
// never start should not wait in a queue first. Errors: kInvalidArgument,
// kUnknownSampler, kTooLarge.
Result<void> check_start_run(const protocol::StartRun& request);

// Errors: kInvalidArgument unless the prompt is exactly one of text, messages, ids.
Result<void> check_prompt(const protocol::Prompt* prompt);

}  // namespace inferno::session
