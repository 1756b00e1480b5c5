#include "session/run_past.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>
#include <string>

#include "protocol/json.h"
#include "session/testing/fake_recorder.h"
#include "session/testing/steps.h"

namespace inferno::session {
namespace {

namespace pb = protocol;
using ::testing::ElementsAre;
using testing::FakeRecorder;
using testing::generated_step;
using ::testing::HasSubstr;
using testing::prompt_step;
using testing::steps_message;

// A recorder, and runs whose messages the test writes.
class RunPastTest : public ::testing::Test {
 protected:
  RunPastTest() { make_runs(); }

  void make_runs() {
    runs_.emplace(std::size_t{1} << 30, &recorder_, [this](std::uint32_t run) { readers_.run_grew(run); });
  }

  session::Run& start() {
    const auto request = pb::envelope_from_json(R"({"body_type":"StartRun","body":{"model":1,"prompt":{"text":"x"}}})");
    return runs_->create(*request, {"/models/a.gguf", "a.gguf", 1, 1}, "0.5.0");
  }
  template <typename T>
  void say(session::Run& run, T body) {
    const auto message = pb::make_envelope(0, run.id(), run.log().last_seq() + 1, std::move(body));
    ASSERT_TRUE(runs_->append_from_engine(run, message).ok());
  }

  // Prompt 1 2 3, then 10 (drawn), 11 (forced), 12 (forced in place of 20), 13 (drawn).
  session::Run& speak() {
    session::Run& run = start();
    pb::RunStartedT started;
    started.n_prompt = 3;
    started.seed = 42;
    started.sampler.push_back(std::make_unique<pb::SamplerStageT>());
    started.sampler[0]->kind = pb::StageKind::Greedy;
    say(run, std::move(started));
    say(run, steps_message<pb::PromptTokensT>(prompt_step(0, 1, std::nullopt), prompt_step(1, 2, -1.5f)));
    say(run, steps_message<pb::PromptTokensT>(prompt_step(2, 3, -2.0f)));
    auto drawn = generated_step(3, 10, -0.5f);
    drawn.draw = 0.25;
    auto forced = generated_step(4, 11, -3.0f);
    forced.forced = true;
    auto replaced = generated_step(5, 12, -4.0f);
    replaced.forced = true;
    replaced.chain_token = 20;
    say(run, steps_message<pb::StepsT>(std::move(drawn), std::move(forced)));
    say(run, pb::PausedT());
    say(run, steps_message<pb::StepsT>(std::move(replaced), generated_step(6, 13, -1.0f)));
    return run;
  }

  // The answer, once all that has to be read was read.
  std::optional<Result<RunPast>> past_of(std::uint32_t run, std::uint32_t position) {
    std::optional<Result<RunPast>> answer;
    read_past(readers_, *runs_, run, position, [&](Result<RunPast> past) { answer.emplace(std::move(past)); });
    recorder_.work();
    return answer;
  }
  static std::string problem(const std::optional<Result<RunPast>>& answer) {
    return answer && !*answer ? answer->error().message : "none";
  }

  FakeRecorder recorder_;
  RunReaders readers_;
  std::optional<Runs> runs_;
};

TEST_F(RunPastTest, TellsTokensFlagsSumsAndSamplerBeforeAPosition) {
  const auto answer = past_of(speak().id(), 6);
  ASSERT_TRUE(answer && *answer) << problem(answer);
  const RunPast& past = **answer;
  EXPECT_THAT(past.prompt, ElementsAre(1, 2, 3));
  EXPECT_THAT(past.ids(), ElementsAre(1, 2, 3, 10, 11, 12));
  ASSERT_EQ(past.generated.size(), 3u);
  EXPECT_TRUE(past.generated[0].drew && !past.generated[0].forced);
  EXPECT_TRUE(!past.generated[1].drew && past.generated[1].forced);
  EXPECT_TRUE(!past.generated[2].drew && past.generated[2].forced);
  EXPECT_DOUBLE_EQ(past.sum_logprob, -7.5);
  EXPECT_DOUBLE_EQ(past.prompt_sum_logprob.value_or(0), -3.5);
  EXPECT_EQ(past.n_prompt_scored, 2u);
  EXPECT_EQ(past.seed, 42u);
  ASSERT_EQ(past.sampler.size(), 1u);
  EXPECT_FALSE(past.sampler_since.has_value());
  EXPECT_EQ(past.n_messages, 4u);  // two of the prompt, two of steps, the last of them in part
}

TEST_F(RunPastTest, APositionWithinThePromptHasOnlyItsBeginning) {
  const auto answer = past_of(speak().id(), 2);
  ASSERT_TRUE(answer && *answer) << problem(answer);
  EXPECT_THAT((*answer)->prompt, ElementsAre(1, 2));
  EXPECT_TRUE((*answer)->generated.empty());
  EXPECT_EQ((*answer)->n_messages, 1u);
}

TEST_F(RunPastTest, AChangeOfTheSamplerHoldsFromItsPositionOn) {
  session::Run& run = speak();
  pb::SamplerChangedT changed;
  changed.seed = 7;
  changed.position = 7;
  changed.sampler.push_back(std::make_unique<pb::SamplerStageT>());
  changed.sampler.push_back(std::make_unique<pb::SamplerStageT>());
  say(run, std::move(changed));
  say(run, steps_message<pb::StepsT>(generated_step(7, 14, -1.0f), generated_step(8, 15, -1.0f)));
  const auto before = past_of(run.id(), 6), at = past_of(run.id(), 7), after = past_of(run.id(), 9);
  ASSERT_TRUE(before && *before && at && *at && after && *after);
  EXPECT_EQ((*before)->seed, 42u);
  for (const auto* past : {&**at, &**after}) {
    EXPECT_EQ(past->seed, 7u);
    EXPECT_EQ(past->sampler.size(), 2u);
    EXPECT_EQ(past->sampler_since, 7u);
  }
}

TEST_F(RunPastTest, BansAreTakenOverAsFarAsTheyHold) {
  session::Run& run = speak();
  const auto ban = [&](std::uint32_t position, std::uint32_t n_steps, std::vector<std::int32_t> ids) {
    pb::TokensBannedT banned;
    banned.position = position;
    banned.n_steps = n_steps;
    banned.ids = std::move(ids);
    say(run, std::move(banned));
  };
  ban(7, 0, {20, 21});
  say(run, steps_message<pb::StepsT>(generated_step(7, 14, -1.0f), generated_step(8, 15, -1.0f)));
  ban(9, 3, {22});
  say(run, steps_message<pb::StepsT>(generated_step(9, 16, -1.0f)));
  ban(10, 0, {});
  EXPECT_TRUE((*past_of(run.id(), 6))->bans.empty());
  const auto before = past_of(run.id(), 9), after = past_of(run.id(), 10);
  ASSERT_TRUE(before && *before && after && *after) << problem(after);
  ASSERT_EQ((*before)->bans.size(), 2u);
  EXPECT_EQ((*before)->bans[0]->n_steps, 0u);
  ASSERT_EQ((*after)->bans.size(), 2u);
  EXPECT_EQ((*after)->bans[0]->n_steps, 3u);
  EXPECT_EQ((*after)->bans[1]->n_steps, 1u);
  EXPECT_EQ((*after)->n_messages, (*before)->n_messages + 2);
}

TEST_F(RunPastTest, ARecordedRunIsReadPieceByPiece) {
  const std::uint32_t id = speak().id();
  recorder_.work();
  pb::RunSummaryT earlier;
  earlier.run = id;
  earlier.last_seq = 6;
  recorder_.before = {earlier};
  recorder_.last = id;
  make_runs();
  const auto answer = past_of(id, 7);
  ASSERT_TRUE(answer && *answer) << problem(answer);
  EXPECT_THAT((*answer)->ids(), ElementsAre(1, 2, 3, 10, 11, 12, 13));
  EXPECT_EQ(recorder_.n_reads, 2);
}

TEST_F(RunPastTest, WhatCannotBeToldIsAnErrorInWords) {
  const std::uint32_t id = speak().id();
  EXPECT_THAT(problem(past_of(id, 8)), HasSubstr("has 7 tokens; there is no position 8"));
  EXPECT_THAT(problem(past_of(start().id(), 0)), HasSubstr("has not started"));
  EXPECT_THAT(problem(past_of(99, 1)), HasSubstr("There is no run 99"));
  recorder_.before = {pb::RunSummaryT()};
  recorder_.before[0].run = id;
  recorder_.before[0].last_seq = 6;
  recorder_.last = id;
  recorder_.stored.clear();
  make_runs();
  EXPECT_THAT(problem(past_of(id, 3)), HasSubstr("no longer recorded"));
}

TEST_F(RunPastTest, ARunThatIsDeletedMeanwhileIsToldOf) {
  session::Run& run = speak();
  const std::uint32_t id = run.id();
  say(run, pb::FinishedT());
  recorder_.work();
  pb::RunSummaryT earlier;
  earlier.run = id;
  earlier.last_seq = 7;
  recorder_.before = {earlier};
  recorder_.last = id;
  make_runs();
  std::optional<Result<RunPast>> answer;
  runs_->remove(id, [](const Result<void>&) {});
  read_past(readers_, *runs_, id, 7, [&](Result<RunPast> past) { answer.emplace(std::move(past)); });
  recorder_.work();
  EXPECT_THAT(problem(answer), HasSubstr("no longer"));
}

}  // namespace
}  // namespace inferno::session
