// The engine as a process, spoken to over its pipe: what a supervisor relies on.

#include <gtest/gtest.h>
#include <sys/wait.h>

#include <chrono>
#include <optional>
#include <string>

#include "worker/testing_engine.h"

namespace inferno::worker {
namespace {

using Clock = std::chrono::steady_clock;

TEST(EngineBinary, NumbersARunsMessagesWithoutGapAndItsPositionsWithoutGap) {
  NEED_MODEL(path, "stories260K.gguf");
  Engine engine;
  engine.load(*path);
  for (std::uint32_t run = 1; run <= 3; ++run) {
    engine.send(story(500), run);
    std::uint32_t seq = 0;
    std::uint32_t position = 0;
    bool finished = false;
    while (!finished) {
      const auto message = engine.next();
      ASSERT_TRUE(message.has_value());
      EXPECT_EQ(message->run, run);
      EXPECT_EQ(message->seq, ++seq);
      if (const auto* prompt = message->body.AsPromptTokens()) {
        for (const auto& step : prompt->tokens) EXPECT_EQ(step->position, position++);
      } else if (const auto* steps = message->body.AsSteps()) {
        for (const auto& step : steps->steps) EXPECT_EQ(step->position, position++);
      } else if (const auto* end = message->body.AsFinished()) {
        EXPECT_EQ(end->reason, pb::FinishReason::Limit);
        EXPECT_EQ(end->n_generated, 500u);
        EXPECT_EQ(position, end->n_prompt + end->n_generated);
        finished = true;
      }
    }
  }
}

TEST(EngineBinary, PausesStepsAndGoesOnWithoutChangingTheText) {
  NEED_MODEL(path, "stories260K.gguf");
  Engine engine;
  engine.load(*path);
  const auto collect = [&](auto&& on_message) {
    std::vector<std::int32_t> ids;
    while (const auto message = engine.next()) {
      if (const auto* steps = message->body.AsSteps()) {
        for (const auto& step : steps->steps) ids.push_back(step->token->id);
      }
      if (message->body.type == pb::Body::Finished) break;
      on_message(*message, ids);
    }
    return ids;
  };
  engine.send(story(40), 1);
  const auto straight = collect([](const auto&, const auto&) {});

  auto paused_start = story(40);
  paused_start.start_paused = true;
  engine.send(std::move(paused_start), 2);
  int steps_asked = 0;
  const auto stepped = collect([&](const pb::EnvelopeT& message, const std::vector<std::int32_t>& ids) {
    if (message.body.type != pb::Body::Paused) return;
    EXPECT_EQ(ids.size(), static_cast<std::size_t>(steps_asked)) << "one step gives exactly one token";
    if (steps_asked++ < 5) {
      engine.send(pb::StepOnceT{}, 2);
    } else {
      engine.send(pb::ResumeT{}, 2);
    }
  });
  EXPECT_EQ(steps_asked, 6);
  EXPECT_EQ(stepped, straight);
}

TEST(EngineBinary, AForcedTokenIsTheNextOneAndIsMarked) {
  NEED_MODEL(path, "stories260K.gguf");
  Engine engine;
  engine.load(*path);
  auto start = story(3);
  start.start_paused = true;
  engine.send(std::move(start), 1);
  ASSERT_TRUE(engine.next(pb::Body::Paused).has_value());
  pb::ForceTokenT force;
  force.id = 300;
  engine.send(std::move(force), 1);
  engine.send(pb::StepOnceT{}, 1);
  const auto message = engine.next(pb::Body::Steps);
  ASSERT_TRUE(message.has_value());
  const auto& step = message->body.AsSteps()->steps.at(0);
  EXPECT_EQ(step->token->id, 300);
  EXPECT_TRUE(step->forced);
  EXPECT_TRUE(step->raw_logprob.has_value());
}

TEST(EngineBinary, StopsAtOnceInTheMiddleOfALongPrompt) {
  NEED_MODEL(path, "stories260K.gguf");
  Engine engine;
  engine.load(*path);
  auto start = story(1);
  start.prompt->text.clear();
  for (int i = 0; i < 1900; ++i) start.prompt->ids.push_back(300 + i % 100);
  engine.send(std::move(start), 1);
  ASSERT_TRUE(engine.next(pb::Body::RunStarted).has_value());
  engine.send(pb::StopT{}, 1);
  std::size_t n_prompt = 0;
  while (const auto message = engine.next()) {
    if (const auto* prompt = message->body.AsPromptTokens()) n_prompt += prompt->tokens.size();
    if (const auto* end = message->body.AsFinished()) {
      EXPECT_EQ(end->reason, pb::FinishReason::Stopped);
      EXPECT_LT(n_prompt, 1900u);
      break;
    }
  }
  // The stop belongs to that run alone.
  engine.send(story(5), 2);
  std::size_t n = 0;
  while (const auto message = engine.next()) {
    if (const auto* steps = message->body.AsSteps()) n += steps->steps.size();
    if (message->body.type == pb::Body::Finished) break;
  }
  EXPECT_EQ(n, 5u);
}

TEST(EngineBinary, AnswersInWordsWhatItCannotDo) {
  Engine engine;
  pb::LoadModelT load;
  load.path = "/nowhere/at/all.gguf";
  engine.send(std::move(load));
  auto message = engine.next();
  while (message && message->body.type == pb::Body::LoadProgress) message = engine.next();
  ASSERT_TRUE(message && message->body.AsError() != nullptr);
  EXPECT_EQ(message->body.AsError()->code, pb::ErrorCode::FileNotFound);
  EXPECT_NE(message->body.AsError()->message.find("/nowhere/at/all.gguf"), std::string::npos);

  engine.send(story(1), 1);
  message = engine.next();
  ASSERT_TRUE(message && message->body.AsError() != nullptr);
  EXPECT_EQ(message->body.AsError()->code, pb::ErrorCode::NoSuchModel);

  engine.send(pb::HelloT{});
  message = engine.next();
  ASSERT_TRUE(message && message->body.AsError() != nullptr);
  EXPECT_EQ(message->body.AsError()->code, pb::ErrorCode::UnknownMessage);
}

TEST(EngineBinary, AVocabularyWithoutWeightsTokenizesAndSaysThatItCannotGenerate) {
  NEED_MODEL(path, "vocab/ggml-vocab-llama-spm.gguf");
  Engine engine;
  engine.load(*path);
  pb::TokenizeT tokenize;
  tokenize.prompt = std::make_unique<pb::PromptT>();
  tokenize.prompt->text = "Hello";
  engine.send(std::move(tokenize));
  const auto tokens = engine.next(pb::Body::Tokens);
  ASSERT_TRUE(tokens.has_value());
  EXPECT_EQ(tokens->body.AsTokens()->tokens.size(), 2u) << "BOS and one word";
  engine.send(story(1), 1);
  const auto end = engine.next();
  ASSERT_TRUE(end && end->body.AsFinished() != nullptr && end->body.AsFinished()->error);
  EXPECT_EQ(end->body.AsFinished()->error->code, pb::ErrorCode::VocabularyOnly);
}

pb::TokenizeT tokenize_text(const std::string& text) {
  pb::TokenizeT tokenize;
  tokenize.prompt = std::make_unique<pb::PromptT>();
  tokenize.prompt->text = text;
  return tokenize;
}

std::unique_ptr<pb::SamplerStageT> stage(pb::StageKind kind) {
  auto out = std::make_unique<pb::SamplerStageT>();
  out->kind = kind;
  return out;
}

// Answers come from a thread of their own, so one is never behind a piece of work.
TEST(EngineBinary, AnswersAboutTokensAndSamplersWhileARunIsGoingOn) {
  NEED_MODEL(path, "stories260K.gguf");
  Engine engine;
  engine.load(*path);
  auto start = story(1500);
  engine.send(std::move(start), 1);
  ASSERT_TRUE(engine.next(pb::Body::Steps).has_value());
  for (std::uint32_t request = 100; request < 120; ++request) {
    const auto asked = Clock::now();
    if (request % 2 == 0) {
      engine.send(tokenize_text("Once upon a time"), 0, request);
    } else {
      pb::CheckSamplerT check;
      check.sampler.push_back(stage(pb::StageKind::TopK));
      check.sampler.push_back(stage(pb::StageKind::Grammar));
      check.sampler[1]->grammar = "root ::= (\"a\"";
      engine.send(std::move(check), 0, request);
    }
    std::optional<pb::EnvelopeT> reply = engine.next();
    while (reply && reply->request != request) {
      ASSERT_NE(reply->body.type, pb::Body::Finished) << "the answer came behind the run";
      reply = engine.next();
    }
    ASSERT_TRUE(reply);
    EXPECT_LT(Clock::now() - asked, std::chrono::seconds(1));
    if (const auto* checked = reply->body.AsSamplerChecked()) {
      ASSERT_EQ(checked->errors.size(), 2u) << "the grammar's, and that the chain does not choose";
      EXPECT_EQ(checked->errors[0]->stage, 1);
      EXPECT_EQ(checked->errors[0]->offset, 13u);
      EXPECT_FALSE(checked->errors[1]->stage.has_value());
    } else {
      EXPECT_EQ(reply->body.AsTokens()->tokens.size(), 5u);
    }
  }
  engine.send(pb::StopT{}, 1);
  while (const auto message = engine.next()) {
    if (message->body.type == pb::Body::Finished) break;
  }
}

TEST(EngineBinary, ASamplerThatIsFineComesBackAsItWouldRun) {
  NEED_MODEL(path, "stories260K.gguf");
  Engine engine;
  engine.load(*path);
  pb::CheckSamplerT check;
  check.sampler.push_back(stage(pb::StageKind::TopK));
  check.sampler.push_back(stage(pb::StageKind::Distribution));
  engine.send(std::move(check));
  const auto reply = engine.next(pb::Body::SamplerChecked);
  ASSERT_TRUE(reply);
  const auto* checked = reply->body.AsSamplerChecked();
  EXPECT_TRUE(checked->errors.empty());
  ASSERT_EQ(checked->sampler.size(), 2u);
  EXPECT_EQ(checked->sampler[0]->k, 40);
  EXPECT_FALSE(checked->sampler[1]->seed.has_value()) << "the run chooses it";
}

TEST(EngineBinary, ARunThatCannotStartSaysWhichStageAndWhere) {
  NEED_MODEL(path, "stories260K.gguf");
  Engine engine;
  engine.load(*path);
  auto start = story(5);
  start.sampler.insert(start.sampler.begin(), stage(pb::StageKind::Grammar));
  start.sampler[0]->json_schema = "{\n\"type\": oops}";
  engine.send(std::move(start), 1);
  const auto end = engine.next();
  ASSERT_TRUE(end && end->body.AsFinished() != nullptr && end->body.AsFinished()->error);
  const auto& error = *end->body.AsFinished()->error;
  EXPECT_EQ(error.code, pb::ErrorCode::BadGrammar);
  EXPECT_EQ(error.stage, 0);
  if (error.message.find("this build") == std::string::npos) {
    EXPECT_GE(error.offset.value_or(0), 10u) << error.message;
  }
}

pb::ExploreT question(std::vector<std::int32_t> prompt, std::uint32_t n_branches, std::uint32_t n_tokens) {
  pb::ExploreT explore;
  explore.n_prompt = static_cast<std::uint32_t>(prompt.size());
  explore.prompt = std::move(prompt);
  explore.n_branches = n_branches;
  explore.n_tokens = n_tokens;
  return explore;
}

// The reply to a request, whatever the runs say meanwhile.
std::optional<pb::EnvelopeT> reply_to(Engine& engine, std::uint32_t request) {
  auto message = engine.next();
  while (message && message->request != request) message = engine.next();
  return message;
}

TEST(EngineBinary, TellsWhatCouldComeInAPausedRunAndLeavesItAsItStands) {
  NEED_MODEL(path, "stories260K.gguf");
  Engine engine;
  engine.load(*path);
  std::vector<std::int32_t> ids;
  const auto rest_of_run = [&] {
    std::vector<std::int32_t> generated;
    while (const auto message = engine.next()) {
      if (const auto* prompt = message->body.AsPromptTokens()) {
        for (const auto& step : prompt->tokens) ids.push_back(step->token->id);
      }
      if (const auto* steps = message->body.AsSteps()) {
        for (const auto& step : steps->steps) generated.push_back(step->token->id);
      }
      if (message->body.type == pb::Body::Finished) break;
    }
    return generated;
  };
  engine.send(story(40), 1);
  const auto straight = rest_of_run();
  const std::vector<std::int32_t> prompt = ids;

  auto paused = story(40);
  paused.start_paused = true;
  engine.send(std::move(paused), 2);
  ASSERT_TRUE(engine.next(pb::Body::Paused).has_value());
  engine.send(question(prompt, 5, 10), 0, 70);
  const auto reply = reply_to(engine, 70);
  ASSERT_TRUE(reply && reply->body.AsExplored() != nullptr);
  const auto& branches = reply->body.AsExplored()->branches;
  ASSERT_EQ(branches.size(), 5u);
  std::vector<std::int32_t> most_probable;
  for (const auto& step : branches[0]->steps) most_probable.push_back(step->token->id);
  EXPECT_EQ(most_probable, std::vector<std::int32_t>(straight.begin(), straight.begin() + 10))
      << "the greedy run is the most probable branch";
  EXPECT_EQ(branches[0]->steps[0]->position, prompt.size());
  EXPECT_FALSE(branches[0]->steps[0]->candidates[0]->text.empty());
  EXPECT_TRUE(branches[0]->steps[1]->raw_logprob.has_value());
  EXPECT_FALSE(branches[0]->steps[1]->final_prob.has_value());

  pb::ExpandTreeT expand;
  expand.prompt = prompt;
  engine.send(std::move(expand), 0, 71);
  const auto tree = reply_to(engine, 71);
  ASSERT_TRUE(tree && tree->body.AsTree() != nullptr);
  EXPECT_TRUE(tree->body.AsTree()->complete);
  EXPECT_EQ(tree->body.AsTree()->nodes.at(0)->token->id, straight[0]);

  engine.send(pb::ResumeT{}, 2);
  EXPECT_EQ(rest_of_run(), straight);
}

TEST(EngineBinary, RefusesToExploreWhileARunGoesOn) {
  NEED_MODEL(path, "stories260K.gguf");
  Engine engine;
  engine.load(*path);
  engine.send(story(100'000), 1);
  ASSERT_TRUE(engine.next(pb::Body::Steps).has_value());
  engine.send(question({1, 300}, 2, 2), 0, 70);
  const auto reply = reply_to(engine, 70);
  ASSERT_TRUE(reply && reply->body.AsError() != nullptr);
  EXPECT_EQ(reply->body.AsError()->code, pb::ErrorCode::WrongState);
  EXPECT_NE(reply->body.AsError()->hint.find("Pause"), std::string::npos);
}

TEST(EngineBinary, AStopThatNamesAnExplorationEndsItAloneEvenBeforeItsTurn) {
  NEED_MODEL(path, "stories260K.gguf");
  Engine engine;
  engine.load(*path);
  auto paused = story(5);
  paused.start_paused = true;
  engine.send(std::move(paused), 1);
  ASSERT_TRUE(engine.next(pb::Body::Paused).has_value());
  const auto started = Clock::now();
  // Seconds of work each; the second one is stopped before it begins.
  std::vector<std::int32_t> prefix(1000, 300);
  for (const std::uint32_t request : {70u, 71u}) engine.send(question(prefix, 4, 256), 0, request);
  for (const std::uint32_t request : {71u, 70u}) {
    pb::StopT stop;
    stop.request = request;
    engine.send(stop, 0, 0);
  }
  for (const std::uint32_t request : {70u, 71u}) {
    const auto reply = reply_to(engine, request);
    ASSERT_TRUE(reply && reply->body.AsError() != nullptr) << request;
    EXPECT_EQ(reply->body.AsError()->code, pb::ErrorCode::Cancelled);
  }
  EXPECT_LT(Clock::now() - started, std::chrono::seconds(5));
  engine.send(pb::ResumeT{}, 1);
  ASSERT_TRUE(engine.next(pb::Body::Steps).has_value()) << "the run goes on";
}

TEST(EngineBinary, EndsAtEndOfInputWithinASecondAlsoWhileGenerating) {
  NEED_MODEL(path, "stories260K.gguf");
  Engine engine;
  engine.load(*path);
  engine.send(story(100'000), 1);
  ASSERT_TRUE(engine.next(pb::Body::Steps).has_value());
  const auto closed = Clock::now();
  engine.close_input();
  const int status = engine.wait();
  EXPECT_LT(Clock::now() - closed, std::chrono::seconds(1));
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

}  // namespace
}  // namespace inferno::worker
