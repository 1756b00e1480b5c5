#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"

namespace inferno::engine {

// The values are those of the protocol's StageKind.
enum class StageKind : std::uint8_t {
  kUnset = 0,
  kTopK,
  kTopP,
  kMinP,
  kTypical,
  kTemperature,
  kDynamicTemperature,
  kXtc,
  kTopNSigma,
  kMirostat1,
  kMirostat2,
  kPenalties,
  kDry,
  kAdaptiveP,
  kLogitBias,
  kGrammar,
  kGreedy,
  kDistribution,
};

struct LogitBias {
  std::int32_t id = 0;
  float bias = 0;
  bool ban = false;
};

// One stage of a sampler chain as asked for. Which fields a kind reads, and the
// defaults of absent ones, are said at StageKind and SamplerStage in
// protocol/inferno.fbs; SamplerChain::create fills in what is read.
struct StageSpec {
  StageKind kind = StageKind::kUnset;
  std::optional<std::int32_t> k;
  std::optional<float> p;
  std::optional<std::uint32_t> min_keep;
  std::optional<float> temperature, range, exponent;
  std::optional<float> probability, threshold;
  std::optional<float> n;
  std::optional<float> tau, eta;
  std::optional<std::int32_t> m;
  std::optional<std::int32_t> last_n;
  std::optional<float> repeat, frequency, presence;
  std::optional<float> multiplier, base;
  std::optional<std::int32_t> allowed_length;
  std::vector<std::string> breakers;
  std::optional<float> target, decay;
  std::vector<LogitBias> biases;
  std::string grammar, root, json_schema;
  std::optional<std::uint32_t> seed;
};

// A chain that was tried: what it would run with (but for seeds that are left to the
// run, which stay absent), or everything that is wrong with it.
struct CheckedChain {
  std::vector<StageSpec> stages;  // empty if there are errors
  std::vector<Error> errors;      // at most one per stage, in order, then those of the chain as a whole
};

}  // namespace inferno::engine
