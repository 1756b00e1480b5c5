#include "engine/generation.h"

#include <llama.h>

#include <algorithm>
#include <chrono>
#include <random>
#include <string>
#include <utility>

#include "base/check.h"
#include "engine/decoder.h"
#include "engine/logit_stats.h"
#include "engine/sampler_chain.h"
#include "engine/sampler_trace.h"
#include "engine/step_recorder.h"
#include "engine/stop_strings.h"

namespace inferno::engine {
namespace {

using Clock = std::chrono::steady_clock;

double microseconds_since(Clock::time_point start) {
  return std::chrono::duration<double, std::micro>(Clock::now() - start).count();
}

// llama.cpp reads this seed as "take a random one"; so do we, but tell which.
constexpr std::uint32_t kRandomSeed = 0xFFFFFFFF;

std::uint32_t seed_of(std::optional<std::uint32_t> asked) {
  if (asked && *asked != kRandomSeed) return *asked;
  std::random_device device;
  std::uint32_t seed = device();
  while (seed == kRandomSeed) seed = device();
  return seed;
}

Result<void> check_model(const Model& model) {
  if (model.context() == nullptr) {
    return Error{ErrorCode::kVocabularyOnly, "This file has a tokenizer but no weights.",
                 "It can tokenize, not generate."};
  }
  if (!model.info().capabilities.generate) {
    return Error{ErrorCode::kUnsupportedArchitecture,
                 "Models of the architecture " + model.info().architecture + " do not generate text token by token.",
                 "Choose a decoder model."};
  }
  return {};
}

Result<void> check_prompt(const std::vector<std::int32_t>& prompt, std::uint32_t n_vocab, std::uint32_t n_ctx) {
  if (prompt.empty()) {
    return Error{ErrorCode::kInvalidArgument, "The prompt has no tokens, so there is nothing to predict from.",
                 "Give it text, or a beginning-of-text token."};
  }
  for (const std::int32_t token : prompt) {
    if (token >= 0 && static_cast<std::uint32_t>(token) < n_vocab) continue;
    return Error{ErrorCode::kInvalidArgument, "There is no token " + std::to_string(token) + ".",
                 "Tokens are numbered from 0 to " + std::to_string(n_vocab - 1) + "."};
  }
  if (prompt.size() > n_ctx) {
    return Error{
        ErrorCode::kContextFull,
        "The prompt has " + std::to_string(prompt.size()) + " tokens, the context " + std::to_string(n_ctx) + ".",
        "Shorten the prompt, or load the model with a longer context."};
  }
  return {};
}

Result<void> check_capture(const CaptureOptions& capture) {
  if (capture.n_candidates <= kMaxCandidates && capture.n_prompt_candidates <= kMaxCandidates) return {};
  return Error{ErrorCode::kTooLarge, "More candidates per token are asked for than can be recorded.",
               "There can be " + std::to_string(kMaxCandidates) + "."};
}

ChainContext context_of_chain(const Model& model, std::uint32_t seed) {
  ChainContext context;
  context.n_vocab = model.info().n_vocab;
  context.n_ctx = model.info().n_ctx;
  context.seed = seed;
  context.has_tokenizer = llama_vocab_type(model.vocab()) != LLAMA_VOCAB_TYPE_NONE;
  return context;
}

}  // namespace

struct Generation::Impl {
  Impl(Model& the_model, RunSpec the_spec, std::uint32_t the_seed, SamplerChain the_chain, StopStrings the_stop)
      : model(the_model),
        spec(std::move(the_spec)),
        seed(the_seed),
        chain(std::move(the_chain)),
        stop(std::move(the_stop)),
        n_ctx(the_model.info().n_ctx),
        decoder(the_model),
        stats(the_model.info().n_vocab, std::max(spec.capture.n_candidates, spec.capture.n_prompt_candidates)),
        trace(chain, the_model.info().n_vocab) {
    finish.n_prompt = static_cast<std::uint32_t>(spec.prompt.size());
    if (spec.capture.prompt && spec.prompt.size() > 1) finish.prompt_sum_logprob = 0;
    chain.accept_prompt(spec.prompt);
  }

  void advance_prompt(StepSink& sink);
  void publish_prompt_token(StepSink& sink, std::size_t position, std::span<const float> predicting);
  void end_prompt();

  void advance_generation(StepSink& sink);
  Result<Chosen> choose(StepRecord& record);
  void count_step(const StepRecord& record);
  void check_ends(const StepRecord& record);

  void finish_with(FinishReason reason);
  void fail(const Error& error);

  Model& model;
  RunSpec spec;
  std::uint32_t seed;
  SamplerChain chain;
  StopStrings stop;
  std::uint32_t n_ctx;
  Decoder decoder;
  LogitStats stats;
  SamplerTrace trace;
  State state = State::kPrompt;
  Finish finish;
  std::uint32_t n_published = 0;
  std::size_t last_row = 0;               // the last token's index in the newest piece
  std::optional<std::int32_t> undecoded;  // the newest token, when it has been generated
  std::optional<std::int32_t> forced;
  double work_us = 0;  // spent in advance(), for the time limit
};

// ---------------------------------------------------------------- the prompt

// One piece of the prompt. The logits of a position belong to the token after it, so
// with the piece [first, end) the tokens first + 1 .. end can be published: the last
// of them before it is decoded itself, which keeps no logits from one piece to the
// next. The first token of all has no distribution.
void Generation::Impl::advance_prompt(StepSink& sink) {
  const std::size_t n_prompt = spec.prompt.size();
  const std::size_t first = decoder.n_past();
  const Logits wanted = spec.capture.prompt ? Logits::kAll : Logits::kLast;
  const std::size_t end = std::min(n_prompt, first + decoder.max_piece(wanted));
  const std::span<const std::int32_t> piece = std::span(spec.prompt).subspan(first, end - first);
  const Result<void> decoded =
      decoder.decode(piece, wanted == Logits::kLast && end < n_prompt ? Logits::kSkip : wanted);
  if (!decoded) return fail(decoded.error());

  last_row = piece.size() - 1;
  if (first == 0) publish_prompt_token(sink, 0, {});
  const std::size_t n_publishable = std::min(n_prompt, end + 1);
  for (std::size_t position = first + 1; position < n_publishable; ++position) {
    publish_prompt_token(sink, position,
                         spec.capture.prompt ? decoder.logits(position - 1 - first) : std::span<const float>{});
  }
  if (end == n_prompt) end_prompt();
}

void Generation::Impl::publish_prompt_token(StepSink& sink, std::size_t position, std::span<const float> predicting) {
  StepRecord& record = sink.acquire();
  const Clock::time_point start = Clock::now();
  start_record(record, static_cast<std::uint32_t>(position), true);
  record.token = spec.prompt[position];
  if (!predicting.empty()) {
    stats.measure(predicting, spec.capture.n_prompt_candidates);
    record_distribution(stats, record);
    record_token(stats, record.token, kNotKnown, record);
    if (record.raw_logprob == record.raw_logprob) {
      finish.prompt_sum_logprob = finish.prompt_sum_logprob.value_or(0) + static_cast<double>(record.raw_logprob);
      ++finish.n_prompt_scored;
    }
  }
  record.end_of_text = model.tokens().is_end_of_generation(record.token);
  record.decode_us = static_cast<float>(decoder.decode_us() / static_cast<double>(last_row + 1));
  record.capture_us = static_cast<float>(microseconds_since(start));
  ++n_published;
  sink.publish();
}

void Generation::Impl::end_prompt() {
  state = State::kReady;
  if (spec.limits.n_predict == 0u) return finish_with(FinishReason::kLimit);
  if (n_published >= n_ctx) finish_with(FinishReason::kContextFull);
}

// ---------------------------------------------------------------- generation

void Generation::Impl::advance_generation(StepSink& sink) {
  double decode_us = 0;
  if (undecoded) {
    const Result<void> decoded = decoder.decode({&*undecoded, 1}, Logits::kLast);
    if (!decoded) return fail(decoded.error());
    undecoded.reset();
    last_row = 0;
    decode_us = decoder.decode_us();
  }
  StepRecord& record = sink.acquire();
  const Clock::time_point start = Clock::now();
  start_record(record, n_published, false);
  stats.measure(decoder.logits(last_row), spec.capture.n_candidates);
  if (stats.distribution().n_finite == 0) {
    return fail({ErrorCode::kNonFiniteLogits, "The model computed no finite number for any token.",
                 "Its weights may be damaged; try another quantisation, or flash attention off."});
  }
  record_distribution(stats, record);
  const Result<Chosen> chosen = choose(record);
  if (!chosen) return fail(chosen.error());
  record_token(stats, chosen->token, chosen->final_prob, record);
  record.n_final = chosen->n_final;
  record.draw = chosen->draw;
  record.end_of_text = model.tokens().is_end_of_generation(chosen->token);
  record.decode_us = static_cast<float>(decode_us);
  record.sample_us = chosen->sample_us;
  record.capture_us = static_cast<float>(microseconds_since(start)) - chosen->sample_us;
  count_step(record);
  check_ends(record);
  sink.publish();
}

// A forced token does not pass the chain, but the chain is told of it.
Result<Chosen> Generation::Impl::choose(StepRecord& record) {
  record.forced = forced.has_value();
  Result<Chosen> chosen =
      forced ? Result<Chosen>(Chosen{.token = *forced}) : trace.sample(stats, spec.capture.trace, record);
  if (!chosen) return chosen;
  forced.reset();
  const Clock::time_point start = Clock::now();
  const Result<void> accepted = chain.accept(chosen->token);
  if (!accepted) return accepted.error();
  chosen->sample_us += static_cast<float>(microseconds_since(start));
  return chosen;
}

void Generation::Impl::count_step(const StepRecord& record) {
  undecoded = record.token;
  ++n_published;
  ++finish.n_generated;
  if (record.raw_logprob == record.raw_logprob) finish.sum_logprob += static_cast<double>(record.raw_logprob);
}

void Generation::Impl::check_ends(const StepRecord& record) {
  const std::optional<StopMatch> match = stop.feed(model.tokens().bytes(record.token));
  if (record.end_of_text && !spec.limits.ignore_eos) return finish_with(FinishReason::kEndOfText);
  if (match) {
    finish.stop_string = stop.string(match->index);
    finish.text_bytes = match->start;
    return finish_with(FinishReason::kStopString);
  }
  if (spec.limits.n_predict && finish.n_generated >= *spec.limits.n_predict) return finish_with(FinishReason::kLimit);
  if (n_published >= n_ctx) finish_with(FinishReason::kContextFull);
}

// ---------------------------------------------------------------- the end

void Generation::Impl::finish_with(FinishReason reason) {
  finish.reason = reason;
  state = State::kFinished;
}

void Generation::Impl::fail(const Error& error) {
  if (error.code == ErrorCode::kCancelled) return finish_with(FinishReason::kStopped);
  if (error.code == ErrorCode::kContextFull) return finish_with(FinishReason::kContextFull);
  finish.error = error;
  finish_with(FinishReason::kFailed);
}

// ---------------------------------------------------------------- Generation

CheckedChain check_sampler(const Model& model, std::vector<StageSpec> sampler) {
  return check_chain(std::move(sampler), model.vocab(), context_of_chain(model, 0));
}

Result<std::unique_ptr<Generation>> Generation::create(Model& model, RunSpec spec) {
  const Result<void> able = check_model(model);
  if (!able) return able.error();
  const Result<void> prompt = check_prompt(spec.prompt, model.info().n_vocab, model.info().n_ctx);
  if (!prompt) return prompt.error();
  const Result<void> capture = check_capture(spec.capture);
  if (!capture) return capture.error();
  Result<StopStrings> stop = StopStrings::create(spec.limits.stop);
  if (!stop) return stop.error();

  const ChainContext context = context_of_chain(model, seed_of(spec.seed));
  Result<SamplerChain> chain = SamplerChain::create(spec.sampler, model.vocab(), context);
  if (!chain) return chain.error();
  return std::unique_ptr<Generation>(new Generation(
      std::make_unique<Impl>(model, std::move(spec), context.seed, std::move(*chain), std::move(*stop))));
}

Generation::Generation(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Generation::~Generation() = default;

const std::vector<StageSpec>& Generation::sampler() const { return impl_->chain.stages(); }
std::uint32_t Generation::seed() const { return impl_->seed; }
const CaptureOptions& Generation::capture() const { return impl_->spec.capture; }
Generation::State Generation::state() const { return impl_->state; }
std::uint32_t Generation::next_position() const { return impl_->n_published; }

Generation::State Generation::advance(StepSink& sink) {
  Impl& run = *impl_;
  INFERNO_CHECK(run.state != State::kFinished);
  if (run.model.abort_requested()) {
    stop();
    return run.state;
  }
  const Clock::time_point start = Clock::now();
  const bool in_prompt = run.state == State::kPrompt;
  in_prompt ? run.advance_prompt(sink) : run.advance_generation(sink);
  const double spent_us = microseconds_since(start);
  (in_prompt ? run.finish.prompt_ms : run.finish.generate_ms) += static_cast<float>(spent_us / 1000);
  run.work_us += spent_us;
  const std::optional<std::uint32_t> time_ms = run.spec.limits.time_ms;
  if (run.state != State::kFinished && time_ms && run.work_us >= 1000.0 * *time_ms)
    run.finish_with(FinishReason::kTimeLimit);
  return run.state;
}

Result<void> Generation::force(std::int32_t token) {
  Impl& run = *impl_;
  if (run.state == State::kFinished) return Error{ErrorCode::kWrongState, "The run has finished.", ""};
  if (token < 0 || static_cast<std::uint32_t>(token) >= run.model.info().n_vocab) {
    return Error{ErrorCode::kInvalidArgument, "There is no token " + std::to_string(token) + ".",
                 "Tokens are numbered from 0 to " + std::to_string(run.model.info().n_vocab - 1) + "."};
  }
  if (!run.chain.grammar_allows(token)) {
    return Error{ErrorCode::kInvalidArgument, "The run's grammar does not allow this token here.",
                 "Choose another one."};
  }
  run.forced = token;
  return {};
}

void Generation::stop() {
  if (impl_->state != State::kFinished) impl_->finish_with(FinishReason::kStopped);
}

const Finish& Generation::finish() const {
  INFERNO_CHECK(impl_->state == State::kFinished);
  return impl_->finish;
}

}  // namespace inferno::engine
