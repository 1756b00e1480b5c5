#include "engine/generation.h"

#include <algorithm>
#include <chrono>
#include <limits>
#include <utility>

#include "base/check.h"
#include "engine/decoder.h"
#include "engine/logit_stats.h"
#include "engine/next_token.h"
#include "engine/run_checks.h"
#include "engine/step_recorder.h"
#include "engine/stop_strings.h"

namespace inferno::engine {
namespace {

using Clock = std::chrono::steady_clock;

double microseconds_since(Clock::time_point start) {
  return std::chrono::duration<double, std::micro>(Clock::now() - start).count();
}

// The past of a fork that is decoded at once; the rest is gone through step by step,
// because the sampler has to do again what it did, or because it is to be published.
std::size_t n_past_at_once(const ForkSpec& fork, const Sampler& sampler) {
  if (fork.replay) return 0;
  return sampler.needs_marks() ? fork.n_earlier : fork.past.size();
}

}  // namespace

struct Generation::Impl {
  Impl(Model& the_model, RunSpec the_spec, std::uint32_t the_seed, StopStrings the_stop);
  Result<void> begin(Sampler sampler);
  void plan_pieces(std::size_t n_past);

  void advance_prompt(StepSink& sink);
  void decode_piece(StepSink& sink);
  void publish_piece(StepSink& sink, std::size_t first, std::size_t end);
  void publish_prompt_token(StepSink& sink, std::size_t position, std::span<const float> predicting);
  void retrace(StepSink& sink);
  void end_prompt();

  void choose(bool may_change, const std::optional<PastToken>& recorded = std::nullopt);
  void accept(StepSink* sink);
  void feed_stop(std::int32_t token);
  void check_ends(const StepRecord& record);

  bool publishes_prompt() const { return !spec.fork || spec.fork->replay; }
  bool has_past_to_retrace() const { return spec.fork && next->past().size() < spec.fork->past.size(); }
  void finish_with(FinishReason reason);
  void fail(const Error& error);
  // Takes the time of what `work` does.
  template <typename Work>
  State timed(Work work);

  Model& model;
  RunSpec spec;
  std::uint32_t seed;
  StopStrings stop;
  std::optional<StopMatch> stop_match;  // by the newest token
  std::uint32_t n_ctx;
  Decoder decoder;
  LogitStats prompt_stats;
  std::optional<NextToken> next;  // from begin() on
  State state = State::kPrompt;
  Finish finish;
  CacheRecord plan;           // the prompt, and the past that is decoded at once
  std::size_t n_planned = 0;  // pieces of it that are done
  std::size_t n_prompt_pieces = 0;
  std::uint32_t n_published_prompt = 0;
  std::size_t last_row = 0;               // the last token's index in the newest piece
  std::optional<std::int32_t> undecoded;  // the newest token, when it has been generated
  double work_us = 0;                     // spent on generating, for the time limit
};

Generation::Impl::Impl(Model& the_model, RunSpec the_spec, std::uint32_t the_seed, StopStrings the_stop)
    : model(the_model),
      spec(std::move(the_spec)),
      seed(the_seed),
      stop(std::move(the_stop)),
      n_ctx(the_model.info().n_ctx),
      decoder(the_model),
      prompt_stats(the_model.info().n_vocab, spec.capture.n_prompt_candidates) {
  finish.n_prompt = static_cast<std::uint32_t>(spec.prompt.size());
  if (spec.capture.prompt && spec.prompt.size() > 1) finish.prompt_sum_logprob = 0;
}

Result<void> Generation::Impl::begin(Sampler sampler) {
  std::vector<PastToken> past;
  std::size_t n_earlier = 0;
  if (spec.fork) {
    const ForkSpec& fork = *spec.fork;
    past.assign(fork.past.begin(), fork.past.begin() + static_cast<std::ptrdiff_t>(n_past_at_once(fork, sampler)));
    n_earlier = fork.n_earlier;
    if (!fork.replay) {
      finish.sum_logprob = fork.past_sum_logprob;
      finish.prompt_sum_logprob = fork.prompt_sum_logprob;
      finish.n_prompt_scored = fork.n_prompt_scored;
    }
  }
  const std::size_t n_past = past.size();
  auto made = NextToken::create(model, spec.prompt, spec.capture, std::move(sampler), std::move(past), n_earlier);
  if (!made) return made.error();
  next.emplace(std::move(*made));
  Result<void> good = next->set_breakpoints(spec.breakpoints);
  if (good) good = next->set_watches(spec.watches);
  if (good && spec.fork) good = next->ban(spec.fork->bans);
  if (!good) return good;
  for (const PastToken& token : next->past()) feed_stop(token.id);
  plan_pieces(n_past);
  return {};
}

void Generation::Impl::plan_pieces(std::size_t n_past) {
  plan.tokens = spec.prompt;
  const std::size_t max = decoder.max_piece(spec.capture.prompt ? Logits::kAll : Logits::kLast);
  for (std::size_t first = 0; first < spec.prompt.size(); first += max)
    plan.pieces.push_back(static_cast<std::uint32_t>(std::min(max, spec.prompt.size() - first)));
  n_prompt_pieces = plan.pieces.size();
  for (const PastToken& token : std::span(next->past()).first(n_past)) {
    plan.tokens.push_back(token.id);
    plan.pieces.push_back(1);
  }
  // The last piece is decoded in any case: its logits are wanted.
  if (!publishes_prompt()) n_planned = decoder.keep(plan, plan.pieces.size() - 1);
}

// ---------------------------------------------------------------- the prompt, and a fork's past

void Generation::Impl::advance_prompt(StepSink& sink) {
  if (n_planned < plan.pieces.size()) {
    decode_piece(sink);
  } else {
    retrace(sink);
  }
  if (state == State::kPrompt && n_planned == plan.pieces.size() && !has_past_to_retrace()) end_prompt();
}

void Generation::Impl::decode_piece(StepSink& sink) {
  const std::size_t first = decoder.n_past();
  const std::size_t size = plan.pieces[n_planned];
  const bool is_last = n_planned + 1 == plan.pieces.size();
  const bool is_prompt = n_planned < n_prompt_pieces;
  Logits wanted = is_prompt && spec.capture.prompt ? Logits::kAll : Logits::kLast;
  // What is only to be in the cache: the shape of its logits leaves no trace there.
  if (!is_last && (wanted == Logits::kLast || !publishes_prompt())) wanted = Logits::kSkip;
  const Result<void> decoded = decoder.decode(std::span(plan.tokens).subspan(first, size), wanted);
  if (!decoded) return fail(decoded.error());
  ++n_planned;
  last_row = size - 1;
  if (publishes_prompt() && is_prompt) publish_piece(sink, first, first + size);
}

// The logits of a position belong to the token after it, so with the piece [first, end)
// the tokens first + 1 .. end can be published: the last of them before it is decoded
// itself, which keeps no logits from one piece to the next. The first token of all has no
// distribution.
void Generation::Impl::publish_piece(StepSink& sink, std::size_t first, std::size_t end) {
  if (first == 0) publish_prompt_token(sink, 0, {});
  const std::size_t n_publishable = std::min(spec.prompt.size(), end + 1);
  for (std::size_t position = first + 1; position < n_publishable; ++position) {
    publish_prompt_token(sink, position,
                         spec.capture.prompt ? decoder.logits(position - 1 - first) : std::span<const float>{});
  }
}

void Generation::Impl::publish_prompt_token(StepSink& sink, std::size_t position, std::span<const float> predicting) {
  StepRecord& record = sink.acquire();
  const Clock::time_point start = Clock::now();
  start_record(record, static_cast<std::uint32_t>(position), true);
  record.token = spec.prompt[position];
  if (!predicting.empty()) {
    prompt_stats.measure(predicting, spec.capture.n_prompt_candidates);
    record_distribution(prompt_stats, record);
    record_token(prompt_stats, record.token, kNotKnown, record);
    if (record.raw_logprob == record.raw_logprob) {
      finish.prompt_sum_logprob = finish.prompt_sum_logprob.value_or(0) + static_cast<double>(record.raw_logprob);
      ++finish.n_prompt_scored;
    }
  }
  record.end_of_text = model.tokens().is_end_of_generation(record.token);
  record.decode_us = static_cast<float>(decoder.decode_us() / static_cast<double>(last_row + 1));
  record.capture_us = static_cast<float>(microseconds_since(start));
  ++n_published_prompt;
  sink.publish();
}

// One token of the past once more.
void Generation::Impl::retrace(StepSink& sink) {
  choose(false, spec.fork->past[next->past().size()]);
  if (state == State::kPrompt) accept(spec.fork->replay ? &sink : nullptr);
}

void Generation::Impl::end_prompt() {
  state = State::kReady;
  if (spec.fork && spec.fork->replay) {
    if (!next->past().empty()) check_ends(next->record());
    if (state == State::kReady) finish_with(FinishReason::kLimit);
    return;
  }
  if (spec.fork && !spec.fork->then.empty()) {
    const Result<void> put = next->force(spec.fork->then);
    if (!put) return fail(put.error());
  }
  if (spec.limits.n_predict && next->past().size() >= *spec.limits.n_predict) return finish_with(FinishReason::kLimit);
  if (next->position() >= n_ctx) finish_with(FinishReason::kContextFull);
}

// ---------------------------------------------------------------- generation

void Generation::Impl::choose(bool may_change, const std::optional<PastToken>& recorded) {
  double decode_us = 0;
  if (undecoded) {
    const Result<void> decoded = decoder.decode({&*undecoded, 1}, Logits::kLast);
    if (!decoded) return fail(decoded.error());
    undecoded.reset();
    last_row = 0;
    decode_us = decoder.decode_us();
  }
  const Result<void> chosen =
      next->choose(decoder.logits(last_row), static_cast<float>(decode_us), may_change, recorded);
  if (!chosen) fail(chosen.error());
}

// `sink` null: the token is known to everyone.
void Generation::Impl::accept(StepSink* sink) {
  const Result<void> accepted = next->accept();
  if (!accepted) return fail(accepted.error());
  const StepRecord& record = next->record();
  undecoded = record.token;
  feed_stop(record.token);
  if (sink == nullptr) return;
  if (record.raw_logprob == record.raw_logprob) finish.sum_logprob += static_cast<double>(record.raw_logprob);
  if (state == State::kReady) check_ends(record);
  sink->acquire() = record;
  sink->publish();
}

void Generation::Impl::feed_stop(std::int32_t token) { stop_match = stop.feed(model.tokens().bytes(token)); }

void Generation::Impl::check_ends(const StepRecord& record) {
  if (record.end_of_text && !spec.limits.ignore_eos) return finish_with(FinishReason::kEndOfText);
  if (stop_match) {
    finish.stop_string = stop.string(stop_match->index);
    finish.text_bytes = stop_match->start;
    return finish_with(FinishReason::kStopString);
  }
  if (spec.limits.n_predict && next->past().size() >= *spec.limits.n_predict) return finish_with(FinishReason::kLimit);
  if (next->position() >= n_ctx) finish_with(FinishReason::kContextFull);
}

// ---------------------------------------------------------------- the end

void Generation::Impl::finish_with(FinishReason reason) {
  finish.reason = reason;
  finish.n_generated = static_cast<std::uint32_t>(next->past().size());
  state = State::kFinished;
}

void Generation::Impl::fail(const Error& error) {
  if (error.code == ErrorCode::kCancelled) return finish_with(FinishReason::kStopped);
  if (error.code == ErrorCode::kContextFull) return finish_with(FinishReason::kContextFull);
  finish.error = error;
  finish_with(FinishReason::kFailed);
}

template <typename Work>
Generation::State Generation::Impl::timed(Work work) {
  INFERNO_CHECK(state != State::kFinished);
  if (model.abort_requested()) {
    finish_with(FinishReason::kStopped);
    return state;
  }
  const Clock::time_point start = Clock::now();
  const bool in_prompt = state == State::kPrompt;
  work();
  const double spent_us = microseconds_since(start);
  (in_prompt ? finish.prompt_ms : finish.generate_ms) += static_cast<float>(spent_us / 1000);
  if (!in_prompt || !spec.fork) work_us += spent_us;
  const std::optional<std::uint32_t> time_ms = spec.limits.time_ms;
  if (state != State::kFinished && time_ms && work_us >= 1000.0 * *time_ms) finish_with(FinishReason::kTimeLimit);
  return state;
}

// ---------------------------------------------------------------- Generation

CheckedChain check_sampler(const Model& model, std::vector<StageSpec> sampler) {
  return check_chain(std::move(sampler), model.vocab(), chain_context(model, 0));
}

Result<std::unique_ptr<Generation>> Generation::create(Model& model, RunSpec spec) {
  const Result<void> able = check_run(model, spec);
  if (!able) return able.error();
  Result<StopStrings> stop = StopStrings::create(spec.limits.stop);
  if (!stop) return stop.error();
  const std::uint32_t seed = seed_of(spec.seed);
  Result<Sampler> sampler = Sampler::create(spec.sampler, model.vocab(), chain_context(model, seed));
  if (!sampler) return sampler.error();
  auto impl = std::make_unique<Impl>(model, std::move(spec), seed, std::move(*stop));
  const Result<void> begun = impl->begin(std::move(*sampler));
  if (!begun) return begun.error();
  return std::unique_ptr<Generation>(new Generation(std::move(impl)));
}

Generation::Generation(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Generation::~Generation() = default;

const std::vector<StageSpec>& Generation::sampler() const { return impl_->next->stages(); }
std::uint32_t Generation::seed() const { return impl_->seed; }
const CaptureOptions& Generation::capture() const { return impl_->spec.capture; }
Generation::State Generation::state() const { return impl_->state; }

std::uint32_t Generation::next_position() const {
  const Impl& run = *impl_;
  if (run.state != State::kPrompt) return run.next->position();
  if (run.publishes_prompt() && run.next->past().empty()) return run.n_published_prompt;
  const std::size_t n_past = run.publishes_prompt() ? run.next->past().size() : run.spec.fork->past.size();
  return static_cast<std::uint32_t>(run.spec.prompt.size() + n_past);
}

Generation::State Generation::advance(StepSink& sink) {
  Impl& run = *impl_;
  return run.timed([&] {
    if (run.state == State::kPrompt) return run.advance_prompt(sink);
    if (!run.next->exists()) {
      run.choose(false);
      if (run.state == State::kFinished || !run.next->hits().empty()) return;
    }
    run.accept(&sink);
  });
}

Generation::State Generation::choose() {
  Impl& run = *impl_;
  INFERNO_CHECK(run.state == State::kReady);
  if (run.next->exists()) return run.state;
  return run.timed([&] { run.choose(true); });
}

const StepRecord* Generation::pending() const {
  return impl_->state == State::kReady && impl_->next->exists() ? &impl_->next->record() : nullptr;
}
std::span<const std::uint32_t> Generation::hits() const { return impl_->next->hits(); }

namespace {

Error finished_already() { return {ErrorCode::kWrongState, "The run has finished.", "Start a new run."}; }

}  // namespace

Result<void> Generation::force(std::span<const std::int32_t> tokens) {
  if (impl_->state == State::kFinished) return finished_already();
  return impl_->next->force(tokens);
}
bool Generation::has_forced() const { return impl_->next->has_forced(); }

Result<void> Generation::ban(std::span<const std::int32_t> ids, std::uint32_t n_steps) {
  if (impl_->state == State::kFinished) return finished_already();
  if (ids.empty()) return impl_->next->lift_bans();
  const std::uint32_t first = next_position();
  constexpr std::uint32_t kForever = std::numeric_limits<std::uint32_t>::max();
  const std::uint32_t end = n_steps == 0 || n_steps > kForever - first ? kForever : first + n_steps;
  std::vector<Ban> bans;
  for (const std::int32_t id : ids) bans.push_back({id, first, end});
  return impl_->next->ban(bans);
}

Result<void> Generation::set_sampler(std::vector<StageSpec> stages, std::optional<std::uint32_t> seed) {
  if (impl_->state == State::kFinished) return finished_already();
  if (impl_->state == State::kPrompt) {
    return Error{ErrorCode::kWrongState, "The run is still reading its prompt.", "Wait until it stands behind it."};
  }
  const std::uint32_t new_seed = seed ? seed_of(seed) : impl_->seed;
  Result<Sampler> sampler =
      Sampler::create(std::move(stages), impl_->model.vocab(), chain_context(impl_->model, new_seed));
  if (!sampler) return sampler.error();
  Result<void> set = impl_->next->set_sampler(std::move(*sampler));
  if (set) impl_->seed = new_seed;
  return set;
}

Result<void> Generation::set_breakpoints(std::vector<BreakpointSpec> specs) {
  if (impl_->state == State::kFinished) return finished_already();
  return impl_->next->set_breakpoints(std::move(specs));
}

Result<void> Generation::set_watches(std::vector<WatchSpec> specs) {
  if (impl_->state == State::kFinished) return finished_already();
  return impl_->next->set_watches(std::move(specs));
}

const std::vector<BreakpointSpec>& Generation::breakpoints() const { return impl_->next->breakpoints().specs(); }
const std::vector<WatchSpec>& Generation::watches() const { return impl_->next->watches().specs(); }

void Generation::stop() {
  if (impl_->state != State::kFinished) impl_->finish_with(FinishReason::kStopped);
}

const Finish& Generation::finish() const {
  INFERNO_CHECK(impl_->state == State::kFinished);
  return impl_->finish;
}

}  // namespace inferno::engine
