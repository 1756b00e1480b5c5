#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "protocol/message.h"

namespace inferno::session {

// What is banned at a position, as a stage of a sampler chain that bans it for good: for an
// engine that goes on from there without a run. Null where nothing is.
std::unique_ptr<protocol::SamplerStageT> ban_stage(const std::vector<std::unique_ptr<protocol::TokensBannedT>>& bans,
                                                   std::uint32_t position);

}  // namespace inferno::session
