#pragma once

#include <cstdint>
#include <functional>

#include "base/result.h"
#include "session/run_comparison.h"
#include "session/run_readers.h"
#include "session/runs.h"

namespace inferno::session {

// Compares two runs as far as they go now, reading both piece by piece. Answers once.
// Errors: kNoSuchRun, kGone, and what reading a recording gives.
void compare_runs(RunReaders& readers, Runs& runs, const protocol::CompareRuns& request,
                  std::function<void(Result<protocol::RunsComparedT>)> done);

}  // namespace inferno::session
