// The engine as a process, spoken to over its pipe: what a supervisor relies on.

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <thread>

#include "protocol/message.h"
#include "worker/pipe.h"

namespace inferno::worker {
namespace {

namespace fs = std::filesystem;
namespace pb = protocol;
using Clock = std::chrono::steady_clock;

std::optional<std::string> model_path(const char* name) {
  const char* folder = std::getenv("INFERNO_TEST_MODELS");
  const fs::path path = fs::path(folder != nullptr ? folder : INFERNO_SOURCE_DIR "/../shared/models") / name;
  if (!fs::exists(path)) return std::nullopt;
  return path.string();
}

#define NEED_MODEL(variable, name)        \
  const auto variable = model_path(name); \
  if (!variable) GTEST_SKIP() << "needs the test model " << name << ", which is not here"

// An inferno-engine of our own, ended with the test.
class Engine {
 public:
  Engine() {
    std::array<int, 2> to{};
    std::array<int, 2> from{};
    EXPECT_EQ(::pipe(to.data()), 0);
    EXPECT_EQ(::pipe(from.data()), 0);
    pid_ = ::fork();
    if (pid_ == 0) {
      ::dup2(to[0], STDIN_FILENO);
      ::dup2(from[1], STDOUT_FILENO);
      for (const int fd : {to[0], to[1], from[0], from[1]}) ::close(fd);
      ::execl(INFERNO_BIN_DIR "/inferno-engine", "inferno-engine", nullptr);
      ::_exit(127);
    }
    ::close(to[0]);
    ::close(from[1]);
    in_ = to[1];
    out_ = from[0];
    pipe_.emplace(out_, in_);
  }
  ~Engine() {
    if (pid_ > 0) ::kill(pid_, SIGKILL);
    wait();
    close_input();
    ::close(out_);
  }

  template <typename T>
  void send(T body, std::uint32_t run = 0, std::uint32_t request = 1) {
    ASSERT_TRUE(pipe_->write(pb::make_envelope(request, run, 0, std::move(body))));
  }

  // The next message for clients, verified; heartbeats and the like are passed over.
  std::optional<pb::EnvelopeT> next() {
    while (const auto frame = pipe_->read()) {
      if (pb::root_of(*frame) != pb::Root::kEnvelope) continue;
      EXPECT_TRUE(pb::verify_envelope(*frame, pb::kMaxFrameBytes).ok());
      return std::move(*std::unique_ptr<pb::EnvelopeT>(pb::GetEnvelope(frame->data())->UnPack()));
    }
    return std::nullopt;
  }
  std::optional<pb::EnvelopeT> next(pb::Body kind) {
    while (auto envelope = next()) {
      if (envelope->body.type == kind) return envelope;
      EXPECT_NE(envelope->body.type, pb::Body::Error) << envelope->body.AsError()->message;
      if (envelope->body.type == pb::Body::Finished) {
        const auto& error = envelope->body.AsFinished()->error;
        ADD_FAILURE() << "the run finished instead: " << (error ? error->message : "");
        return std::nullopt;
      }
    }
    return std::nullopt;
  }

  void load(const std::string& path) {
    pb::LoadModelT load;
    load.path = path;
    send(std::move(load));
    ASSERT_TRUE(next(pb::Body::ModelLoaded).has_value());
  }

  void close_input() {
    if (in_ >= 0) ::close(in_);
    in_ = -1;
  }
  int wait() {
    int status = 0;
    if (pid_ > 0) ::waitpid(pid_, &status, 0);
    pid_ = -1;
    return status;
  }

 private:
  pid_t pid_ = -1;
  int in_ = -1;
  int out_ = -1;
  std::optional<Pipe> pipe_;
};

pb::StartRunT story(std::uint32_t n_predict) {
  pb::StartRunT start;
  start.prompt = std::make_unique<pb::PromptT>();
  start.prompt->text = "Once upon a time";
  start.limits = std::make_unique<pb::LimitsT>();
  start.limits->n_predict = n_predict;
  start.limits->ignore_eos = true;
  auto greedy = std::make_unique<pb::SamplerStageT>();
  greedy->kind = pb::StageKind::Greedy;
  start.sampler.push_back(std::move(greedy));
  return start;
}

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
