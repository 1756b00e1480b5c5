#pragma once

#include <memory>

#include "engine/step.h"
#include "engine/token_table.h"
#include "inferno_generated.h"

namespace inferno::worker {

// A step record as the protocol's object, for messages that are made once and hold some
// steps among other things; the stream of a run is StepEncoder's. NaN and the like
// become absent fields.
std::unique_ptr<protocol::StepT> step_object(const engine::StepRecord& record, const engine::TokenTable& tokens);

}  // namespace inferno::worker
