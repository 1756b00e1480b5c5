#pragma once

#include <memory>
#include <vector>

#include "base/result.h"
#include "engine/breakpoints.h"
#include "engine/model.h"
#include "engine/run_spec.h"
#include "engine/watches.h"
#include "inferno_generated.h"

namespace inferno::worker {

// Between the protocol's tables for debugging and the engine's plain structures.

std::vector<engine::BreakpointSpec> to_breakpoints(
    const flatbuffers::Vector<flatbuffers::Offset<protocol::Breakpoint>>* breakpoints);
std::unique_ptr<protocol::BreakpointT> from_breakpoint(const engine::BreakpointSpec& breakpoint);

std::vector<engine::WatchSpec> to_watches(const flatbuffers::Vector<flatbuffers::Offset<protocol::Watch>>* watches);
std::unique_ptr<protocol::WatchT> from_watch(const engine::WatchSpec& watch, const engine::TokenTable& tokens);

// `n_prompt` is of the fork's own prompt. Errors: those of tokenizing the fork's text;
// kInvalidArgument for tokens and text at once.
Result<engine::ForkSpec> to_fork(const protocol::Fork& fork, std::size_t n_prompt, const engine::Model& model);

}  // namespace inferno::worker
