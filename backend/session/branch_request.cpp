#include "session/branch_request.h"

#include <fmt/format.h>

#include <utility>

namespace inferno::session {

namespace {

Result<void> invalid(std::string message, std::string hint) {
  return inferno::Error{inferno::ErrorCode::kInvalidArgument, std::move(message), std::move(hint)};
}

std::unique_ptr<protocol::PromptT> prompt_of(const RunPast& past) {
  auto prompt = std::make_unique<protocol::PromptT>();
  prompt->ids = past.prompt;
  return prompt;
}

std::unique_ptr<protocol::LimitsT> limits_of(const RunPast& past, bool replay) {
  auto limits = past.started.limits ? std::make_unique<protocol::LimitsT>(*past.started.limits)
                                    : std::make_unique<protocol::LimitsT>();
  if (!replay) return limits;
  *limits = {};
  limits->n_predict = static_cast<std::uint32_t>(past.generated.size());
  limits->ignore_eos = true;
  return limits;
}

// A stage's seed that is the run's gives way to the branch's.
void clear_seeds(std::vector<std::unique_ptr<protocol::SamplerStageT>>& sampler, std::uint32_t seed) {
  for (auto& stage : sampler) {
    if (stage->seed == seed) stage->seed.reset();
  }
}

void fill_in_sampler(protocol::StartRunT& start, RunPast& past) {
  if (start.sampler.empty()) {
    start.sampler = std::move(past.sampler);
    if (start.seed) clear_seeds(start.sampler, past.seed);
  }
  if (!start.seed) start.seed = past.seed;
}

void fill_in_past(protocol::ForkT& fork, RunPast& past) {
  fork.bans = std::move(past.bans);
  fork.past.clear();
  for (const RunPast::Token& token : past.generated) {
    auto& step = *fork.past.emplace_back(std::make_unique<protocol::PastStepT>());
    step.id = token.id;
    step.forced = token.forced;
    step.drew = token.drew;
  }
  fork.past_sum_logprob = past.sum_logprob;
  fork.prompt_sum_logprob.reset();
  if (past.prompt_sum_logprob) fork.prompt_sum_logprob = *past.prompt_sum_logprob;
  fork.n_prompt_scored = past.n_prompt_scored;
}

}  // namespace

Result<void> check_fork(const protocol::StartRun& request, const protocol::RunSummaryT& parent) {
  const protocol::Fork& fork = *request.fork();
  const std::uint32_t n_tokens = parent.n_prompt + parent.n_generated;
  if (parent.n_prompt == 0) {
    return inferno::Error{inferno::ErrorCode::kWrongState, fmt::format("Run {} has no tokens yet.", parent.run),
                          "Wait for its first ones."};
  }
  if (fork.position() == 0)
    return invalid("A branch needs at least one token of the run it is of.", "Give a position of 1 or more.");
  if (fork.position() > n_tokens) {
    return invalid(fmt::format("Run {} has {} tokens; there is no position {}.", parent.run, n_tokens, fork.position()),
                   fmt::format("Give a position from 1 to {}.", n_tokens));
  }
  const bool has_tokens = fork.tokens() != nullptr && fork.tokens()->size() > 0;
  if (has_tokens && fork.text() != nullptr)
    return invalid("The branch has tokens and a text.", "Give one of them, or neither.");
  if (fork.replay() && (has_tokens || fork.text() != nullptr))
    return invalid("A replay cannot put other tokens.", "Leave tokens and text out, or replay out.");
  return {};
}

BranchRequest branch_request(protocol::StartRunT asked, RunPast past) {
  BranchRequest out;
  const bool has_steps = !past.generated.empty();
  const bool replay = asked.fork->replay;
  out.has_own_sampler = !asked.sampler.empty() || asked.seed.has_value();
  protocol::ForkT& fork = *asked.fork;
  fork.sampler_since.reset();
  // With no step before it, the sampler is in use from the first one on in any case; a
  // replay tries a sampler of its own on all of them.
  if (out.has_own_sampler && has_steps && !replay) fork.sampler_since = past.position;
  if (!out.has_own_sampler && past.sampler_since) fork.sampler_since = *past.sampler_since;
  fork.n_copied = 0;
  if (!replay && fork.sampler_since) {
    out.first_sampler.emplace();
    out.first_sampler->sampler = std::move(past.started.sampler);
    out.first_sampler->seed = past.started.seed;
  }
  out.has_own_sampler = out.has_own_sampler && out.first_sampler.has_value();
  if (!replay) fork.n_copied = past.n_messages + (out.first_sampler ? 1 : 0) + (out.has_own_sampler ? 1 : 0);
  asked.prompt = prompt_of(past);
  if (!asked.limits) asked.limits = limits_of(past, replay);
  if (!asked.capture && past.started.capture)
    asked.capture = std::make_unique<protocol::CaptureT>(*past.started.capture);
  fill_in_past(fork, past);
  fill_in_sampler(asked, past);
  out.start = std::move(asked);
  return out;
}

}  // namespace inferno::session
