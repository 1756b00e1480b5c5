#pragma once

#include <cstdint>
#include <functional>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "engine/sampler_spec.h"
#include "engine/testing_runs.h"

namespace inferno::engine {

inline StageSpec stage_with(StageKind kind, const std::function<void(StageSpec&)>& set) {
  StageSpec spec = stage_of(kind);
  set(spec);
  return spec;
}

struct NamedChain {
  std::string name;
  std::vector<StageSpec> stages;
};

// Each way in which a chain can hold a state: none but its random numbers, what it was
// told of, and what moves while it is applied.
inline std::vector<NamedChain> chains_of_every_kind(bool with_tokenizer) {
  const StageSpec draw = stage_of(StageKind::kDistribution);
  const auto xtc = stage_with(StageKind::kXtc, [](StageSpec& s) { s.probability = 0.5f, s.threshold = 0.05f; });
  std::vector<NamedChain> chains = {
      {"default", {}},
      {"greedy", {stage_of(StageKind::kGreedy)}},
      {"hot", {stage_with(StageKind::kTemperature, [](StageSpec& s) { s.temperature = 1.5f; }), draw}},
      {"penalties", {stage_of(StageKind::kPenalties), stage_of(StageKind::kTopP), draw}},
      {"xtc", {stage_of(StageKind::kPenalties), xtc, draw}},
      {"mirostat1", {stage_of(StageKind::kTopNSigma), stage_of(StageKind::kMirostat1)}},
      {"mirostat2", {stage_of(StageKind::kDynamicTemperature), stage_of(StageKind::kMirostat2)}},
      {"adaptive-p", {stage_of(StageKind::kMinP), stage_of(StageKind::kAdaptiveP)}},
      {"adaptive-p without a target",
       {stage_of(StageKind::kMinP), stage_with(StageKind::kAdaptiveP, [](StageSpec& s) { s.target = -1.0f; })}},
      {"xtc and adaptive-p", {xtc, stage_of(StageKind::kAdaptiveP)}},
  };
  if (!with_tokenizer) return chains;
  chains.push_back({"dry", {stage_of(StageKind::kDry), stage_of(StageKind::kTypical), draw}});
  chains.push_back({"dry and mirostat2", {stage_of(StageKind::kDry), stage_of(StageKind::kMirostat2)}});
  chains.push_back(
      {"grammar",
       {stage_with(StageKind::kGrammar, [](StageSpec& s) { s.grammar = "root ::= ([a-zA-Z ,'\\n]+ [.!?])+"; }), draw}});
  return chains;
}

inline NamedChain random_chain(std::uint32_t seed, bool with_tokenizer) {
  std::mt19937 random(seed);
  const auto uniform = [&](float low, float high) { return std::uniform_real_distribution<float>(low, high)(random); };
  const auto one_in = [&](unsigned n) { return random() % n == 0; };
  NamedChain chain{"random " + std::to_string(seed), {}};
  const auto maybe = [&](StageKind kind, const std::function<void(StageSpec&)>& set) {
    if (one_in(3)) chain.stages.push_back(stage_with(kind, set));
  };
  maybe(StageKind::kPenalties,
        [&](StageSpec& s) { s.last_n = 32, s.repeat = uniform(1, 1.3f), s.presence = uniform(0, 1); });
  if (with_tokenizer) maybe(StageKind::kDry, [&](StageSpec& s) { s.multiplier = uniform(0, 2), s.allowed_length = 1; });
  maybe(StageKind::kTopK, [&](StageSpec& s) { s.k = static_cast<std::int32_t>(2 + random() % 100); });
  maybe(StageKind::kTypical, [&](StageSpec& s) { s.p = uniform(0.3f, 1); });
  maybe(StageKind::kTopP, [&](StageSpec& s) { s.p = uniform(0.3f, 1); });
  maybe(StageKind::kXtc, [&](StageSpec& s) { s.probability = uniform(0, 1), s.threshold = uniform(0.01f, 0.4f); });
  maybe(StageKind::kTemperature, [&](StageSpec& s) { s.temperature = uniform(0.3f, 2); });
  const StageKind ends[] = {StageKind::kDistribution, StageKind::kMirostat1, StageKind::kMirostat2,
                            StageKind::kAdaptiveP, StageKind::kGreedy};
  chain.stages.push_back(stage_of(ends[random() % 5]));
  for (const StageSpec& stage : chain.stages) chain.name += " " + std::to_string(static_cast<int>(stage.kind));
  return chain;
}

}  // namespace inferno::engine
