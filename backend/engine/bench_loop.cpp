#include "engine/bench_loop.h"

#include <llama.h>

#include <algorithm>
#include <chrono>
#include <optional>
#include <span>
#include <string>
#include <utility>

#include "engine/decoder.h"
#include "engine/sampler_chain.h"

namespace inferno::engine {
namespace {

using Clock = std::chrono::steady_clock;

double microseconds_since(Clock::time_point start) {
  return std::chrono::duration<double, std::micro>(Clock::now() - start).count();
}

// Adds up what the rounds do besides the timed loop.
struct PromptTime {
  double tokens = 0;
  double us = 0;
};

// Passes the records on and adds up their times.
class TimingSink : public StepSink {
 public:
  TimingSink(StepSink& sink, BenchRound& round) : sink_(sink), round_(round) {}

  StepRecord& acquire() override { return *(record_ = &sink_.acquire()); }
  void publish() override {
    if (!record_->is_prompt) {
      round_.decode_us += static_cast<double>(record_->decode_us);
      round_.sample_us += static_cast<double>(record_->sample_us);
      round_.capture_us += static_cast<double>(record_->capture_us);
    }
    sink_.publish();
  }

 private:
  StepSink& sink_;
  BenchRound& round_;
  StepRecord* record_ = nullptr;
};

RunSpec run_spec(const BenchSpec& spec, BenchKind kind) {
  RunSpec run;
  run.prompt = spec.prompt;
  run.sampler = spec.sampler;
  run.seed = spec.seed;
  run.limits.n_predict = spec.n_tokens;
  run.limits.ignore_eos = true;
  run.capture = spec.capture;
  run.capture.prompt = false;
  if (kind == BenchKind::kArmed) run.breakpoints = spec.breakpoints;
  return run;
}

Result<void> captured_round(Model& model, const BenchSpec& spec, StepSink& sink, BenchRound& round,
                            PromptTime& prompt) {
  Result<std::unique_ptr<Generation>> generation = Generation::create(model, run_spec(spec, round.kind));
  if (!generation) return generation.error();
  TimingSink timing(sink, round);
  Generation& run = **generation;
  while (run.state() == Generation::State::kPrompt) run.advance(timing);
  const Clock::time_point start = Clock::now();
  while (run.state() == Generation::State::kReady && run.pending() == nullptr) run.advance(timing);
  round.total_us = microseconds_since(start);
  if (run.state() != Generation::State::kFinished)
    return Error{ErrorCode::kInvalidArgument, "A breakpoint was hit.",
                 "Set ones that are not, to measure what they cost."};
  const Finish& finish = run.finish();
  round.n_tokens = finish.n_generated;
  prompt.tokens += finish.n_prompt;
  prompt.us += static_cast<double>(finish.prompt_ms) * 1000;
  if (finish.reason == FinishReason::kLimit) return {};
  return finish.error.value_or(Error{ErrorCode::kCancelled, "The bench was stopped.", ""});
}

Result<void> decode_prompt(Decoder& decoder, std::span<const std::int32_t> prompt, PromptTime& time) {
  const std::size_t max = decoder.max_piece(Logits::kLast);
  for (std::size_t first = 0; first < prompt.size(); first += max) {
    const std::size_t n = std::min(max, prompt.size() - first);
    const Result<void> decoded = decoder.decode(prompt.subspan(first, n), Logits::kLast);
    if (!decoded) return decoded.error();
    time.us += decoder.decode_us();
    time.tokens += static_cast<double>(n);
  }
  return {};
}

// The loop that a program of llama.cpp's own would run, and nothing else.
Result<void> bare_round(Model& model, const BenchSpec& spec, SamplerChain& chain, BenchRound& round,
                        PromptTime& prompt) {
  Decoder decoder(model);
  const Result<void> decoded = decode_prompt(decoder, spec.prompt, prompt);
  if (!decoded) return decoded.error();
  const Clock::time_point start = Clock::now();
  for (std::uint32_t i = 0; i < spec.n_tokens && !model.abort_requested(); ++i) {
    const Clock::time_point before = Clock::now();
    llama_token token = llama_sampler_sample(chain.chain(), model.context(), -1);
    round.sample_us += microseconds_since(before);
    ++round.n_tokens;
    if (i + 1 == spec.n_tokens) break;
    const Clock::time_point decoding = Clock::now();
    const int answer = llama_decode(model.context(), llama_batch_get_one(&token, 1));
    llama_synchronize(model.context());
    round.decode_us += microseconds_since(decoding);
    if (answer != 0)
      return Error{ErrorCode::kInternal, "llama.cpp could not decode (" + std::to_string(answer) + ").", ""};
  }
  round.total_us = microseconds_since(start);
  if (round.n_tokens == spec.n_tokens) return {};
  return Error{ErrorCode::kCancelled, "The bench was stopped.", ""};
}

Result<SamplerChain> bare_chain(Model& model, const BenchSpec& spec) {
  ChainContext context;
  context.n_vocab = model.info().n_vocab;
  context.n_ctx = model.info().n_ctx;
  context.seed = spec.seed;
  context.has_tokenizer = llama_vocab_type(model.vocab()) != LLAMA_VOCAB_TYPE_NONE;
  Result<SamplerChain> chain = SamplerChain::create(spec.sampler, model.vocab(), context);
  if (chain) chain->accept_prompt(spec.prompt);
  return chain;
}

Result<BenchRound> run_round(Model& model, const BenchSpec& spec, StepSink& sink, BenchKind kind, PromptTime& prompt) {
  BenchRound round;
  round.kind = kind;
  Result<void> done;
  if (kind != BenchKind::kBare) {
    done = captured_round(model, spec, sink, round, prompt);
  } else {
    Result<SamplerChain> chain = bare_chain(model, spec);
    if (!chain) return chain.error();
    try {
      done = bare_round(model, spec, *chain, round, prompt);
    } catch (const std::exception& failure) {
      done = Error{ErrorCode::kInternal, std::string("llama.cpp's loop failed: ") + failure.what(), ""};
    }
  }
  if (!done) return done.error();
  return round;
}

Result<void> check(Model& model, const BenchSpec& spec) {
  if (spec.n_tokens == 0 || spec.n_rounds == 0) {
    return Error{ErrorCode::kInvalidArgument, "A bench needs at least one token and one round.", ""};
  }
  // What can be wrong with the prompt and the chain is said by the run's own checks,
  // before the bare loop, which has none.
  const Result<std::unique_ptr<Generation>> generation = Generation::create(model, run_spec(spec, BenchKind::kArmed));
  if (!generation) return generation.error();
  const std::uint64_t n_needed = spec.prompt.size() + std::uint64_t{spec.n_tokens};
  const std::uint32_t n_ctx = model.info().n_ctx;
  if (n_needed <= n_ctx) return {};
  return Error{
      ErrorCode::kContextFull,
      "The bench needs " + std::to_string(n_needed) + " positions, the context has " + std::to_string(n_ctx) + ".",
      "Make fewer tokens, or load the model with a longer context."};
}

}  // namespace

Result<BenchResult> run_bench(Model& model, const BenchSpec& spec, StepSink& sink,
                              const std::function<bool(const BenchRound&)>& on_round) {
  const Result<void> good = check(model, spec);
  if (!good) return good.error();
  std::vector<BenchKind> kinds = {BenchKind::kBare, BenchKind::kCaptured};
  if (!spec.breakpoints.empty()) kinds.push_back(BenchKind::kArmed);
  PromptTime prompt, warm_up;
  for (std::uint32_t i = 0; i <= spec.n_rounds; ++i) {
    const bool warms_up = i == 0;
    std::reverse(kinds.begin(), kinds.end());
    for (const BenchKind kind : kinds) {
      Result<BenchRound> round = run_round(model, spec, sink, kind, warms_up ? warm_up : prompt);
      if (!round) return round.error();
      if (warms_up) continue;
      round->round = i - 1;
      if (!on_round(*round)) return Error{ErrorCode::kCancelled, "The bench was stopped.", ""};
    }
  }
  return BenchResult{prompt.us > 0 ? prompt.tokens / prompt.us * 1e6 : 0};
}

}  // namespace inferno::engine
