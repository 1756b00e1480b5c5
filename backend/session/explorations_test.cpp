#include "session/explorations.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "session/hub.h"
#include "session/testing/fake_recorder.h"
#include "session/testing/steps.h"
#include "session/testing/world.h"

namespace inferno::session {
namespace {

namespace pb = protocol;
using pb::Body;
using testing::FakeCatalog;
using testing::FakeEngine;
using testing::FakeLauncher;
using testing::FakeRecorder;
using testing::generated_step;
using ::testing::HasSubstr;
using testing::prompt_step;
using testing::steps_message;
using testing::TestClient;
using Ids = std::vector<std::int32_t>;

Error error_in(const Bytes& message) {
  const auto* error = message.empty() ? nullptr : pb::envelope_of(message).body_as_Error();
  return error == nullptr ? Error{} : pb::from_protocol(*error);
}

// A hub with recordings, a model, and a run of prompt 1 2 3 and generated 10 11 12 at
// positions 3 to 5.
class ExplorationsTest : public ::testing::Test {
 protected:
  ExplorationsTest() {
    catalog_.known["/models/a.gguf"] = {"/models/a.gguf", "a.gguf", 1000, 5};
    catalog_.known["/models/b.gguf"] = {"/models/b.gguf", "b.gguf", 2000, 6};
    catalog_.known["/models/other.gguf"] = {"/models/other.gguf", "other.gguf", 2000, 6};
    make_hub();
    load("/models/a.gguf", 32);
  }

  void make_hub() {
    client_.reset();
    hub_.reset();
    launcher_.engines.clear();
    HubOptions options;
    options.recorder = &recorder_;
    hub_ = std::make_unique<Hub>(launcher_, catalog_, std::move(options));
    client_ = std::make_unique<TestClient>(*hub_);
  }
  void load(const std::string& path, std::uint32_t n_vocab) {
    const auto request = client_->send("LoadModel", "{\"path\":\"" + path + "\"}");
    pb::ModelLoadedT loaded;
    loaded.info = std::make_unique<pb::ModelInfoT>();
    loaded.info->n_vocab = n_vocab;
    loaded.info->capabilities = std::make_unique<pb::CapabilitiesT>();
    loaded.info->capabilities->generate = true;
    engine().say(pb::make_envelope(engine().last_request(), 0, 0, std::move(loaded)));
    client_->reply_to(request);
  }
  FakeEngine& engine() { return launcher_.engines.back(); }

  template <typename T>
  void say(std::uint32_t run, std::uint32_t seq, T body) {
    engine().say(pb::make_envelope(0, run, seq, std::move(body)));
    recorder_.work();
  }
  std::uint32_t run(bool finish = true) {
    const auto reply = client_->ask("StartRun", R"({"model":1,"prompt":{"text":"Once"}})");
    const std::uint32_t run = pb::envelope_of(reply).body_as_RunQueued()->run();
    recorder_.work();
    pb::RunStartedT started;
    started.n_prompt = 3;
    started.n_vocab = 32;
    started.seed = 42;
    started.sampler.emplace_back(std::make_unique<pb::SamplerStageT>())->kind = pb::StageKind::Distribution;
    say(run, 1, std::move(started));
    say(run, 2,
        steps_message<pb::PromptTokensT>(prompt_step(0, 1, std::nullopt), prompt_step(1, 2, -1.0f),
                                         prompt_step(2, 3, -2.0f)));
    say(run, 3,
        steps_message<pb::StepsT>(generated_step(3, 10, -0.5f), generated_step(4, 11, -1.0f),
                                  generated_step(5, 12, -1.0f)));
    if (finish) say(run, 4, pb::FinishedT());
    return run;
  }
  static std::string at(std::uint32_t run, std::uint32_t position, const std::string& more = "") {
    return "{\"run\":" + std::to_string(run) + ",\"position\":" + std::to_string(position) + more + "}";
  }

  FakeRecorder recorder_;
  FakeLauncher launcher_;
  FakeCatalog catalog_;
  std::unique_ptr<Hub> hub_;
  std::unique_ptr<TestClient> client_;
};

TEST_F(ExplorationsTest, TellsTheEngineWhatComesBeforeThePositionAndTheRunsChain) {
  client_->send("Explore", at(run(), 5, R"(,"n_branches":3,"sampled":true,"prompt":[7],"seed":9)"));
  const auto* sent = pb::envelope_of(engine().received.back()).body_as_Explore();
  ASSERT_NE(sent, nullptr);
  pb::ExploreT explore;
  sent->UnPackTo(&explore);
  EXPECT_EQ(explore.prompt, (Ids{1, 2, 3, 10, 11})) << "not what the client wrote there";
  EXPECT_EQ(explore.n_prompt, 3u);
  EXPECT_EQ(explore.n_branches, 3u);
  EXPECT_TRUE(explore.sampled);
  ASSERT_EQ(explore.sampler.size(), 1u);
  EXPECT_EQ(explore.sampler[0]->kind, pb::StageKind::Distribution);
  EXPECT_EQ(explore.seed, 42u);
}

TEST_F(ExplorationsTest, WhatIsBannedAtThePositionIsTheFirstStageOfTheChain) {
  const std::uint32_t run = this->run(false);
  pb::TokensBannedT for_good, for_one, ended;
  for_good.ids = {7, 9};
  for_one.ids = {8, 9};
  for_good.position = for_one.position = ended.position = 6;
  for_one.n_steps = 1;
  say(run, 4, std::move(for_good));
  say(run, 5, std::move(for_one));
  say(run, 6, steps_message<pb::StepsT>(generated_step(6, 13, -0.5f), generated_step(7, 14, -0.5f)));
  ended.position = 8;
  say(run, 7, std::move(ended));
  say(run, 8, steps_message<pb::StepsT>(generated_step(8, 15, -0.5f)));
  const auto banned_at = [&](std::uint32_t position) {
    client_->send("Explore", at(run, position, R"(,"sampled":true)"));
    pb::ExploreT explore;
    pb::envelope_of(engine().received.back()).body_as_Explore()->UnPackTo(&explore);
    EXPECT_EQ(explore.sampler.back()->kind, pb::StageKind::Distribution);
    Ids ids;
    if (explore.sampler.size() == 1) return ids;
    EXPECT_EQ(explore.sampler[0]->kind, pb::StageKind::LogitBias);
    for (const auto& bias : explore.sampler[0]->biases) {
      EXPECT_TRUE(bias->ban);
      ids.push_back(bias->id);
    }
    return ids;
  };
  EXPECT_EQ(banned_at(5), Ids());
  EXPECT_EQ(banned_at(6), (Ids{7, 8, 9}));
  EXPECT_EQ(banned_at(7), (Ids{7, 9}));
  EXPECT_EQ(banned_at(8), Ids());
}

TEST_F(ExplorationsTest, TheEnginesAnswerGoesToWhoAsked) {
  TestClient other(*hub_);
  const auto request = client_->send("ExpandTree", at(run(), 2));
  const auto* sent = pb::envelope_of(engine().received.back()).body_as_ExpandTree();
  ASSERT_NE(sent, nullptr);
  EXPECT_EQ(Ids(sent->prompt()->begin(), sent->prompt()->end()), (Ids{1, 2}));
  pb::TreeT tree;
  tree.complete = true;
  engine().say(pb::make_envelope(engine().last_request(), 0, 0, std::move(tree)));
  EXPECT_EQ(pb::envelope_of(client_->reply_to(request)).body_type(), Body::Tree);
  for (const auto& message : other.take_all()) EXPECT_NE(pb::envelope_of(message).body_type(), Body::Tree);
}

TEST_F(ExplorationsTest, ARunThatIsOnDiskAloneIsReadFirst) {
  const std::uint32_t asked = run();
  pb::RunSummaryT summary;
  summary.run = asked;
  summary.model = 7;
  summary.model_name = "a.gguf";
  summary.last_seq = 4;
  summary.finished = true;
  recorder_.before = {summary};
  recorder_.last = asked;
  recorder_.piece = 1;
  make_hub();  // as after a new start
  load("/models/a.gguf", 32);
  client_->send("Explore", at(asked, 6));
  EXPECT_NE(engine().last_body(), Body::Explore) << "it has to be read";
  recorder_.work();
  const auto* sent = pb::envelope_of(engine().received.back()).body_as_Explore();
  ASSERT_NE(sent, nullptr);
  EXPECT_EQ(Ids(sent->prompt()->begin(), sent->prompt()->end()), (Ids{1, 2, 3, 10, 11, 12}));
}

TEST_F(ExplorationsTest, AnotherModelMayBeNamedIfItsVocabularyFits) {
  const std::uint32_t asked = run();
  load("/models/b.gguf", 32);
  client_->send("Explore", at(asked, 4, ",\"model\":2"));
  EXPECT_EQ(engine().last_body(), Body::Explore);
  load("/models/other.gguf", 33);
  const Error error = error_in(client_->ask("Explore", at(asked, 4, ",\"model\":3")));
  EXPECT_EQ(error.code, ErrorCode::kInvalidArgument);
  EXPECT_THAT(error.message, HasSubstr("32"));
  EXPECT_THAT(error.message, HasSubstr("33"));
}

TEST_F(ExplorationsTest, SaysWhichModelIsMissing) {
  const std::uint32_t asked = run();
  client_->ask("UnloadModel", "{\"model\":1}");
  const Error error = error_in(client_->ask("Explore", at(asked, 4)));
  EXPECT_EQ(error.code, ErrorCode::kWrongState);
  EXPECT_THAT(error.message, HasSubstr("a.gguf is not loaded"));
  EXPECT_EQ(error_in(client_->ask("Explore", at(asked, 4, ",\"model\":9"))).code, ErrorCode::kNoSuchModel);
}

TEST_F(ExplorationsTest, RefusesRunsAndPositionsThatAreNot) {
  const std::uint32_t asked = run();
  EXPECT_EQ(error_in(client_->ask("Explore", at(99, 4))).code, ErrorCode::kNoSuchRun);
  EXPECT_EQ(error_in(client_->ask("ExpandTree", at(asked, 7))).code, ErrorCode::kInvalidArgument);
}

TEST_F(ExplorationsTest, AStopThatNamesTheRequestGoesToTheEngineAndLeavesTheRunAlone) {
  const std::uint32_t going_on = run(false);
  const auto request = client_->send("Explore", at(going_on, 4));
  const std::uint32_t number = engine().last_request();
  const auto stop = client_->ask("Stop", "{\"request\":" + std::to_string(request) + "}", going_on);
  EXPECT_EQ(pb::envelope_of(stop).body_type(), Body::Ok);
  const auto& sent = pb::envelope_of(engine().received.back());
  ASSERT_NE(sent.body_as_Stop(), nullptr);
  EXPECT_EQ(sent.body_as_Stop()->request(), number);
  EXPECT_EQ(sent.run(), 0u);
  const auto late = client_->ask("Stop", "{\"request\":77}");
  EXPECT_EQ(error_in(late).code, ErrorCode::kWrongState);
}

TEST_F(ExplorationsTest, AStopWhileTheRunIsStillBeingReadIsAnsweredWithoutTheEngine) {
  const std::uint32_t asked = run();
  pb::RunSummaryT summary;
  summary.run = asked;
  summary.model_name = "a.gguf";
  summary.last_seq = 4;
  summary.finished = true;
  recorder_.before = {summary};
  recorder_.last = asked;
  make_hub();
  load("/models/a.gguf", 32);
  const auto request = client_->send("Explore", at(asked, 6));
  client_->send("Stop", "{\"request\":" + std::to_string(request) + "}");
  recorder_.work();
  EXPECT_EQ(error_in(client_->reply_to(request)).code, ErrorCode::kCancelled);
  EXPECT_EQ(engine().last_body(), Body::LoadModel);
}

TEST_F(ExplorationsTest, WhatAClientThatLeftHadAskedForIsEnded) {
  const std::uint32_t asked = run();
  auto leaving = std::make_unique<TestClient>(*hub_);
  leaving->send("ExpandTree", at(asked, 4));
  const std::uint32_t number = engine().last_request();
  leaving.reset();
  const auto* stop = pb::envelope_of(engine().received.back()).body_as_Stop();
  ASSERT_NE(stop, nullptr);
  EXPECT_EQ(stop->request(), number);
}

TEST_F(ExplorationsTest, AnEngineThatDiesMeanwhileIsToldToWhoAsked) {
  const auto request = client_->send("Explore", at(run(), 4));
  engine().die("It was killed.");
  EXPECT_EQ(error_in(client_->reply_to(request)).code, ErrorCode::kEngineDied);
}

}  // namespace
}  // namespace inferno::session
