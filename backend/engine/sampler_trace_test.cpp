#include "engine/sampler_trace.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <map>
#include <random>
#include <utility>
#include <vector>

#include "engine/step_recorder.h"

namespace inferno::engine {
namespace {

using Random = std::mt19937;

float uniform(Random& random, float from, float to) { return std::uniform_real_distribution<float>(from, to)(random); }

// Any stage that needs no tokenizer and does not choose, with parameters that bite.
StageSpec random_filter(Random& random, std::uint32_t n_vocab) {
  static constexpr StageKind kKinds[] = {StageKind::kTopK,     StageKind::kTopP,        StageKind::kMinP,
                                         StageKind::kTypical,  StageKind::kTemperature, StageKind::kDynamicTemperature,
                                         StageKind::kXtc,      StageKind::kTopNSigma,   StageKind::kPenalties,
                                         StageKind::kLogitBias};
  StageSpec s;
  s.kind = kKinds[random() % std::size(kKinds)];
  s.k = static_cast<std::int32_t>(random() % (n_vocab + 10));
  s.p = s.kind == StageKind::kMinP ? uniform(random, 0, 0.3f) : uniform(random, 0.3f, 1);
  s.min_keep = random() % 4;
  s.temperature = random() % 8 == 0 ? 0 : uniform(random, 0.1f, 2);
  s.range = random() % 3 == 0 ? 0 : uniform(random, 0, 1);
  s.exponent = uniform(random, 0.5f, 2);
  s.probability = uniform(random, 0, 1);
  s.threshold = uniform(random, 0, 0.5f);
  s.n = uniform(random, 0, 3);
  s.last_n = static_cast<std::int32_t>(random() % 20);
  s.repeat = uniform(random, 0.8f, 1.5f);
  s.frequency = uniform(random, -0.2f, 0.5f);
  s.presence = uniform(random, -0.2f, 0.5f);
  for (std::uint32_t id = random() % 5; s.kind == StageKind::kLogitBias && id < n_vocab; id += 1 + random() % 50) {
    s.biases.push_back({static_cast<std::int32_t>(id), uniform(random, -3, 3), random() % 3 == 0});
  }
  return s;
}

StageSpec random_chooser(Random& random) {
  static constexpr StageKind kKinds[] = {StageKind::kGreedy,    StageKind::kDistribution, StageKind::kDistribution,
                                         StageKind::kMirostat1, StageKind::kMirostat2,    StageKind::kAdaptiveP};
  StageSpec s;
  s.kind = kKinds[random() % std::size(kKinds)];
  s.tau = uniform(random, 1, 8);
  s.eta = uniform(random, 0, 0.5f);
  s.m = 1 + static_cast<std::int32_t>(random() % 200);
  s.target = random() % 8 == 0 ? -1.0f : uniform(random, 0, 1);
  s.decay = uniform(random, 0, 0.99f);
  s.seed = random();
  return s;
}

std::vector<StageSpec> random_stages(Random& random, std::uint32_t n_vocab) {
  std::vector<StageSpec> stages;
  for (std::size_t n = random() % 6; n > 0; --n) stages.push_back(random_filter(random, n_vocab));
  stages.push_back(random_chooser(random));
  return stages;
}

// Smooth, tied, flat, peaked, and with some -infinity.
std::vector<float> random_logits(Random& random, std::size_t n_vocab) {
  std::vector<float> logits(n_vocab);
  std::normal_distribution<float> normal(0, uniform(random, 0.1f, 6));
  const bool tied = random() % 4 == 0, holed = random() % 5 == 0;
  for (float& x : logits) {
    x = normal(random);
    if (tied) x = std::round(x);
    if (holed && random() % 10 == 0) x = -std::numeric_limits<float>::infinity();
  }
  if (random() % 20 == 0) std::fill(logits.begin(), logits.end(), 1.5f);
  return logits;
}

SamplerChain make_chain(const std::vector<StageSpec>& stages, std::uint32_t n_vocab) {
  Result<SamplerChain> chain =
      SamplerChain::create(stages, nullptr, {.n_vocab = n_vocab, .n_ctx = 64, .seed = 11, .has_tokenizer = false});
  EXPECT_TRUE(chain.ok()) << (chain.ok() ? "" : chain.error().message);
  return std::move(*chain);
}

// The array as llama_sampler_sample makes it.
struct Candidates {
  explicit Candidates(const std::vector<float>& logits) {
    for (std::size_t i = 0; i < logits.size(); ++i) data.push_back({static_cast<llama_token>(i), logits[i], 0});
    array = {data.data(), data.size(), -1, false};
  }
  // id -> logit of what has a finite logit.
  std::map<int, double> finite() const {
    std::map<int, double> result;
    for (std::size_t i = 0; i < array.size; ++i) {
      if (std::isfinite(array.data[i].logit)) result[array.data[i].id] = static_cast<double>(array.data[i].logit);
    }
    return result;
  }
  std::vector<llama_token_data> data;
  llama_token_data_array array = {};
};

std::map<int, double> softmax(const std::map<int, double>& logits) {
  double max = -std::numeric_limits<double>::infinity(), sum = 0;
  for (const auto& [id, logit] : logits) max = std::max(max, logit);
  for (const auto& [id, logit] : logits) sum += std::exp(logit - max);
  std::map<int, double> probs;
  for (const auto& [id, logit] : logits) probs[id] = std::exp(logit - max) / sum;
  return probs;
}

double entropy_bits(const std::map<int, double>& probs) {
  double entropy = 0;
  for (const auto& [id, p] : probs) entropy -= p > 0 ? p * std::log2(p) : 0;
  return entropy;
}

void expect_stage(const StageRecord& record, const std::map<int, double>& before, const std::map<int, double>& after,
                  bool same_logits) {
  const std::map<int, double> p_before = softmax(before);
  ASSERT_EQ(record.n_in, before.size());
  ASSERT_EQ(record.n_out, after.size());
  double lost = 0;
  for (const auto& [id, p] : p_before) lost += after.count(id) == 0 ? p : 0;
  EXPECT_NEAR(record.mass_removed, lost, 1e-5);
  EXPECT_NEAR(record.entropy_before, entropy_bits(p_before), 2e-4);
  EXPECT_NEAR(record.entropy_after, entropy_bits(softmax(after)), 2e-4);
  ASSERT_EQ(before.count(record.top_before), 1u);
  for (const auto& [id, logit] : before) ASSERT_LE(logit, before.at(record.top_before));
  ASSERT_EQ(after.count(record.top_after), 1u);
  for (const auto& [id, logit] : after) ASSERT_LE(logit, after.at(record.top_after));
  EXPECT_EQ(record.removed_top, after.count(record.top_before) == 0);
  EXPECT_EQ(record.changed, !same_logits);
}

// Applies one stage at a time and checks each record against float64 softmaxes.
void expect_trace(const SamplerChain& chain, const std::vector<float>& logits, const StepRecord& step) {
  Candidates candidates(logits);
  std::map<int, int> removed_by;
  ASSERT_EQ(step.stages.size(), chain.stages().size());
  for (std::size_t i = 0; i < chain.stages().size(); ++i) {
    SCOPED_TRACE(testing::Message() << "stage " << i << " " << stage_name(chain.stages()[i].kind));
    const std::map<int, double> before = candidates.finite();
    llama_sampler_apply(chain.stage(i), &candidates.array);
    const std::map<int, double> after = candidates.finite();
    for (const auto& [id, logit] : before) {
      if (after.count(id) == 0) removed_by[id] = static_cast<int>(i);
    }
    expect_stage(step.stages[i], before, after, before == after);
    const bool chooses = i + 1 == chain.stages().size();
    EXPECT_EQ(step.stages[i].selected, chooses ? candidates.array.data[candidates.array.selected].id : -1);
  }
  for (const CandidateRecord& candidate : step.candidates) {
    const auto removed = removed_by.find(candidate.id);
    ASSERT_EQ(candidate.removed_by, removed == removed_by.end() ? kNone : removed->second);
    ASSERT_EQ(std::isnan(candidate.final_prob), removed != removed_by.end());
  }
}

void expect_final_probabilities(const StepRecord& step, const Chosen& chosen) {
  double sum = 0;
  std::uint32_t n_left = 0;
  for (const CandidateRecord& candidate : step.candidates) {
    if (std::isnan(candidate.final_prob)) continue;
    sum += static_cast<double>(candidate.final_prob);
    ++n_left;
    if (candidate.id == chosen.token) {
      EXPECT_EQ(candidate.final_prob, chosen.final_prob);
    }
  }
  EXPECT_NEAR(sum, 1.0, 1e-5);
  EXPECT_EQ(n_left, chosen.n_final);
}

TEST(SamplerTrace, ChoosesWhatTheChainChoosesOverTenThousandStepsOfRandomChains) {
  Random random(20240229);
  int n_steps = 0, n_refused = 0;
  while (n_steps < 10000) {
    const std::uint32_t n_vocab = random() % 10 == 0 ? 1500 + random() % 1000 : 2 + random() % 200;
    const std::vector<StageSpec> stages = random_stages(random, n_vocab);
    SamplerChain traced_chain = make_chain(stages, n_vocab);
    const SamplerChain whole = make_chain(stages, n_vocab), single = make_chain(stages, n_vocab);
    SamplerTrace trace(traced_chain, n_vocab);
    LogitStats stats(n_vocab, n_vocab);
    StepRecord step;
    for (int i = 0; i < 20; ++i, ++n_steps) {
      SCOPED_TRACE(testing::Message() << "step " << n_steps);
      const std::vector<float> logits = random_logits(random, n_vocab);
      stats.measure(logits, n_vocab);
      start_record(step, static_cast<std::uint32_t>(i), false);
      record_distribution(stats, step);
      const Result<Chosen> chosen = trace.sample(stats, true, step);

      Candidates candidates(logits);
      llama_sampler_apply(whole.chain(), &candidates.array);
      const llama_token_data& expected = candidates.array.data[candidates.array.selected];
      if (!chosen.ok()) {  // a stage left nothing: llama.cpp chooses something it has forbidden
        ASSERT_FALSE(std::isfinite(expected.logit));
        ++n_refused;
        break;
      }
      ASSERT_EQ(chosen->token, expected.id);
      expect_trace(single, logits, step);
      expect_final_probabilities(step, *chosen);
      if (HasFatalFailure() || HasNonfatalFailure()) FAIL() << "first failing step";
      for (const SamplerChain* chain : {static_cast<const SamplerChain*>(&traced_chain), &whole, &single}) {
        llama_sampler_accept(chain->chain(), expected.id);
      }
    }
  }
  EXPECT_LT(n_refused, n_steps / 100);
}

// The place of the first candidate whose cumulative probability reaches `draw`: floats
// summed in double, as llama.cpp does it.
std::size_t place_of_draw(const llama_token_data_array& array, double draw) {
  float max = array.data[0].logit;
  for (std::size_t i = 0; i < array.size; ++i) max = std::max(max, array.data[i].logit);
  double sum = 0, so_far = 0;
  for (std::size_t i = 0; i < array.size; ++i) sum += static_cast<double>(expf(array.data[i].logit - max));
  for (std::size_t i = 0; i < array.size; ++i) {
    so_far += static_cast<double>(expf(array.data[i].logit - max));
    if (so_far >= draw * sum) return i;
  }
  return array.size - 1;
}

TEST(SamplerTrace, TheRecordedDrawLeadsToTheTokenThatWasDrawn) {
  Random random(19);
  int n_draws = 0;
  double least = 1, greatest = 0;
  while (n_draws < 5000) {
    const std::uint32_t n_vocab = 1 + random() % 300;
    std::vector<StageSpec> stages = random_stages(random, n_vocab);
    stages.back() = StageSpec{.kind = StageKind::kDistribution, .seed = random()};
    SamplerChain traced_chain = make_chain(stages, n_vocab);
    const SamplerChain single = make_chain(stages, n_vocab);
    SamplerTrace trace(traced_chain, n_vocab);
    LogitStats stats(n_vocab, n_vocab);
    StepRecord step;
    for (std::uint32_t i = 0; i < 20; ++i) {
      const std::vector<float> logits = random_logits(random, n_vocab);
      stats.measure(logits, n_vocab);
      start_record(step, i, false);
      record_distribution(stats, step);
      const Result<Chosen> chosen = trace.sample(stats, i % 2 == 0, step);
      if (!chosen.ok()) break;
      Candidates candidates(logits);
      for (std::size_t k = 0; k + 1 < stages.size(); ++k) llama_sampler_apply(single.stage(k), &candidates.array);
      ASSERT_GE(chosen->draw, 0);
      ASSERT_LT(chosen->draw, 1);
      ASSERT_EQ(candidates.array.data[place_of_draw(candidates.array, chosen->draw)].id, chosen->token);
      least = std::min(least, chosen->draw), greatest = std::max(greatest, chosen->draw);
      ++n_draws;
      for (const SamplerChain* chain : {static_cast<const SamplerChain*>(&traced_chain), &single}) {
        llama_sampler_accept(chain->chain(), chosen->token);
      }
    }
  }
  EXPECT_LT(least, 0.01);
  EXPECT_GT(greatest, 0.99);
}

TEST(SamplerTrace, ChoosesTheSameWithoutATrace) {
  Random random(5);
  for (int round = 0; round < 300; ++round) {
    const std::uint32_t n_vocab = 2 + random() % 300;
    const std::vector<StageSpec> stages = random_stages(random, n_vocab);
    SamplerChain with = make_chain(stages, n_vocab), without = make_chain(stages, n_vocab);
    SamplerTrace traced(with, n_vocab), untraced(without, n_vocab);
    LogitStats stats(n_vocab, n_vocab);
    const std::vector<float> logits = random_logits(random, n_vocab);
    stats.measure(logits, n_vocab);
    StepRecord a, b;
    record_distribution(stats, a);
    record_distribution(stats, b);
    const Result<Chosen> x = traced.sample(stats, true, a), y = untraced.sample(stats, false, b);
    ASSERT_EQ(x.ok(), y.ok());
    if (!x.ok()) continue;
    EXPECT_EQ(x->token, y->token);
    EXPECT_EQ(x->n_final, y->n_final);
    EXPECT_TRUE(b.stages.empty());
    expect_final_probabilities(b, *y);
  }
}

StageSpec stage(StageKind kind) {
  StageSpec spec;
  spec.kind = kind;
  return spec;
}

// One step of `stages` over `logits`, all candidates recorded.
struct OneStep {
  OneStep(const std::vector<StageSpec>& stages, std::vector<float> the_logits)
      : logits(std::move(the_logits)),
        chain(make_chain(stages, static_cast<std::uint32_t>(logits.size()))),
        trace(chain, logits.size()),
        stats(logits.size(), logits.size()) {
    stats.measure(logits, logits.size());
    record_distribution(stats, step);
    chosen = trace.sample(stats, true, step);
  }
  std::vector<float> logits;
  SamplerChain chain;
  SamplerTrace trace;
  LogitStats stats;
  StepRecord step;
  Result<Chosen> chosen = Error{};
};

TEST(SamplerTrace, TemperatureZeroLeavesOneCandidateWithFinalProbabilityOne) {
  StageSpec cold = stage(StageKind::kTemperature);
  cold.temperature = 0.0f;
  const OneStep one({cold, stage(StageKind::kDistribution)}, {1, 3, 2, 3});
  ASSERT_TRUE(one.chosen.ok());
  EXPECT_EQ(one.chosen->token, 1);  // of two equal ones the lower id
  EXPECT_EQ(one.chosen->final_prob, 1.0f);
  EXPECT_EQ(one.chosen->n_final, 1u);
  EXPECT_EQ(one.step.candidates[1].id, 3);
  EXPECT_EQ(one.step.candidates[1].removed_by, 0);
  EXPECT_TRUE(std::isnan(one.step.candidates[1].final_prob));
}

TEST(SamplerTrace, OnlyADistributionStageHasADraw) {
  const OneStep drawn({stage(StageKind::kDistribution)}, {1, 3, 2, 3}), greedy({stage(StageKind::kGreedy)}, {1, 3});
  EXPECT_FALSE(std::isnan(drawn.chosen->draw));
  EXPECT_TRUE(std::isnan(greedy.chosen->draw));
}

TEST(SamplerTrace, GreedyTakesTheLowestIdOfATieAndLeavesTheOthersWithZero) {
  const OneStep one({stage(StageKind::kGreedy)}, {0, 5, 5, 5});
  ASSERT_TRUE(one.chosen.ok());
  EXPECT_EQ(one.chosen->token, 1);
  EXPECT_EQ(one.step.candidates[1].final_prob, 0.0f);
  EXPECT_EQ(one.step.candidates[1].removed_by, kNone);
}

TEST(SamplerTrace, ShowsRawAndFinalProbabilityApart) {
  StageSpec two = stage(StageKind::kTopK);
  two.k = 2;
  const OneStep one({two, stage(StageKind::kDistribution)}, {std::log(4.0f), std::log(4.0f), std::log(2.0f)});
  ASSERT_TRUE(one.chosen.ok());
  EXPECT_NEAR(std::exp(one.step.candidates[0].raw_logprob), 0.4, 1e-6);
  EXPECT_NEAR(one.step.candidates[0].final_prob, 0.5, 1e-6);
  EXPECT_EQ(one.step.candidates[2].removed_by, 0);
  EXPECT_NEAR(one.step.stages[0].mass_removed, 0.2, 1e-6);
}

TEST(SamplerTrace, RefusesToChooseWhenEverythingIsBanned) {
  StageSpec bans = stage(StageKind::kLogitBias);
  for (int id = 0; id < 4; ++id) bans.biases.push_back({id, 0, true});
  const OneStep one({stage(StageKind::kTopK), bans, stage(StageKind::kGreedy)}, {0, 1, 2, 3});
  ASSERT_FALSE(one.chosen.ok());
  EXPECT_EQ(one.chosen.error().code, ErrorCode::kInvalidArgument);
  EXPECT_NE(one.chosen.error().message.find("LogitBias"), std::string::npos);
}

TEST(SamplerTrace, NeverChoosesANanOrInfiniteLogit) {
  const float nan = std::numeric_limits<float>::quiet_NaN(), infinity = std::numeric_limits<float>::infinity();
  Random random(8);
  for (int round = 0; round < 200; ++round) {
    std::vector<float> logits = random_logits(random, 300);
    for (float& x : logits) {
      if (random() % 3 == 0) x = random() % 2 == 0 ? nan : infinity;
    }
    const OneStep one(random_stages(random, 300), logits);
    if (!one.chosen.ok()) continue;
    EXPECT_TRUE(std::isfinite(logits[static_cast<std::size_t>(one.chosen->token)]));
    expect_final_probabilities(one.step, *one.chosen);
  }
}

TEST(SamplerTrace, FollowsMirostatsMu) {
  StageSpec mirostat = stage(StageKind::kMirostat2);
  mirostat.tau = 3.0f;
  mirostat.eta = 0.5f;
  OneStep one({mirostat}, {0, 1, 2, 3});
  ASSERT_TRUE(one.chosen.ok());
  EXPECT_EQ(one.step.stages[0].value, 6.0f);  // it starts at twice tau
  const float expected = 6.0f - 0.5f * (-std::log2(one.chosen->final_prob) - 3.0f);
  ASSERT_TRUE(one.trace.sample(one.stats, true, one.step).ok());
  EXPECT_NEAR(one.step.stages[0].value, expected, 1e-5);
}

// The default chain begins with TopK, which the statistics can answer unless logits tie.
TEST(SamplerTrace, ChoosesTheSameWhetherTheStatisticsKnowTheTopKOrTiesHideIt) {
  Random random(5);
  constexpr std::uint32_t kVocab = 5000;
  SamplerChain traced_chain = make_chain(default_chain(), kVocab);
  const SamplerChain whole = make_chain(default_chain(), kVocab);
  const SamplerChain single = make_chain(default_chain(), kVocab);
  SamplerTrace trace(traced_chain, kVocab);
  LogitStats stats(kVocab, 64);
  StepRecord step;
  for (std::uint32_t i = 0; i < 500; ++i) {
    SCOPED_TRACE(testing::Message() << "step " << i);
    std::vector<float> logits = random_logits(random, kVocab);
    if (i % 3 == 0) std::fill(logits.begin() + 100, logits.begin() + 160, 9.0f);
    stats.measure(logits, 64);
    start_record(step, i, false);
    record_distribution(stats, step);
    const Result<Chosen> chosen = trace.sample(stats, true, step);
    ASSERT_TRUE(chosen.ok());
    Candidates candidates(logits);
    llama_sampler_apply(whole.chain(), &candidates.array);
    ASSERT_EQ(chosen->token, candidates.array.data[candidates.array.selected].id);
    expect_trace(single, logits, step);
    for (const SamplerChain* chain : {static_cast<const SamplerChain*>(&traced_chain), &whole, &single}) {
      llama_sampler_accept(chain->chain(), chosen->token);
    }
  }
}

TEST(SamplerTrace, StaysRightOnALargeVocabulary) {
  Random random(77);
  constexpr std::uint32_t kVocab = 128256;
  for (int round = 0; round < 4; ++round) {
    const std::vector<StageSpec> stages = random_stages(random, kVocab);
    const std::vector<float> logits = random_logits(random, kVocab);
    SamplerChain chain = make_chain(stages, kVocab);
    const SamplerChain single = make_chain(stages, kVocab);
    SamplerTrace trace(chain, kVocab);
    LogitStats stats(kVocab, 64);
    stats.measure(logits, 64);
    StepRecord step;
    record_distribution(stats, step);
    const Result<Chosen> chosen = trace.sample(stats, true, step);
    if (!chosen.ok()) continue;
    expect_trace(single, logits, step);
    EXPECT_EQ(step.stages.back().selected, chosen->token);
  }
}

}  // namespace
}  // namespace inferno::engine
