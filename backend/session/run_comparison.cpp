#include "session/run_comparison.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "session/difference_words.h"

namespace inferno::session {

using protocol::Verdict;

void RunComparison::add(Side side, SharedBytes message) {
  const auto& envelope = protocol::envelope_of(*message);
  ComparedRun& run = runs_[side];
  if (const auto* started = envelope.body_as_RunStarted()) started->UnPackTo(&run.started.emplace());
  if (envelope.body_type() == protocol::Body::TokensBanned) ++run.n_bans;
  if (envelope.body_type() == protocol::Body::SamplerChanged) ++run.n_sampler_changes;
  const auto* prompt = envelope.body_as_PromptTokens();
  const auto* generated = envelope.body_as_Steps();
  const auto* steps = prompt != nullptr ? prompt->tokens() : generated != nullptr ? generated->steps() : nullptr;
  if (steps == nullptr) return;
  for (const auto* step : *steps) {
    if (step->token() == nullptr) continue;
    run.n_forced += step->forced() ? 1 : 0;
    run.n_generated += generated != nullptr ? 1 : 0;
    waiting_[side].push_back({message, step, prompt != nullptr});
  }
  go_on();
}

void RunComparison::end(Side side) {
  ended_[side] = true;
  go_on();
}

void RunComparison::go_on() {
  auto &first = waiting_[kFirst], &second = waiting_[kSecond];
  while (!is_over_ && !first.empty() && !second.empty()) {
    compare(first.front(), second.front());
    first.pop_front();
    second.pop_front();
  }
  is_over_ = is_over_ || (ended_[kFirst] && first.empty()) || (ended_[kSecond] && second.empty());
  if (!is_over_) return;
  first.clear();
  second.clear();
}

void RunComparison::compare(const Entry& first, const Entry& second) {
  const std::uint32_t position = first.step->position();
  if (!has_same_vocabulary()) {
    is_over_ = true;
    return;
  }
  if (first.is_prompt || second.is_prompt) {
    if (first.step->token()->id() == second.step->token()->id()) return;
    other_prompt_ = position;
    is_over_ = true;
    return;
  }
  const auto found =
      difference({*first.step, is_replay(kFirst)}, {*second.step, is_replay(kSecond)}, has_same_capture());
  ++result_.n_compared;
  result_.n_identical += found.is_identical ? 1 : 0;
  if (!found.is_identical && !result_.first_difference) result_.first_difference = position;
  if ((!found.same_token || !found.same_choice) && !result_.first_other_token) result_.first_other_token = position;
  if (found.max_logit_difference)
    result_.max_logit_difference = std::max(result_.max_logit_difference.value_or(0.0f), *found.max_logit_difference);
  tokens_differ_ = !found.same_token;
  is_over_ = tokens_differ_;
}

bool RunComparison::has_same_capture() const {
  const auto capture = [](const ComparedRun& run) {
    return run.started && run.started->capture ? *run.started->capture : protocol::CaptureT();
  };
  const auto a = capture(runs_[kFirst]), b = capture(runs_[kSecond]);
  return a.n_candidates == b.n_candidates && a.trace == b.trace;
}

bool RunComparison::has_same_vocabulary() const {
  if (!runs_[kFirst].started || !runs_[kSecond].started) return true;
  const std::uint32_t a = runs_[kFirst].started->n_vocab, b = runs_[kSecond].started->n_vocab;
  return a == b || a == 0 || b == 0;
}

protocol::RunsComparedT RunComparison::result() const {
  protocol::RunsComparedT out = result_;
  const float largest = out.max_logit_difference.value_or(0.0f);
  if (other_prompt_) {
    out.verdict = Verdict::Different;
    out.first_difference = out.first_other_token = *other_prompt_;
  } else if (out.n_compared == 0) {
    out.verdict = Verdict::NotComparable;
  } else if (out.n_identical == out.n_compared) {
    out.verdict = Verdict::Identical;
  } else {
    out.verdict = !out.first_other_token && largest <= tolerance_ ? Verdict::WithinTolerance : Verdict::Different;
  }
  out.words = words_of(out, other_prompt_.has_value(), tokens_differ_, has_same_vocabulary());
  if (out.verdict != Verdict::Identical) {
    const bool logits_agree = !other_prompt_ && largest <= tolerance_;
    out.reasons = reasons_for(runs_[kFirst], runs_[kSecond], other_prompt_.has_value(), logits_agree);
  }
  return out;
}

}  // namespace inferno::session
