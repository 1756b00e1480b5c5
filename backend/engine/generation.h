#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "engine/model.h"
#include "engine/run_spec.h"
#include "engine/sampler_spec.h"
#include "engine/step.h"

namespace inferno::engine {

// Where the decode loop puts what it records. acquire() gives a record with room
// for everything (no allocation by the loop) and may wait for the reader when all
// slots are taken; publish() hands the acquired record on. A record that is acquired
// and not published (the step failed) is acquired again. Called on the engine's thread
// only.
class StepSink {
 public:
  virtual ~StepSink() = default;
  virtual StepRecord& acquire() = 0;
  virtual void publish() = 0;
};

// The values are those of the protocol's FinishReason.
enum class FinishReason : std::uint8_t {
  kEndOfText = 0,
  kLimit,
  kStopString,
  kStopped,
  kContextFull,
  kTimeLimit,
  kFailed,
  kEngineDied,
};

struct Finish {
  FinishReason reason = FinishReason::kStopped;
  std::optional<Error> error;
  std::uint32_t n_prompt = 0;
  std::uint32_t n_generated = 0;
  std::string stop_string;
  std::optional<std::uint64_t> text_bytes;
  float prompt_ms = 0;
  float generate_ms = 0;
  double sum_logprob = 0;
  std::optional<double> prompt_sum_logprob;
  std::uint32_t n_prompt_scored = 0;
};

// What Generation::create would make of a sampler chain, without a run. Any thread.
CheckedChain check_sampler(const Model& model, std::vector<StageSpec> sampler);

// One run of the model, driven from outside in bounded pieces, so that pausing,
// stepping and stopping are simply not calling advance(). Uses Model's thread; the model
// must outlive it, and only one Generation per model exists at a time. Does not know
// threads, pipes or the protocol.
//
// A run begins with an empty cache; a fork keeps what the cache holds of its past, where
// it was computed in the same pieces and the model can go back to it, and decodes the rest
// in the pieces in which the other run did, so its numbers are the same to the bit either
// way. A sequence never grows beyond the context: nothing is shifted out to make room.
// Stages that look back (penalties, DRY) are told of the prompt, as in llama.cpp's own
// programs. The loop allocates nothing of its own once the sink's records have their
// room, nor for breakpoints and watches.
class Generation {
 public:
  // Leaves a requested abort as it is (a run created under one stops at its first
  // advance()). Errors: kInvalidArgument, kUnknownSampler, kBadGrammar, kContextFull,
  // kTooLarge, kVocabularyOnly, kUnsupportedArchitecture.
  static Result<std::unique_ptr<Generation>> create(Model& model, RunSpec spec);
  ~Generation();

  // The chain with every parameter that is read filled in, and the seed in use.
  const std::vector<StageSpec>& sampler() const;
  std::uint32_t seed() const;
  const CaptureOptions& capture() const;

  // kPrompt: of the prompt, or of a fork's past, something is left to decode; kReady: the
  // next advance() generates.
  enum class State : std::uint8_t { kPrompt, kReady, kFinished };
  State state() const;
  // Of the token that comes next: the one that is published next, or a fork's first own.
  std::uint32_t next_position() const;

  // One piece of work. In kPrompt: a piece of the prompt (publishing its tokens) or of the
  // past (published in a replay only). In kReady: the token that is pending is accepted
  // and published; where none is, one is chosen first, and left pending if a breakpoint
  // stops at it. Not when finished. The model's abort request ends the run with kStopped,
  // also during a decode.
  State advance(StepSink& sink);
  // In kReady: chooses the next token and leaves it pending, so that it can be looked at
  // and changed. Nothing to do where one is pending.
  State choose();
  // The step as it will be if nothing is changed; null where none is pending.
  const StepRecord* pending() const;
  // Ids of the breakpoints that stop at it.
  std::span<const std::uint32_t> hits() const;

  // These change what comes next; a pending token is chosen anew, as if it had not been
  // chosen before. A refusal changes nothing. Errors besides those named: kWrongState
  // (finished).

  // The next tokens will be these, whatever the chain says. They are not drawn (no random
  // number is used up, there is no final probability), but the chain is told of them.
  // Errors: kInvalidArgument (no such token, or the grammar forbids the first).
  Result<void> force(std::span<const std::int32_t> tokens);
  Result<void> force(std::int32_t token) { return force({&token, 1}); }
  bool has_forced() const;
  // These cannot be chosen at the next `n_steps` steps (0: any more); no ids: all bans are
  // lifted. Errors: kInvalidArgument, kBadGrammar where nothing would be left.
  Result<void> ban(std::span<const std::int32_t> ids, std::uint32_t n_steps);
  // From the next token on. Errors: as create's of the sampler; kInvalidArgument and
  // kBadGrammar where it leaves nothing to choose from.
  Result<void> set_sampler(std::vector<StageSpec> stages, std::optional<std::uint32_t> seed);
  // Each replaces what was set before. A pending token is not judged again. Errors:
  // kInvalidArgument, kTooLarge.
  Result<void> set_breakpoints(std::vector<BreakpointSpec> specs);
  Result<void> set_watches(std::vector<WatchSpec> specs);
  const std::vector<BreakpointSpec>& breakpoints() const;
  const std::vector<WatchSpec>& watches() const;  // with the ids of words

  // Ends the run from outside. Then state() is kFinished.
  void stop();
  const Finish& finish() const;  // when kFinished

 private:
  struct Impl;
  explicit Generation(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace inferno::engine
