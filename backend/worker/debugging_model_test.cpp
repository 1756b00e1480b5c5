// The engine as a process: what a debugger says to it and is told.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "worker/testing_engine.h"

namespace inferno::worker {
namespace {

using testing::ElementsAre;

constexpr std::uint32_t kPromptLength = 5;  // "Once upon a time", with its beginning-of-text token

std::unique_ptr<pb::SamplerStageT> stage(pb::StageKind kind) {
  auto out = std::make_unique<pb::SamplerStageT>();
  out->kind = kind;
  return out;
}

// With random numbers, so that a stop could do harm.
pb::StartRunT drawn_story(std::uint32_t n_predict) {
  pb::StartRunT start = story(n_predict);
  start.sampler.clear();
  start.sampler.push_back(stage(pb::StageKind::Temperature));
  start.sampler.push_back(stage(pb::StageKind::Distribution));
  start.seed = 3;
  return start;
}

std::unique_ptr<pb::BreakpointT> every(std::uint32_t id, std::uint32_t n) {
  auto out = std::make_unique<pb::BreakpointT>();
  out->id = id;
  out->conditions.push_back(std::make_unique<pb::ConditionT>());
  out->conditions[0]->kind = pb::ConditionKind::EveryNth;
  out->conditions[0]->n = n;
  return out;
}

class Debugger : public testing::Test {
 protected:
  void SetUp() override {
    NEED_MODEL(path, "stories260K.gguf");
    engine_.load(*path);
  }
  // All steps of a run that is not stopped.
  std::vector<std::unique_ptr<pb::StepT>> straight(std::uint32_t run, pb::StartRunT start) {
    engine_.send(std::move(start), run);
    return steps_to_the_end();
  }
  std::vector<std::unique_ptr<pb::StepT>> steps_to_the_end() {
    std::vector<std::unique_ptr<pb::StepT>> steps;
    while (auto message = engine_.next()) {
      if (auto* told = message->body.AsSteps()) {
        for (auto& step : told->steps) steps.push_back(std::move(step));
      }
      if (message->body.type == pb::Body::Finished) break;
    }
    return steps;
  }
  pb::PausedT paused() {
    auto message = engine_.next(pb::Body::Paused);
    return message ? std::move(*message->body.AsPaused()) : pb::PausedT();
  }
  template <typename T>
  T told(pb::Body kind) {
    auto message = engine_.next(kind);
    return message ? std::move(*static_cast<T*>(message->body.value)) : T();
  }

  Engine engine_;
};

TEST_F(Debugger, SeesTheStepThatComesNextWhateverTheReasonToPause) {
  const auto steps = straight(1, drawn_story(12));
  pb::StartRunT start = drawn_story(12);
  start.start_paused = true;
  start.breakpoints.push_back(every(7, 4));
  engine_.send(std::move(start), 2);
  std::size_t n_seen = 0;
  const auto expect = [&](pb::PauseReason reason, const std::vector<std::uint32_t>& breakpoints) {
    const pb::PausedT stop = paused();
    EXPECT_EQ(stop.reason, reason);
    EXPECT_EQ(stop.breakpoints, breakpoints);
    EXPECT_EQ(stop.position, kPromptLength + n_seen);
    ASSERT_TRUE(stop.pending);
    EXPECT_EQ(stop.pending->position, stop.position);
    EXPECT_EQ(stop.pending->token->id, steps[n_seen]->token->id);
    EXPECT_EQ(stop.pending->draw, steps[n_seen]->draw);
    EXPECT_EQ(stop.pending->candidates.size(), steps[n_seen]->candidates.size());
    EXPECT_EQ(stop.pending->stages.size(), 2u);
  };
  expect(pb::PauseReason::Start, {});
  engine_.send(pb::StepOnceT(), 2);
  n_seen = 1;
  expect(pb::PauseReason::Stepped, {});
  engine_.send(pb::ResumeT(), 2);
  n_seen = 3;
  expect(pb::PauseReason::Breakpoint, {7});
  engine_.send(pb::StepOnceT(), 2);
  n_seen = 4;
  expect(pb::PauseReason::Stepped, {});
  for (n_seen = 5; n_seen < 7; ++n_seen) {
    engine_.send(pb::StepOnceT(), 2);
    expect(pb::PauseReason::Stepped, {});
  }
  engine_.send(pb::StepOnceT(), 2);
  expect(pb::PauseReason::Breakpoint, {7});
  engine_.send(pb::ResumeT(), 2);
  n_seen = 11;
  expect(pb::PauseReason::Breakpoint, {7});
  engine_.send(pb::ResumeT(), 2);
  EXPECT_EQ(steps_to_the_end().size(), 1u);
}

TEST_F(Debugger, IsToldOfEveryChangeAndOfTheChoiceItMakes) {
  pb::StartRunT start = drawn_story(20);
  start.start_paused = true;
  engine_.send(std::move(start), 1);
  const std::int32_t first = paused().pending->token->id;

  pb::BanTokensT ban;
  ban.ids = {first};
  ban.n_steps = 2;
  engine_.send(std::move(ban), 1);
  const auto banned = told<pb::TokensBannedT>(pb::Body::TokensBanned);
  EXPECT_THAT(banned.ids, ElementsAre(first));
  EXPECT_EQ(banned.position, kPromptLength);
  EXPECT_EQ(banned.n_steps, 2u);
  const pb::PausedT without = paused();
  EXPECT_NE(without.pending->token->id, first);
  std::size_t n_banned = 0;
  for (const auto& candidate : without.pending->candidates) n_banned += candidate->banned ? 1 : 0;
  EXPECT_EQ(n_banned, 1u);

  pb::SetSamplerT greedy;
  greedy.sampler.push_back(stage(pb::StageKind::Greedy));
  engine_.send(std::move(greedy), 1);
  const auto changed = told<pb::SamplerChangedT>(pb::Body::SamplerChanged);
  ASSERT_EQ(changed.sampler.size(), 1u);
  EXPECT_EQ(changed.position, kPromptLength);
  EXPECT_EQ(changed.seed, 3u);
  const pb::PausedT chosen = paused();
  EXPECT_EQ(chosen.pending->stages.size(), 1u);

  pb::ForceTokenT force;
  force.id = 300;
  force.then = {301};
  engine_.send(std::move(force), 1);
  const pb::PausedT put = paused();
  EXPECT_EQ(put.pending->token->id, 300);
  EXPECT_TRUE(put.pending->forced);
  EXPECT_EQ(put.pending->chain_token, chosen.pending->token->id);
  engine_.send(pb::ResumeT(), 1);
  const auto steps = steps_to_the_end();
  ASSERT_EQ(steps.size(), 20u);
  EXPECT_EQ(steps[0]->token->id, 300);
  EXPECT_EQ(steps[1]->token->id, 301);
  EXPECT_FALSE(steps[2]->forced);
  EXPECT_EQ(steps[2]->stages.size(), 1u);
}

// As many stages as a chain can have, after a run that began with two.
TEST_F(Debugger, MayMakeTheChainMuchLonger) {
  pb::StartRunT start = drawn_story(20);
  start.start_paused = true;
  engine_.send(std::move(start), 1);
  paused();
  pb::SetSamplerT longer;
  for (int i = 0; i < 40; ++i) longer.sampler.push_back(stage(pb::StageKind::Temperature));
  longer.sampler.push_back(stage(pb::StageKind::Distribution));
  engine_.send(std::move(longer), 1);
  EXPECT_EQ(paused().pending->stages.size(), 41u);
  engine_.send(pb::ResumeT(), 1);
  for (const auto& step : steps_to_the_end()) EXPECT_EQ(step->stages.size(), 41u);
}

TEST_F(Debugger, IsRefusedWithTheNumberOfItsRequestAndNothingChanges) {
  pb::StartRunT start = drawn_story(8);
  start.start_paused = true;
  engine_.send(std::move(start), 1);
  const std::int32_t first = paused().pending->token->id;
  std::uint32_t request = 40;
  const auto refused = [&](auto body) {
    engine_.send(std::move(body), 1, ++request);
    const auto message = engine_.next();
    ASSERT_TRUE(message && message->body.AsError() != nullptr);
    EXPECT_EQ(message->request, request);
    EXPECT_EQ(message->seq, 0u) << "it is no part of the run's record";
    EXPECT_FALSE(message->body.AsError()->message.empty());
  };
  pb::SetBreakpointsT breakpoints;
  breakpoints.breakpoints.push_back(every(1, 0));
  refused(std::move(breakpoints));
  pb::SetWatchesT watches;
  watches.watches.push_back(std::make_unique<pb::WatchT>());
  refused(std::move(watches));
  pb::ForceTokenT force;
  force.id = 100'000;
  refused(std::move(force));
  pb::BanTokensT ban;
  ban.ids = {-1};
  refused(std::move(ban));
  pb::SetSamplerT sampler;
  sampler.sampler.push_back(stage(pb::StageKind::TopK));
  refused(std::move(sampler));
  engine_.send(pb::StepOnceT(), 1);
  EXPECT_EQ(told<pb::StepsT>(pb::Body::Steps).steps[0]->token->id, first);
}

TEST_F(Debugger, SetsBreakpointsAndWatchesInTheMiddleOfARun) {
  engine_.send(drawn_story(1500), 1);
  ASSERT_TRUE(engine_.next(pb::Body::Steps));
  pb::SetWatchesT watches;
  watches.watches.push_back(std::make_unique<pb::WatchT>());
  watches.watches[0]->id = 4;
  watches.watches[0]->word = "dog";
  engine_.send(std::move(watches), 1);
  const auto followed = told<pb::WatchesT>(pb::Body::Watches);
  ASSERT_EQ(followed.watches.size(), 1u);
  EXPECT_EQ(followed.watches[0]->id, 4u);
  EXPECT_FALSE(followed.watches[0]->tokens.empty());
  pb::SetBreakpointsT breakpoints;
  breakpoints.breakpoints.push_back(every(6, 2));
  engine_.send(std::move(breakpoints), 1);
  const auto set = told<pb::BreakpointsT>(pb::Body::Breakpoints);
  ASSERT_EQ(set.breakpoints.size(), 1u);
  EXPECT_EQ(set.breakpoints[0]->conditions[0]->n, 2u);
  const pb::PausedT stop = paused();
  EXPECT_EQ(stop.reason, pb::PauseReason::Breakpoint);
  EXPECT_THAT(stop.breakpoints, ElementsAre(6));
  ASSERT_EQ(stop.pending->watched.size(), 1u);
  EXPECT_GT(stop.pending->watched[0]->best_rank.value_or(0), 0u);
  engine_.send(pb::StopT(), 1);
  EXPECT_TRUE(steps_to_the_end().empty()) << "the token that waited was not accepted";
}

// The server puts its own copies of the parent's messages behind RunStarted.
TEST_F(Debugger, BranchesWithTheNumbersOfTheCopiedMessagesLeftOut) {
  const auto steps = straight(1, drawn_story(16));
  pb::StartRunT start = drawn_story(16);
  start.prompt->text.clear();
  pb::TokenizeT tokenize;
  tokenize.prompt = std::make_unique<pb::PromptT>();
  tokenize.prompt->text = "Once upon a time";
  engine_.send(std::move(tokenize));
  for (const auto& token : told<pb::TokensT>(pb::Body::Tokens).tokens) start.prompt->ids.push_back(token->id);
  ASSERT_EQ(start.prompt->ids.size(), kPromptLength);
  start.fork = std::make_unique<pb::ForkT>();
  start.fork->run = 1;
  start.fork->position = kPromptLength + 6;
  start.fork->n_copied = 9;
  for (std::size_t i = 0; i < 6; ++i) {
    auto& past = start.fork->past.emplace_back(std::make_unique<pb::PastStepT>());
    past->id = steps[i]->token->id;
    past->drew = steps[i]->draw.has_value();
  }
  engine_.send(std::move(start), 2);
  auto message = engine_.next();
  ASSERT_TRUE(message && message->body.AsRunStarted() != nullptr);
  EXPECT_EQ(message->seq, 1u);
  EXPECT_EQ(message->body.AsRunStarted()->parent, 1u);
  EXPECT_EQ(message->body.AsRunStarted()->fork_position, kPromptLength + 6);
  EXPECT_EQ(message->body.AsRunStarted()->n_prompt, kPromptLength);
  EXPECT_FALSE(message->body.AsRunStarted()->engine_build.empty());
  ASSERT_TRUE(message->body.AsRunStarted()->options);
  EXPECT_TRUE(message->body.AsRunStarted()->options->n_batch.has_value()) << "as resolved";
  std::uint32_t seq = 10;
  std::size_t at = 6;
  while ((message = engine_.next())) {
    EXPECT_EQ(message->seq, ++seq);
    EXPECT_EQ(message->body.AsPromptTokens(), nullptr);
    if (const auto* told_steps = message->body.AsSteps()) {
      for (const auto& step : told_steps->steps) {
        EXPECT_EQ(step->position, kPromptLength + at);
        EXPECT_EQ(step->token->id, steps[at]->token->id);
        EXPECT_EQ(step->raw_logprob, steps[at++]->raw_logprob);
      }
    }
    if (message->body.type == pb::Body::Finished) break;
  }
  EXPECT_EQ(at, steps.size());
}

TEST_F(Debugger, IsToldThatARunIsOver) {
  straight(1, drawn_story(2));
  engine_.send(pb::SetBreakpointsT(), 1, 9);
  const auto message = engine_.next();
  ASSERT_TRUE(message && message->body.AsError() != nullptr);
  EXPECT_EQ(message->body.AsError()->code, pb::ErrorCode::WrongState);
  EXPECT_EQ(message->request, 9u);
}

}  // namespace
}  // namespace inferno::worker
