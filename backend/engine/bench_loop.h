#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "base/result.h"
#include "engine/breakpoints.h"
#include "engine/generation.h"
#include "engine/model.h"
#include "engine/sampler_spec.h"

namespace inferno::engine {

struct BenchSpec {
  std::vector<std::int32_t> prompt;
  std::vector<StageSpec> sampler;  // empty: the default chain
  std::uint32_t seed = 1;
  std::uint32_t n_tokens = 128;
  std::uint32_t n_rounds = 5;               // of each kind
  CaptureOptions capture;                   // `prompt` is not used: the prompt is not timed
  std::vector<BreakpointSpec> breakpoints;  // if there are some: rounds with them set, too; none may be hit
};

enum class BenchKind : std::uint8_t {
  kBare,      // llama_decode and llama_sampler_sample
  kCaptured,  // everything recorded and published
  kArmed      // likewise, with the breakpoints set
};

// Totals of one round, the prompt left out.
struct BenchRound {
  std::uint32_t round = 0;  // counted for each kind
  BenchKind kind = BenchKind::kBare;
  std::uint32_t n_tokens = 0;
  double total_us = 0;
  double decode_us = 0;
  double sample_us = 0;  // of the bare loop: llama_sampler_sample
  double capture_us = 0;
};

struct BenchResult {
  double prompt_tokens_per_s = 0;  // of all rounds' prompts
};

// Measures what looking costs: in one process and on one context it alternates rounds
// of the bare loop (llama_decode and llama_sampler_sample with the same chain) with
// rounds of a Generation that captures everything and publishes it to `sink`, and, with
// breakpoints, of one that judges them at every token. All make `n_tokens` tokens from
// the same prompt and seed, past any end of text. One round of each, unreported, warms
// up. Which kind goes first alternates, too, so that a machine that slows down does not
// favour one.
// `on_round` is told of each round; false ends the bench. So does the model's abort.
// Errors: Generation::create's, kContextFull (prompt and tokens do not fit),
// kInvalidArgument, kCancelled.
Result<BenchResult> run_bench(Model& model, const BenchSpec& spec, StepSink& sink,
                              const std::function<bool(const BenchRound&)>& on_round);

}  // namespace inferno::engine
