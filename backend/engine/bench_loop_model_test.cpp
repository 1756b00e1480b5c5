#include "engine/bench_loop.h"

#include <gtest/gtest.h>

#include <map>

#include "engine/testing_models.h"
#include "engine/testing_runs.h"

namespace inferno::engine {
namespace {

BenchSpec small_bench(const Model& model) {
  BenchSpec spec;
  spec.prompt = prompt_ids(model, "Once upon a time");
  spec.n_tokens = 20;
  spec.n_rounds = 3;
  return spec;
}

TEST(BenchLoop, AlternatesBareAndCapturedRoundsOfTheSameLength) {
  INFERNO_NEEDS_MODEL(path, "stories260K.gguf");
  const auto model = load_model(path);
  ASSERT_TRUE(model);
  KeepingSink sink;
  std::vector<BenchRound> rounds;
  const Result<BenchResult> result = run_bench(*model, small_bench(*model), sink, [&](const BenchRound& round) {
    rounds.push_back(round);
    return true;
  });
  ASSERT_TRUE(result.ok()) << result.error().message;
  EXPECT_GT(result->prompt_tokens_per_s, 0);
  ASSERT_EQ(rounds.size(), 6u);
  for (std::size_t i = 0; i < rounds.size(); ++i) {
    EXPECT_EQ(rounds[i].round, i / 2);
    EXPECT_EQ(rounds[i].n_tokens, 20u);
    EXPECT_GT(rounds[i].decode_us, 0);
    EXPECT_GE(rounds[i].total_us, rounds[i].decode_us);
    EXPECT_EQ(rounds[i].capture_us > 0, rounds[i].kind == BenchKind::kCaptured);
    if (i % 2 == 1) {
      EXPECT_NE(rounds[i].kind, rounds[i - 1].kind);
    }
  }
  EXPECT_EQ(sink.steps.size(), 4u * 20u);  // the warm-up is published, too
  EXPECT_EQ(sink.steps[0].candidates.size(), 64u);
  EXPECT_EQ(sink.steps[0].stages.size(), 5u);
}

BreakpointSpec at_every_token(std::uint32_t n_ignored) {
  ConditionSpec every;
  every.kind = ConditionKind::kEveryNth;
  every.n = 1;
  return {.id = 1, .conditions = {every}, .ignore = n_ignored};
}

TEST(BenchLoop, MeasuresBreakpointsBesideTheOthersInTheSameRun) {
  INFERNO_NEEDS_MODEL(path, "stories260K.gguf");
  const auto model = load_model(path);
  ASSERT_TRUE(model);
  BenchSpec spec = small_bench(*model);
  spec.breakpoints = {at_every_token(1000)};
  KeepingSink sink;
  std::map<BenchKind, std::uint32_t> n_rounds;
  const auto result = run_bench(*model, spec, sink, [&](const BenchRound& round) {
    EXPECT_EQ(round.n_tokens, 20u);
    return ++n_rounds[round.kind] > 0;
  });
  ASSERT_TRUE(result.ok()) << result.error().message;
  EXPECT_EQ(n_rounds, (std::map<BenchKind, std::uint32_t>{
                          {BenchKind::kBare, 3}, {BenchKind::kCaptured, 3}, {BenchKind::kArmed, 3}}));
  EXPECT_EQ(sink.steps.size(), 8u * 20u);
  spec.breakpoints = {at_every_token(5)};
  const auto hit = run_bench(*model, spec, sink, [](const BenchRound&) { return true; });
  ASSERT_FALSE(hit.ok());
  EXPECT_EQ(hit.error().message, "A breakpoint was hit.");
}

TEST(BenchLoop, EndsWhenToldToAndRefusesWhatDoesNotFit) {
  INFERNO_NEEDS_MODEL(path, "stories260K.gguf");
  const auto model = load_model(path);
  ASSERT_TRUE(model);
  KeepingSink sink;
  int n_rounds = 0;
  const auto stopped = run_bench(*model, small_bench(*model), sink, [&](const BenchRound&) { return ++n_rounds < 2; });
  EXPECT_EQ(stopped.error().code, ErrorCode::kCancelled);
  EXPECT_EQ(n_rounds, 2);
  BenchSpec spec = small_bench(*model);
  spec.n_tokens = 1u << 20;
  EXPECT_EQ(run_bench(*model, spec, sink, [](const BenchRound&) { return true; }).error().code,
            ErrorCode::kContextFull);
  spec = small_bench(*model);
  spec.sampler = {stage_of(StageKind::kTopK)};
  EXPECT_EQ(run_bench(*model, spec, sink, [](const BenchRound&) { return true; }).error().code,
            ErrorCode::kInvalidArgument);
}

}  // namespace
}  // namespace inferno::engine
