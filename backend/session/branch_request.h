#pragma once

#include <cstdint>
#include <optional>

#include "base/result.h"
#include "protocol/message.h"
#include "session/run_past.h"

namespace inferno::session {

// What can be said at once against a branch of the run `parent`. Errors: kInvalidArgument,
// kWrongState for a run without tokens.
Result<void> check_fork(const protocol::StartRun& request, const protocol::RunSummaryT& parent);

// A branch, ready for the engine.
struct BranchRequest {
  protocol::StartRunT start;
  // What the record needs besides the parent's messages, so that every step's stages
  // can be looked up: a change of the sampler before the first of them, with the chain
  // they were chosen with; and one behind the last, with the branch's own.
  std::optional<protocol::SamplerChangedT> first_sampler;
  bool has_own_sampler = false;
};

// Fills in what `asked` leaves to the parent, and what only the engine is told. A replay
// ends with the recorded tokens unless `asked` has limits of its own.
BranchRequest branch_request(protocol::StartRunT asked, RunPast past);

}  // namespace inferno::session
