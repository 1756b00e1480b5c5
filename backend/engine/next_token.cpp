#include "engine/next_token.h"

#include <llama.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <string>
#include <utility>

#include "base/check.h"
#include "engine/step_recorder.h"

namespace inferno::engine {

namespace {

using Clock = std::chrono::steady_clock;

float microseconds_since(Clock::time_point start) {
  return std::chrono::duration<float, std::micro>(Clock::now() - start).count();
}

std::vector<CandidateRecord>::const_iterator find_candidate(const StepRecord& record, std::int32_t id) {
  return std::find_if(record.candidates.begin(), record.candidates.end(),
                      [id](const CandidateRecord& candidate) { return candidate.id == id; });
}

}  // namespace

NextToken::NextToken(Model& model, std::span<const std::int32_t> prompt, const CaptureOptions& capture, Sampler sampler)
    : model_(&model),
      prompt_(prompt),
      capture_(capture),
      stats_(model.info().n_vocab, capture.n_candidates),
      sampler_(std::move(sampler)),
      breakpoints_(model.tokens()) {
  // So that the decode loop need not allocate.
  past_.reserve(model.info().n_ctx);
  record_.candidates.reserve(capture.n_candidates + 1);
  record_.stages.reserve(kMaxStages);
  record_.watched.reserve(kMaxWatches);
}

Result<NextToken> NextToken::create(Model& model, std::span<const std::int32_t> prompt, const CaptureOptions& capture,
                                    Sampler sampler, std::vector<PastToken> past, std::size_t n_earlier) {
  NextToken next(model, prompt, capture, std::move(sampler));
  next.n_earlier_ = n_earlier;
  next.past_.insert(next.past_.end(), past.begin(), past.end());
  for (const PastToken& token : past) next.breakpoints_.accepted(token.id);
  if (!next.sampler_in_use()) return next;
  if (past.size() == n_earlier) {
    next.sampler_.begin(prompt, past);
    return next;
  }
  const Result<void> restored = next.sampler_.restore(prompt, past, n_earlier, nullptr);
  if (!restored) return restored.error();
  return next;
}

// ---------------------------------------------------------------- choosing

Result<void> NextToken::choose(std::span<const float> logits, float decode_us, bool may_change,
                               const std::optional<PastToken>& recorded) {
  INFERNO_CHECK(!exists_);
  const Clock::time_point start = Clock::now();
  stats_.measure(logits, capture_.n_candidates);
  if (stats_.distribution().n_finite == 0) {
    return Error{ErrorCode::kNonFiniteLogits, "The model computed no finite number for any token.",
                 "Its weights may be damaged; try another quantisation, or flash attention off."};
  }
  begin_record();
  record_.decode_us = decode_us;
  mark_if_needed(may_change || breakpoints_.armed());
  Result<void> selected = select(recorded);
  if (!selected) return selected;
  exists_ = true;
  // Nobody need be stopped at a token that they put there.
  hits_ = record_.forced || recorded ? std::span<const std::uint32_t>() : breakpoints_.judge({record_, stats_, past_});
  record_.capture_us = microseconds_since(start) - record_.sample_us;
  return {};
}

void NextToken::begin_record() {
  const float decode_us = record_.decode_us;
  start_record(record_, position(), false);
  record_.decode_us = decode_us;
  record_distribution(stats_, record_);
  watches_.measure(stats_, record_);
}

void NextToken::mark_if_needed(bool may_change) {
  has_mark_ = may_change && sampler_in_use() && sampler_.needs_marks();
  if (has_mark_) sampler_.mark(mark_);
}

Result<void> NextToken::select(const std::optional<PastToken>& recorded) {
  collect_banned();
  Result<Chosen> chosen = sample(recorded);
  if (!chosen) return chosen.error();
  if (recorded && recorded->id != chosen->token) {
    record_.chain_token = chosen->token;
    const auto candidate = find_candidate(record_, recorded->id);
    chosen->final_prob = candidate == record_.candidates.end() ? kNotKnown : candidate->final_prob;
    chosen->token = recorded->id;
  }
  finish_record(*chosen);
  return {};
}

// A token put by hand does not pass the chain.
Result<Chosen> NextToken::sample(const std::optional<PastToken>& recorded) {
  const bool passes_chain = recorded ? !recorded->forced && sampler_in_use() : forced_.empty();
  if (passes_chain) return sampler_.sample(stats_, capture_.trace, record_, banned_);
  const std::int32_t token = recorded ? recorded->id : forced_.front();
  record_.forced = recorded ? recorded->forced : true;
  if (sampler_in_use() && !sampler_.grammar_allows(token)) {
    return Error{ErrorCode::kInvalidArgument,
                 "The run's grammar does not allow token " + std::to_string(token) + " here.", "Choose another one."};
  }
  if (!recorded) forced_.pop_front();
  return Chosen{.token = token};
}

void NextToken::finish_record(const Chosen& chosen) {
  record_token(stats_, chosen.token, chosen.final_prob, record_);
  record_.n_final = chosen.n_final;
  record_.draw = chosen.draw;
  record_.sample_us = chosen.sample_us;
  record_.end_of_text = model_->tokens().is_end_of_generation(chosen.token);
  if (banned_.empty()) return;
  for (CandidateRecord& candidate : record_.candidates) {
    candidate.banned = std::binary_search(banned_.begin(), banned_.end(), candidate.id);
    if (candidate.banned) candidate.removed_by = kNone;  // it was gone before the first stage
  }
}

Result<void> NextToken::accept() {
  INFERNO_CHECK(exists_);
  exists_ = false;
  const Clock::time_point start = Clock::now();
  if (sampler_in_use()) {
    Result<void> accepted = sampler_.accept(record_.token);
    if (!accepted) return accepted;
  }
  past_.push_back({record_.token, record_.forced, !std::isnan(record_.draw)});
  // From here on the sampler is in use.
  if (past_.size() == n_earlier_) sampler_.begin(prompt_, past_);
  breakpoints_.accepted(record_.token);
  record_.sample_us += microseconds_since(start);
  return {};
}

// ---------------------------------------------------------------- changing the choice

// From the same logits, with the sampler as it was before.
Result<void> NextToken::choose_again() {
  Result<void> restored = sampler_.restore(prompt_, past_, n_earlier_, has_mark_ ? &mark_ : nullptr);
  if (!restored) return restored;
  begin_record();
  return select(std::nullopt);
}

Result<void> NextToken::check_token(std::int32_t token) const {
  const std::uint32_t n_vocab = model_->info().n_vocab;
  if (token >= 0 && static_cast<std::uint32_t>(token) < n_vocab) return {};
  return Error{ErrorCode::kInvalidArgument, "There is no token " + std::to_string(token) + ".",
               "Tokens are numbered from 0 to " + std::to_string(n_vocab - 1) + "."};
}

Result<void> NextToken::force(std::span<const std::int32_t> tokens) {
  for (const std::int32_t token : tokens) {
    if (Result<void> sound = check_token(token); !sound) return sound;
  }
  if (!tokens.empty() && sampler_in_use() && !sampler_.grammar_allows(tokens.front())) {
    return Error{ErrorCode::kInvalidArgument, "The run's grammar does not allow this token here.",
                 "Choose another one."};
  }
  forced_.assign(tokens.begin(), tokens.end());
  if (!exists_) return {};
  const std::int32_t chain_token = record_.forced ? record_.chain_token : record_.token;
  Result<void> changed = choose_again();
  if (record_.forced) record_.chain_token = chain_token;
  hits_ = {};
  return changed;
}

Result<void> NextToken::ban(std::span<const Ban> bans) {
  for (const Ban& ban : bans) {
    if (Result<void> sound = check_token(ban.id); !sound) return sound;
  }
  std::vector<Ban> all = bans_;
  all.insert(all.end(), bans.begin(), bans.end());
  return change_bans(std::move(all));
}

Result<void> NextToken::change_bans(std::vector<Ban> bans) {
  std::swap(bans_, bans);
  if (!chosen_by_chain()) return {};
  hits_ = {};
  Result<void> changed = choose_again();
  if (changed) return {};
  std::swap(bans_, bans);
  Result<void> back = choose_again();
  return back ? changed : back;
}

void NextToken::collect_banned() {
  banned_.clear();
  for (const Ban& ban : bans_) {
    if (ban.first <= position() && position() < ban.end) banned_.push_back(ban.id);
  }
  std::sort(banned_.begin(), banned_.end());
  banned_.erase(std::unique(banned_.begin(), banned_.end()), banned_.end());
}

Result<void> NextToken::set_sampler(Sampler sampler) {
  std::swap(sampler_, sampler);
  sampler_.begin(prompt_, past_);
  const std::size_t n_earlier_before = std::exchange(n_earlier_, past_.size());
  if (!chosen_by_chain()) return {};
  const StepRecord record_before = record_;
  auto mark_before = std::exchange(mark_, {});
  const bool had_mark = has_mark_;
  mark_if_needed(true);
  begin_record();
  Result<void> selected = select(std::nullopt);
  hits_ = {};
  if (selected) return {};
  // As if it had not been asked for.
  std::swap(sampler_, sampler);
  n_earlier_ = n_earlier_before;
  record_ = record_before;
  mark_ = std::move(mark_before);
  has_mark_ = had_mark;
  return selected;
}

Result<void> NextToken::set_breakpoints(std::vector<BreakpointSpec> specs) {
  return breakpoints_.set(std::move(specs), {sampler_.stages().size(), capture_.trace});
}

}  // namespace inferno::engine
