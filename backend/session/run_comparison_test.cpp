#include "session/run_comparison.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <memory>

#include "session/testing/steps.h"

namespace inferno::session {
namespace {

namespace pb = protocol;
using pb::Verdict;
using ::testing::Contains;
using ::testing::ElementsAre;
using testing::generated_step;
using ::testing::HasSubstr;
using testing::prompt_step;
using testing::steps_message;

// A run of five generated tokens, behind a prompt of two, that a test may change.
struct Made {
  pb::RunStartedT started;
  std::vector<pb::StepT> prompt, steps;
  std::vector<SharedBytes> more;  // behind RunStarted
};

Made make() {
  Made run;
  run.started.seed = 42;
  run.started.n_vocab = 32;
  run.started.model_name = "a.gguf";
  run.started.engine_build = "0.5.0";
  run.started.options = std::make_unique<pb::EngineOptionsT>();
  run.started.options->n_threads = 2;
  run.prompt.push_back(prompt_step(0, 1, std::nullopt));
  run.prompt.push_back(prompt_step(1, 2, -1.0f));
  for (std::uint32_t i = 0; i < 5; ++i) {
    auto step = generated_step(2 + i, static_cast<std::int32_t>(10 + i), -0.5f);
    step.logit = 5.0f;
    step.final_prob = 0.5f;
    for (int k = 0; k < 3; ++k) {
      auto& candidate = *step.candidates.emplace_back(std::make_unique<pb::CandidateT>());
      candidate.id = static_cast<std::int32_t>(10 + i) + k;
      candidate.logit = 5.0f - static_cast<float>(k);
    }
    run.steps.push_back(std::move(step));
  }
  return run;
}

SharedBytes message(std::uint32_t seq, auto body) {
  return std::make_shared<const Bytes>(pb::make_envelope(0, 1, seq, std::move(body)));
}

void feed(RunComparison& comparison, RunComparison::Side side, Made run) {
  comparison.add(side, message(1, std::move(run.started)));
  for (const auto& one : run.more) comparison.add(side, one);
  for (auto& step : run.prompt) comparison.add(side, message(2, steps_message<pb::PromptTokensT>(std::move(step))));
  for (auto& step : run.steps) comparison.add(side, message(3, steps_message<pb::StepsT>(std::move(step))));
  comparison.end(side);
}

pb::RunsComparedT compared(Made a, Made b, float tolerance = 0.001f) {
  RunComparison comparison(tolerance);
  feed(comparison, RunComparison::kFirst, std::move(a));
  feed(comparison, RunComparison::kSecond, std::move(b));
  EXPECT_TRUE(comparison.is_over());
  return comparison.result();
}

TEST(RunComparison, TheSameToTheBitIsIdenticalWhateverTheTimes) {
  auto other = make();
  for (auto& step : other.steps) step.decode_us = 1000;
  const auto result = compared(make(), std::move(other));
  EXPECT_EQ(result.verdict, Verdict::Identical);
  EXPECT_EQ(result.n_compared, 5u);
  EXPECT_EQ(result.n_identical, 5u);
  EXPECT_FALSE(result.first_difference.has_value());
  EXPECT_EQ(result.max_logit_difference, 0.0f);
  EXPECT_EQ(result.words, "5 tokens, identical to the last bit.");
  EXPECT_TRUE(result.reasons.empty());
}

TEST(RunComparison, OneBitOfACandidatesLogitIsFound) {
  auto other = make();
  float& logit = *other.steps[3].candidates[2]->logit;
  logit = std::nextafter(logit, 100.0f);
  other.started.options->n_threads = 8;
  const auto result = compared(make(), std::move(other));
  EXPECT_EQ(result.verdict, Verdict::WithinTolerance);
  EXPECT_EQ(result.n_identical, 4u);
  EXPECT_EQ(result.first_difference, 5u);
  EXPECT_GT(result.max_logit_difference, 0.0f);
  EXPECT_THAT(result.reasons, ElementsAre("The number of threads differs: 2 and 8."));
}

TEST(RunComparison, LogitsFurtherApartThanTheToleranceAreDifferent) {
  auto other = make();
  *other.steps[1].candidates[1]->logit += 0.25f;
  const auto result = compared(make(), std::move(other));
  EXPECT_EQ(result.verdict, Verdict::Different);
  EXPECT_FALSE(result.first_other_token.has_value());
  EXPECT_FLOAT_EQ(*result.max_logit_difference, 0.25f);
  EXPECT_THAT(result.words, HasSubstr("from position 3 on logits differ, by up to 0.25"));
  EXPECT_THAT(result.reasons, ElementsAre(HasSubstr("Nothing that was recorded")));
}

TEST(RunComparison, EveryOtherFieldOfAStepCounts) {
  const std::vector<std::function<void(pb::StepT&)>> changes = {[](auto& s) { s.raw_logprob = -0.25f; },
                                                                [](auto& s) { s.final_prob = 0.25f; },
                                                                [](auto& s) { s.rank = 2; },
                                                                [](auto& s) { s.entropy = 1.0f; },
                                                                [](auto& s) { s.log_sum_exp = 1.0f; },
                                                                [](auto& s) { s.draw = 0.5; },
                                                                [](auto& s) { s.tail_mass = 0.5f; },
                                                                [](auto& s) { s.n_non_finite = 1; },
                                                                [](auto& s) { s.n_final = 9; },
                                                                [](auto& s) { s.candidates.pop_back(); },
                                                                [](auto& s) { s.candidates[0]->removed_by = 1; }};
  for (std::size_t i = 0; i < changes.size(); ++i) {
    auto other = make();
    changes[i](other.steps[2]);
    EXPECT_EQ(compared(make(), std::move(other)).first_difference, 4u) << "change " << i;
  }
}

TEST(RunComparison, EndsWhereTheRunsPartAndSaysWhatTheSeedHasToDoWithIt) {
  auto other = make();
  other.started.seed = 43;
  other.steps[2].token->id = 30;
  for (std::size_t i = 3; i < 5; ++i) *other.steps[i].logit += 9.0f;  // another text by then
  const auto result = compared(make(), std::move(other));
  EXPECT_EQ(result.verdict, Verdict::Different);
  EXPECT_EQ(result.n_compared, 3u);
  EXPECT_EQ(result.first_other_token, 4u);
  EXPECT_EQ(result.max_logit_difference, 0.0f);
  EXPECT_EQ(result.words, "At position 4 the runs part.");
  EXPECT_THAT(result.reasons, ElementsAre("The seed differs: 42 and 43."));
}

TEST(RunComparison, AReplayWhoseChainChoosesAnotherTokenIsFollowedToTheEnd) {
  auto replay = make();
  replay.started.replay = true;
  replay.steps[1].chain_token = 31;
  const auto result = compared(make(), std::move(replay));
  EXPECT_EQ(result.verdict, Verdict::Different);
  EXPECT_EQ(result.n_compared, 5u);
  EXPECT_EQ(result.n_identical, 4u);
  EXPECT_EQ(result.first_other_token, 3u);
  EXPECT_THAT(result.words, HasSubstr("At position 3 the chain chose another token"));
}

TEST(RunComparison, ATokenPutByHandSaysNothingOfTheChain) {
  auto original = make(), replay = make();
  original.steps[1].forced = true;
  original.steps[1].final_prob.reset();
  replay.started.replay = true;
  replay.steps[1].forced = true;
  replay.steps[1].chain_token = 31;
  EXPECT_EQ(compared(std::move(original), std::move(replay)).verdict, Verdict::Identical);
}

TEST(RunComparison, OtherPromptsAreSaidFirst) {
  auto other = make();
  other.prompt[1].token->id = 9;
  const auto result = compared(make(), std::move(other));
  EXPECT_EQ(result.verdict, Verdict::Different);
  EXPECT_EQ(result.n_compared, 0u);
  EXPECT_EQ(result.first_other_token, 1u);
  EXPECT_THAT(result.reasons[0], "The prompts differ.");
}

TEST(RunComparison, NothingInCommonIsNotComparable) {
  auto other = make();
  other.started.n_vocab = 64;
  EXPECT_EQ(compared(make(), std::move(other)).verdict, Verdict::NotComparable);
  auto empty = make();
  empty.steps.clear();
  EXPECT_EQ(compared(make(), std::move(empty)).verdict, Verdict::NotComparable);
}

TEST(RunComparison, FewerRecordedCandidatesAreNoDifference) {
  auto other = make();
  other.started.capture = std::make_unique<pb::CaptureT>();
  other.started.capture->n_candidates = 2;
  for (auto& step : other.steps) step.candidates.pop_back();
  EXPECT_EQ(compared(make(), std::move(other)).verdict, Verdict::Identical);
}

TEST(RunComparison, WhatTheModelIsComesBeforeTheSeedWhereLogitsDiffer) {
  auto other = make();
  *other.steps[0].logit += 1.0f;
  other.started.seed = 1;
  other.started.model_name = "b.gguf";
  other.started.engine_build = "0.6.0";
  other.started.devices = {"CUDA0"};
  auto first = make();
  first.started.devices = {"CPU"};
  EXPECT_THAT(
      compared(std::move(first), std::move(other)).reasons,
      ElementsAre("The model's name differs: a.gguf and b.gguf.", "The engine's build differs: 0.5.0 and 0.6.0.",
                  "What it ran on differs: CPU and CUDA0.", "The seed differs: 42 and 1."));
}

TEST(RunComparison, AChangedFileOfTheSameNameIsTold) {
  auto other = make();
  *other.steps[0].logit += 1.0f;
  RunComparison comparison(0.001f);
  comparison.set_model_identity(RunComparison::kFirst, "a.gguf:1:1");
  comparison.set_model_identity(RunComparison::kSecond, "a.gguf:1:2");
  feed(comparison, RunComparison::kFirst, make());
  feed(comparison, RunComparison::kSecond, std::move(other));
  EXPECT_THAT(comparison.result().reasons, Contains(HasSubstr("file is another one")));
}

TEST(RunComparison, AsksForTheSideThatIsBehindAndKeepsNothingElse) {
  RunComparison comparison(0.001f);
  auto a = make();
  comparison.add(RunComparison::kFirst, message(1, std::move(a.started)));
  EXPECT_TRUE(comparison.wants(RunComparison::kFirst));
  const auto step = message(2, steps_message<pb::PromptTokensT>(std::move(a.prompt[0])));
  comparison.add(RunComparison::kFirst, step);
  EXPECT_FALSE(comparison.wants(RunComparison::kFirst));
  EXPECT_TRUE(comparison.wants(RunComparison::kSecond));
  EXPECT_EQ(step.use_count(), 2);
  auto b = make();
  comparison.add(RunComparison::kSecond, message(2, steps_message<pb::PromptTokensT>(std::move(b.prompt[0]))));
  EXPECT_EQ(step.use_count(), 1);
  EXPECT_TRUE(comparison.wants(RunComparison::kFirst));
}

}  // namespace
}  // namespace inferno::session
