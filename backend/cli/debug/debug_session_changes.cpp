// The part of DebugSession that changes and asks; debug_session.cpp has running and branches.

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "cli/debug/debug_session.h"

namespace inferno::cli::debug {

namespace {

Error wrong_state(std::string message, std::string hint) {
  return Error{ErrorCode::kWrongState, std::move(message), std::move(hint)};
}

}  // namespace

template <typename BodyT>
Result<void> DebugSession::change(BodyT body, std::string made_by) {
  if (auto paused = require_paused(); !paused) return paused.error();
  if (!current_->stop || !current_->stop->pending) {
    return wrong_state("No token waits: the prompt is not through yet.", "`step` goes on to the first token.");
  }
  Branch* const before = current_;
  const std::uint32_t position = current_->position;
  const std::optional<Stop> stop = current_->stop;
  split_if_back(std::move(made_by));
  auto told = link_.tell(std::move(body), {pb::Body::Paused});
  if (!told && current_ != before) {  // refused: nothing was changed, so there is no other branch
    branches_.pop_back();
    current_ = before;
    current_->position = position;
    current_->stop = stop;
  }
  return told;
}

Result<void> DebugSession::force(const std::vector<std::int32_t>& ids, std::string made_by) {
  pb::ForceTokenT body;
  body.id = ids.front();
  body.then.assign(ids.begin() + 1, ids.end());
  return change(std::move(body), std::move(made_by));
}

Result<void> DebugSession::ban(const std::vector<std::int32_t>& ids, std::uint32_t n_steps) {
  pb::BanTokensT body;
  body.ids = ids;
  body.n_steps = n_steps;
  return change(std::move(body), "a ban");
}

Result<void> DebugSession::unban(const std::vector<std::int32_t>& ids) {
  if (auto there = require_branch(); !there) return there.error();
  auto still = current_->bans_at(current_->position);
  for (Ban& ban : still) {
    std::erase_if(ban.ids,
                  [&](std::int32_t id) { return ids.empty() || std::find(ids.begin(), ids.end(), id) != ids.end(); });
  }
  if (auto lifted = change(pb::BanTokensT(), "a ban that was lifted"); !lifted) return lifted.error();
  for (const Ban& ban : still) {
    if (ban.ids.empty()) continue;
    if (auto again = this->ban(ban.ids, ban.left_at(current_->position)); !again) return again.error();
  }
  return {};
}

Result<void> DebugSession::set_sampling(const SamplingSettings& sampling) {
  auto chain = sampler_chain(sampling);
  if (!chain) return chain.error();
  if (link_.active()) {
    pb::SetSamplerT body;
    body.sampler = std::move(*chain);
    if (sampling.seed) body.seed = static_cast<std::uint32_t>(*sampling.seed);
    if (auto changed = change(std::move(body), "another sampler"); !changed) return changed.error();
  }
  sampling_ = sampling;
  return send_breakpoints({});  // stages may have moved
}

Result<SamplerChain> DebugSession::chain() const {
  const SamplerUse* use =
      current_ == nullptr || current_->finished() ? nullptr : current_->sampler_at(current_->position);
  return use == nullptr ? sampler_chain(sampling_) : copy_of(*use->chain);
}

// ---- breakpoints and watches

Result<std::uint32_t> DebugSession::add_breakpoint(std::vector<Condition> conditions, bool once) {
  auto in_use = chain();
  if (!in_use) return in_use.error();
  for (Condition& condition : conditions) {
    for (TokenName& token : condition.tokens) {
      auto id = resolve(token);
      if (!id) return id.error();
      token.id = *id;
    }
    if (condition.stage && !stage_index(*in_use, *condition.stage)) {
      Error error{ErrorCode::kInvalidArgument, fmt::format("The chain has no stage {}.", stage_name(*condition.stage)),
                  "`info sampler` shows the chain."};
      error.offset = static_cast<std::uint32_t>(condition.column);
      return error;
    }
  }
  const std::uint32_t id = breakpoints_.add(std::move(conditions), once).id;
  auto sent = send_breakpoints({});
  if (sent) return id;
  breakpoints_.remove(id);
  return sent.error();
}

Result<void> DebugSession::change_breakpoints(const std::function<void(BreakpointTable&)>& change) {
  change(breakpoints_);
  return send_breakpoints({});
}

Result<void> DebugSession::send_breakpoints(std::optional<std::uint32_t> until) {
  if (!link_.active()) return {};
  auto in_use = chain();
  if (!in_use) return in_use.error();
  pb::SetBreakpointsT body;
  body.breakpoints = breakpoints_.to_protocol(*in_use, until);
  return link_.tell(std::move(body), {pb::Body::Breakpoints});
}

std::vector<std::unique_ptr<pb::WatchT>> DebugSession::watches_to_protocol() const {
  std::vector<std::unique_ptr<pb::WatchT>> result;
  for (const WatchRecord& watch : watches_) {
    result.push_back(std::make_unique<pb::WatchT>());
    result.back()->id = watch.id;
    result.back()->word = watch.word;
    result.back()->ids = watch.ids;
  }
  return result;
}

Result<void> DebugSession::send_watches() {
  if (!link_.active()) return {};
  pb::SetWatchesT body;
  body.watches = watches_to_protocol();
  return link_.tell(std::move(body), {pb::Body::Watches});
}

Result<std::uint32_t> DebugSession::add_watch(std::string word, std::vector<std::int32_t> ids) {
  watches_.push_back({++last_watch_, std::move(word), std::move(ids)});
  auto sent = send_watches();
  if (sent) return last_watch_;
  watches_.pop_back();
  return sent.error();
}

Result<void> DebugSession::remove_watch(std::uint32_t id) {
  if (std::erase_if(watches_, [id](const WatchRecord& one) { return one.id == id; }) == 0) {
    return Error{ErrorCode::kInvalidArgument, fmt::format("There is no watch {}.", id), "`info watches` lists them."};
  }
  return send_watches();
}

// ---- questions

Result<pb::TokensT> DebugSession::tokenize(const std::string& text) {
  auto prompt = std::make_unique<pb::PromptT>();
  prompt->text = text;
  prompt->add_bos = false;
  prompt->parse_special = true;
  return link_.tokenize(std::move(prompt));
}

Result<std::int32_t> DebugSession::resolve(const TokenName& token) {
  if (token.id) return *token.id;
  auto tokens = tokenize(token.text);
  if (!tokens) return tokens.error();
  if (tokens->tokens.size() == 1) return tokens->tokens.front()->id;
  std::string pieces;
  for (const auto& piece : tokens->tokens) {
    pieces += (pieces.empty() ? "" : " ") + (piece->text.empty() ? std::string("bytes") : quote(piece->text));
  }
  Error error{ErrorCode::kInvalidArgument,
              fmt::format("{} is {} tokens in this model: {}.", quote(token.text), tokens->tokens.size(), pieces),
              "Name one of them; a condition on several is text \"...\"."};
  error.offset = static_cast<std::uint32_t>(token.column);
  return error;
}

Result<pb::ExploredT> DebugSession::explore(pb::ExploreT question) {
  if (auto there = require_branch(); !there) return there.error();
  const SamplerUse* use = current_->sampler_at(current_->position);
  question.run = current_->pipe_run;
  question.position = current_->position;
  question.prompt = current_->ids_before(current_->position);
  question.sampler = copy_of(*use->chain);
  question.seed = use->seed;
  return link_.ask<pb::ExploredT>(std::move(question));
}

Result<pb::TreeT> DebugSession::expand(pb::ExpandTreeT question) {
  if (auto there = require_branch(); !there) return there.error();
  question.run = current_->pipe_run;
  question.position = current_->position;
  question.prompt = current_->ids_before(current_->position);
  return link_.ask<pb::TreeT>(std::move(question));
}

}  // namespace inferno::cli::debug
