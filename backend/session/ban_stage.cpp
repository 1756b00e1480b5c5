#include "session/ban_stage.h"

#include <set>
#include <utility>

namespace inferno::session {

std::unique_ptr<protocol::SamplerStageT> ban_stage(const std::vector<std::unique_ptr<protocol::TokensBannedT>>& bans,
                                                   std::uint32_t position) {
  std::set<std::int32_t> ids;
  for (const auto& ban : bans) {
    const bool holds = ban->position <= position && (ban->n_steps == 0 || position - ban->position < ban->n_steps);
    if (holds) ids.insert(ban->ids.begin(), ban->ids.end());
  }
  if (ids.empty()) return nullptr;
  auto stage = std::make_unique<protocol::SamplerStageT>();
  stage->kind = protocol::StageKind::LogitBias;
  for (const std::int32_t id : ids) {
    auto& bias = *stage->biases.emplace_back(std::make_unique<protocol::LogitBiasT>());
    bias.id = id;
    bias.ban = true;
  }
  return stage;
}

}  // namespace inferno::session
