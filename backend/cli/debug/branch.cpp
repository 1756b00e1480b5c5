#include "cli/debug/branch.h"

#include <algorithm>

namespace inferno::cli::debug {

const SamplerUse* Branch::sampler_at(std::uint32_t at) const {
  const SamplerUse* found = nullptr;
  for (const SamplerUse& use : samplers) {
    if (use.position <= at || found == nullptr) found = &use;
  }
  return found;
}

std::vector<Ban> Branch::bans_at(std::uint32_t at) const {
  std::vector<Ban> in_force;
  for (const Ban& ban : bans) {
    if (ban.position > at) break;
    if (ban.ids.empty()) in_force.clear();
    if (!ban.ids.empty() && ban.holds_at(at)) in_force.push_back(ban);
  }
  return in_force;
}

std::vector<std::int32_t> Branch::ids_before(std::uint32_t at) const {
  std::vector<std::int32_t> ids;
  for (std::uint32_t i = 0; i < at && i < length(); ++i) ids.push_back(steps[i].id());
  return ids;
}

SamplerChain copy_of(const SamplerChain& chain) {
  SamplerChain result;
  for (const auto& stage : chain) result.push_back(std::make_unique<pb::SamplerStageT>(*stage));
  return result;
}

Branch branch_off(const Branch& from, std::uint32_t position, std::uint32_t id) {
  Branch branch = from;
  branch.id = id;
  branch.parent = from.id;
  branch.fork_position = position;
  branch.steps.resize(std::min<std::size_t>(position, from.steps.size()));
  std::erase_if(branch.samplers, [&](const SamplerUse& use) { return use.changed && use.position > position; });
  std::erase_if(branch.bans, [&](const Ban& ban) { return ban.position > position; });
  branch.position = position;
  branch.end.reset();
  return branch;
}

std::unique_ptr<pb::ForkT> make_fork(const Branch& branch, std::uint32_t position) {
  auto fork = std::make_unique<pb::ForkT>();
  fork->run = branch.pipe_run;
  fork->position = position;
  double prompt_sum = 0;
  for (std::uint32_t i = 0; i < position && i < branch.length(); ++i) {
    const pb::Step& step = *branch.steps[i].step;
    if (i < branch.n_prompt()) {
      if (!step.raw_logprob()) continue;
      prompt_sum += *step.raw_logprob();
      ++fork->n_prompt_scored;
      continue;
    }
    auto past = std::make_unique<pb::PastStepT>();
    past->id = branch.steps[i].id();
    past->forced = step.forced();
    past->drew = step.draw().has_value();
    fork->past.push_back(std::move(past));
    fork->past_sum_logprob += step.raw_logprob().value_or(0);
  }
  if (fork->n_prompt_scored > 0) fork->prompt_sum_logprob = prompt_sum;
  for (const Ban& ban : branch.bans) {
    if (ban.position > position) continue;
    auto told = std::make_unique<pb::TokensBannedT>();
    told->ids = ban.ids;
    told->position = ban.position;
    told->n_steps = ban.n_steps;
    fork->bans.push_back(std::move(told));
  }
  const SamplerUse* use = branch.sampler_at(position);
  if (use != nullptr && use->changed) fork->sampler_since = use->position;
  return fork;
}

}  // namespace inferno::cli::debug
