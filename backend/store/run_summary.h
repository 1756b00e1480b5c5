#pragma once

#include "inferno_generated.h"
#include "store/store.h"

namespace inferno::store {

// A recorded run as clients are told of it, with the label of its session.
protocol::RunSummaryT run_summary(const RunInfo& run, const SessionInfo& session);

}  // namespace inferno::store
