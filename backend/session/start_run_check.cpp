#include "session/start_run_check.h"

#include <fmt/format.h>

namespace inferno::session {

namespace {

inferno::Error invalid(std::string message, std::string hint) {
  return {inferno::ErrorCode::kInvalidArgument, std::move(message), std::move(hint)};
}

std::string names_of_stages() {
  std::string names;
  for (const auto kind : protocol::EnumValuesStageKind()) {
    if (kind == protocol::StageKind::Unset) continue;
    if (!names.empty()) names += ", ";
    names += protocol::EnumNameStageKind(kind);
  }
  return names;
}

Result<void> check_sampler(const flatbuffers::Vector<flatbuffers::Offset<protocol::SamplerStage>>& sampler) {
  if (sampler.size() > kMaxSamplerStages) {
    return inferno::Error{inferno::ErrorCode::kTooLarge,
                          fmt::format("The sampler has {} stages; {} are allowed.", sampler.size(), kMaxSamplerStages),
                          ""};
  }
  for (unsigned i = 0; i < sampler.size(); ++i) {
    const auto kind = sampler.Get(i)->kind();
    if (kind != protocol::StageKind::Unset && kind <= protocol::StageKind::MAX) continue;
    return inferno::Error{
        .code = inferno::ErrorCode::kUnknownSampler,
        .message = fmt::format("Sampler stage {} has the unknown kind {}.", i + 1, static_cast<int>(kind)),
        .hint = "Known kinds are " + names_of_stages() + ".",
        .stage = static_cast<std::uint8_t>(i)};
  }
  return {};
}

}  // namespace

Result<void> check_prompt(const protocol::Prompt* prompt) {
  const int n_given = prompt == nullptr
                          ? 0
                          : (prompt->text() != nullptr) + (prompt->messages() != nullptr) + (prompt->ids() != nullptr);
  if (n_given == 1) return {};
  return invalid(n_given == 0 ? "There is no prompt." : "There is more than one prompt.",
                 "Give exactly one of text, messages and ids.");
}

Result<void> check_start_run(const protocol::StartRun& request) {
  if (request.fork() != nullptr) {
    if (request.prompt() != nullptr)
      return invalid("A branch has the prompt of the run it is of.", "Leave prompt out.");
  } else if (auto prompt = check_prompt(request.prompt()); !prompt) {
    return prompt;
  }
  if (request.sampler() != nullptr) {
    if (auto sampler = check_sampler(*request.sampler()); !sampler) return sampler;
  }
  const auto* capture = request.capture();
  if (capture == nullptr) return {};
  for (const auto n : {capture->n_candidates(), capture->n_prompt_candidates()}) {
    if (n.value_or(0) <= kMaxCandidates) continue;
    return invalid(fmt::format("{} candidates per step were asked for; at most {} are recorded.", *n, kMaxCandidates),
                   "");
  }
  return {};
}

}  // namespace inferno::session
