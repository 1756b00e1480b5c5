#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "engine/breakpoints.h"
#include "engine/past_token.h"
#include "engine/sampler_spec.h"
#include "engine/watches.h"

namespace inferno::engine {

struct Limits {
  std::optional<std::uint32_t> n_predict;
  std::vector<std::string> stop;  // looked for in the tokens' bytes, control tokens' names included
  bool ignore_eos = false;
  std::optional<std::uint32_t> time_ms;  // of generating: pauses do not count
};

inline constexpr std::uint32_t kMaxCandidates = 1024;

struct CaptureOptions {
  std::uint32_t n_candidates = 64;
  bool prompt = true;
  std::uint32_t n_prompt_candidates = 8;
  bool trace = true;
};

// A token cannot be chosen at the positions [first, end).
struct Ban {
  std::int32_t id = 0;
  std::uint32_t first = 0;
  std::uint32_t end = 0;
};

// The run begins with what another one generated.
struct ForkSpec {
  std::vector<PastToken> past;
  std::size_t n_earlier = 0;  // how many of `past` were chosen before the sampler came into use
  std::vector<Ban> bans;
  // Decode everything again, publish it, and tell what the chain chooses now; the run ends
  // where the past does.
  bool replay = false;
  std::vector<std::int32_t> then;  // put behind the past
  // What the other run's record says, for the totals.
  double past_sum_logprob = 0;
  std::optional<double> prompt_sum_logprob;
  std::uint32_t n_prompt_scored = 0;
};

struct RunSpec {
  std::vector<std::int32_t> prompt;  // token ids, BOS already added where wanted
  std::vector<StageSpec> sampler;    // empty: the default chain
  std::optional<std::uint32_t> seed;
  Limits limits;
  CaptureOptions capture;
  std::vector<BreakpointSpec> breakpoints;
  std::vector<WatchSpec> watches;
  std::optional<ForkSpec> fork;
};

}  // namespace inferno::engine
