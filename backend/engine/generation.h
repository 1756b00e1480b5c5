#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "engine/model.h"
#include "engine/sampler_spec.h"
#include "engine/step.h"

namespace inferno::engine {

struct Limits {
  std::optional<std::uint32_t> n_predict;
  std::vector<std::string> stop;  // looked for in the tokens' bytes, control tokens' names included
  bool ignore_eos = false;
  std::optional<std::uint32_t> time_ms;  // of work: pauses do not count
};

inline constexpr std::uint32_t kMaxCandidates = 1024;

struct CaptureOptions {
  std::uint32_t n_candidates = 64;
  bool prompt = true;
  std::uint32_t n_prompt_candidates = 8;
  bool trace = true;
};

struct RunSpec {
  std::vector<std::int32_t> prompt;  // token ids, BOS already added where wanted
  std::vector<StageSpec> sampler;    // empty: the default chain
  std::optional<std::uint32_t> seed;
  Limits limits;
  CaptureOptions capture;
};

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
// stepping and stopping are simply not calling advance(). Starts from an empty
// cache. Uses Model's thread; the model must outlive it, and only one Generation
// per model exists at a time. Does not know threads, pipes or the protocol.
//
// A sequence never grows beyond the context: nothing is shifted out to make room.
// Stages that look back (penalties, DRY) are told of the prompt, as in llama.cpp's
// own programs. The loop allocates nothing of its own once the sink's records have
// their room.
class Generation {
 public:
  // Clears the model's cache; leaves a requested abort as it is (a run created under
  // one stops at its first advance()).
  // Errors: kInvalidArgument, kUnknownSampler, kBadGrammar, kContextFull, kTooLarge,
  // kVocabularyOnly, kUnsupportedArchitecture.
  static Result<std::unique_ptr<Generation>> create(Model& model, RunSpec spec);
  ~Generation();

  // The chain with every parameter that is read filled in, and the seed in use.
  const std::vector<StageSpec>& sampler() const;
  std::uint32_t seed() const;
  const CaptureOptions& capture() const;

  enum class State : std::uint8_t { kPrompt, kReady, kFinished };
  // kPrompt: prompt tokens are left to decode; kReady: the next advance() generates.
  State state() const;
  // Of the token that is published next.
  std::uint32_t next_position() const;

  // One piece of work: a piece of the prompt (publishing its tokens), or one generated
  // token (decode of the previous one, sampling, capture, publish). Not when finished.
  // The model's abort request ends the run with kStopped, also during a decode.
  State advance(StepSink& sink);
  // The next generated token will be this one, whatever the chain says. It is not
  // drawn (no random number is used up, there is no final probability), but the chain
  // is told of it. Errors: kInvalidArgument (no such token, or the grammar forbids
  // it), kWrongState (finished).
  Result<void> force(std::int32_t token);
  // Ends the run from outside. Then state() is kFinished.
  void stop();
  const Finish& finish() const;  // when kFinished

 private:
  struct Impl;
  explicit Generation(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace inferno::engine
