#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <span>
#include <vector>

#include "base/result.h"
#include "engine/breakpoints.h"
#include "engine/logit_stats.h"
#include "engine/model.h"
#include "engine/past_token.h"
#include "engine/run_spec.h"
#include "engine/sampler.h"
#include "engine/step.h"
#include "engine/watches.h"

namespace inferno::engine {

// The next token of a run: measured, chosen, judged by the breakpoints, and not accepted
// before it is told to. Until then the choice can be changed, as if it had not been made:
// no random number is used up for a token that was put aside.
//
// Knows the run's past (what was generated), its sampler, what is banned and what is to
// be put next. Does not decode and does not publish. Choosing allocates nothing of its
// own unless the choice may be changed. Uses Model's thread; the model must outlive it.
class NextToken {
 public:
  // `sampler` is new; `past` was generated before, and the first `n_earlier` of it before
  // the sampler's time. Where the sampler's state does not follow from the past
  // (Sampler::needs_marks), and for a replay, `past` ends at the latest there, and the
  // rest is brought in by choose() with what was recorded.
  // Errors: kBadGrammar, for a past that the sampler's grammar does not allow.
  static Result<NextToken> create(Model& model, std::span<const std::int32_t> prompt, const CaptureOptions& capture,
                                  Sampler sampler, std::vector<PastToken> past, std::size_t n_earlier);

  // What was generated and accepted, in order. Room for a whole context.
  const std::vector<PastToken>& past() const { return past_; }
  const std::vector<StageSpec>& stages() const { return sampler_.stages(); }
  std::uint32_t position() const { return static_cast<std::uint32_t>(prompt_.size() + past_.size()); }

  // Measures the logits, which stay valid and unchanged until the token is accepted, and
  // chooses. With `recorded`, the sampler does what it did then, and that token is put in
  // the place of another choice. `may_change`: whether the choice may be changed before
  // it is accepted, or a breakpoint may stop at it.
  // Errors: kNonFiniteLogits; those of SamplerTrace::sample; kInvalidArgument for a token
  // put by hand that the grammar does not allow.
  Result<void> choose(std::span<const float> logits, float decode_us, bool may_change,
                      const std::optional<PastToken>& recorded = std::nullopt);
  bool exists() const { return exists_; }
  const StepRecord& record() const { return record_; }
  // Of the breakpoints, at the token that exists.
  std::span<const std::uint32_t> hits() const { return exists_ ? hits_ : std::span<const std::uint32_t>(); }
  // The token is part of the run now; record() stays until the next choose().
  // Error: kBadGrammar.
  Result<void> accept();

  // These change what comes next, and the token that exists with it.

  // The next tokens will be these, whatever the chain says. Errors: kInvalidArgument (no
  // such token, or the grammar forbids the first).
  Result<void> force(std::span<const std::int32_t> tokens);
  bool has_forced() const { return !forced_.empty(); }
  // Error: kInvalidArgument (no such token; or nothing would be left to choose from).
  Result<void> ban(std::span<const Ban> bans);
  Result<void> lift_bans() { return change_bans({}); }
  // A new sampler, to be told of all so far. Errors: those of choosing.
  Result<void> set_sampler(Sampler sampler);

  Result<void> set_breakpoints(std::vector<BreakpointSpec> specs);
  const Breakpoints& breakpoints() const { return breakpoints_; }
  Result<void> set_watches(std::vector<WatchSpec> specs) { return watches_.set(std::move(specs), *model_); }
  const Watches& watches() const { return watches_; }

 private:
  NextToken(Model& model, std::span<const std::int32_t> prompt, const CaptureOptions& capture, Sampler sampler);

  Result<void> check_token(std::int32_t token) const;
  // The record without a choice.
  void begin_record();
  Result<void> select(const std::optional<PastToken>& recorded);
  Result<Chosen> sample(const std::optional<PastToken>& recorded);
  Result<void> choose_again();
  Result<void> change_bans(std::vector<Ban> bans);
  void mark_if_needed(bool may_change);
  void finish_record(const Chosen& chosen);
  void collect_banned();
  bool chosen_by_chain() const { return exists_ && !record_.forced; }
  bool sampler_in_use() const { return past_.size() >= n_earlier_; }

  Model* model_;
  std::span<const std::int32_t> prompt_;
  CaptureOptions capture_;
  LogitStats stats_;
  Sampler sampler_;
  Sampler::Mark mark_;  // of before the choice, where has_mark_
  bool has_mark_ = false;
  std::size_t n_earlier_ = 0;  // of past_, from before the sampler's time
  std::vector<PastToken> past_;
  std::deque<std::int32_t> forced_;
  std::vector<Ban> bans_;
  std::vector<std::int32_t> banned_;  // at this position, each once
  Breakpoints breakpoints_;
  Watches watches_;

  bool exists_ = false;
  StepRecord record_;
  std::span<const std::uint32_t> hits_;
};

}  // namespace inferno::engine
