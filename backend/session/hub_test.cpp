#include "session/hub.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "session/hub_client.h"
#include "session/testing/world.h"

namespace inferno::session {
namespace {

namespace pb = protocol;
using pb::Body;
using testing::FakeCatalog;
using testing::FakeEngine;
using testing::FakeLauncher;
using ::testing::HasSubstr;
using ::testing::Not;
using testing::TestClient;

Body body_of(const Bytes& message) { return message.empty() ? Body::NONE : pb::envelope_of(message).body_type(); }

pb::ErrorCode code_of(const Bytes& message) {
  const auto* error = message.empty() ? nullptr : pb::envelope_of(message).body_as_Error();
  return error == nullptr ? pb::ErrorCode::Internal : error->code();
}

// A hub with one model file, one client and engines that do what the test says.
class HubTest : public ::testing::Test {
 protected:
  HubTest() {
    catalog_.known["/models/a.gguf"] = {"/models/a.gguf", "a.gguf", 1000, 5};
    catalog_.known["/models/b.gguf"] = {"/models/b.gguf", "b.gguf", 2000, 6};
    make_hub({});
  }

  void make_hub(HubOptions options) {
    client_.reset();
    hub_.reset();
    launcher_.engines.clear();
    options.build = "0.1.0";
    hub_ = std::make_unique<Hub>(launcher_, catalog_, std::move(options));
    client_ = std::make_unique<TestClient>(*hub_);
  }

  FakeEngine& engine() { return launcher_.engines.back(); }
  TestClient& client() { return *client_; }

  static Bytes model_loaded(std::uint32_t request, bool generate = true) {
    pb::ModelLoadedT loaded;
    loaded.info = std::make_unique<pb::ModelInfoT>();
    loaded.info->name = "tiny";
    loaded.info->capabilities = std::make_unique<pb::CapabilitiesT>();
    loaded.info->capabilities->generate = generate;
    return pb::make_envelope(request, 0, 0, std::move(loaded));
  }

  // Loads the model and gives its handle.
  std::uint32_t load(const std::string& path = "/models/a.gguf") {
    const auto request = client().send("LoadModel", "{\"path\":\"" + path + "\"}");
    engine().say(model_loaded(engine().last_request()));
    return pb::envelope_of(client().reply_to(request)).body_as_ModelLoaded()->model();
  }

  static std::string run_of(std::uint32_t model, const std::string& more = "") {
    return "{\"model\":" + std::to_string(model) + ",\"prompt\":{\"text\":\"Once\"}" + more + "}";
  }
  std::uint32_t start_run(std::uint32_t model, const std::string& more = "") {
    const auto reply = client().ask("StartRun", run_of(model, more));
    return pb::envelope_of(reply).body_as_RunQueued()->run();
  }

  template <typename T>
  static Bytes part(std::uint32_t run, std::uint32_t seq, T body) {
    return pb::make_envelope(0, run, seq, std::move(body));
  }
  static Bytes step(std::uint32_t run, std::uint32_t seq, std::size_t n_text_bytes = 4) {
    pb::StepsT steps;
    steps.steps.push_back(std::make_unique<pb::StepT>());
    steps.steps[0]->position = seq;
    steps.steps[0]->raw_logprob = -0.5f;
    steps.steps[0]->token = std::make_unique<pb::TokenT>();
    steps.steps[0]->token->text.assign(n_text_bytes, 'x');
    return part(run, seq, std::move(steps));
  }
  // RunStarted, `n` steps and perhaps Finished.
  void speak(FakeEngine& from, std::uint32_t run, std::uint32_t n, bool finish = true) {
    from.say(part(run, 1, pb::RunStartedT()));
    for (std::uint32_t i = 0; i < n; ++i) from.say(step(run, i + 2));
    if (finish) from.say(part(run, n + 2, pb::FinishedT()));
  }

  static std::vector<Bytes> of_run(const std::vector<Bytes>& messages, std::uint32_t run) {
    std::vector<Bytes> out;
    for (const auto& message : messages) {
      if (pb::envelope_of(message).run() == run && pb::envelope_of(message).seq() != 0) out.push_back(message);
    }
    return out;
  }
  static const pb::Finished& finished(const std::vector<Bytes>& messages) {
    return *pb::envelope_of(messages.back()).body_as_Finished();
  }

  FakeLauncher launcher_;
  FakeCatalog catalog_;
  std::unique_ptr<Hub> hub_;
  std::unique_ptr<TestClient> client_;
};

TEST_F(HubTest, GreetsWithItsVersions) {
  load();
  pb::EngineHelloT hello;
  hello.engine_build = "0.5.0";
  engine().say_worker(pb::make_worker_message(0, std::move(hello)));
  const auto reply = client().ask("Hello", R"({"client":"test"})");
  const auto* welcome = pb::envelope_of(reply).body_as_Welcome();
  ASSERT_NE(welcome, nullptr);
  EXPECT_EQ(welcome->version(), 1u);
  EXPECT_EQ(welcome->build()->str(), "0.1.0");
  EXPECT_EQ(welcome->engine_build()->str(), "0.5.0");
}

TEST_F(HubTest, RefusesWhatItDoesNotSpeak) {
  client().client->receive(*pb::envelope_from_json(R"({"version":2,"request":7,"body_type":"Hello","body":{}})"));
  const auto reply = client().reply_to(7);
  EXPECT_EQ(code_of(reply), pb::ErrorCode::UnsupportedVersion);
  EXPECT_THAT(pb::to_json(reply), HasSubstr("speaks 1 to 1"));

  flatbuffers::FlatBufferBuilder builder;
  const auto body = pb::CreateOk(builder);
  builder.Finish(pb::CreateEnvelope(builder, 1, 9, 0, 0, static_cast<Body>(200), body.Union()),
                 pb::EnvelopeIdentifier());
  client().client->receive(pb::release(builder));
  EXPECT_EQ(code_of(client().reply_to(9)), pb::ErrorCode::UnknownMessage);
}

TEST_F(HubTest, AnswersEveryMessageThatOnlyServersSendWithAnError) {
  for (const auto body :
       {"Welcome", "Ok", "Error", "ModelList", "ModelInfo", "LoadProgress", "ModelLoaded", "Tokens", "RunQueued",
        "RunStarted", "PromptTokens", "Steps", "Paused", "Resumed", "Finished", "RunList", "SamplerChecked"}) {
    EXPECT_EQ(code_of(client().ask(body)), pb::ErrorCode::UnknownMessage) << body;
  }
}

TEST_F(HubTest, UnknownModelsAndRunsAreErrors) {
  EXPECT_EQ(code_of(client().ask("UnloadModel", R"({"model":9})")), pb::ErrorCode::NoSuchModel);
  EXPECT_EQ(code_of(client().ask("CancelLoad", R"({"model":9})")), pb::ErrorCode::NoSuchModel);
  EXPECT_EQ(code_of(client().ask("StartRun", run_of(9))), pb::ErrorCode::NoSuchModel);
  EXPECT_EQ(code_of(client().ask("Tokenize", run_of(9))), pb::ErrorCode::NoSuchModel);
  EXPECT_EQ(code_of(client().ask("CheckSampler", R"({"model":9})")), pb::ErrorCode::NoSuchModel);
  EXPECT_EQ(code_of(client().ask("LoadModel", R"({"path":"/nowhere"})")), pb::ErrorCode::FileNotFound);
  EXPECT_EQ(code_of(client().ask("InspectModel", R"({"path":"/nowhere"})")), pb::ErrorCode::FileNotFound);
  EXPECT_EQ(code_of(client().ask("LoadModel", "{}")), pb::ErrorCode::FileNotFound);
  EXPECT_EQ(code_of(client().ask("Subscribe", R"({"run":9})")), pb::ErrorCode::NoSuchRun);
  for (const auto control : {"Pause", "Resume", "StepOnce", "Stop", "ForceToken"}) {
    EXPECT_EQ(code_of(client().ask(control, "{}", 9)), pb::ErrorCode::NoSuchRun) << control;
    EXPECT_EQ(code_of(client().ask(control)), pb::ErrorCode::NoSuchRun) << control;
  }
}

TEST_F(HubTest, AClientWithManyMalformedMessagesIsToBeClosed) {
  for (int i = 1; i <= HubClient::kMaxMalformed; ++i) {
    EXPECT_FALSE(client().client->close_reason());
    client().client->receive_malformed({ErrorCode::kMalformedMessage, "no", ""}, static_cast<std::uint32_t>(i));
  }
  EXPECT_TRUE(client().client->close_reason());
  EXPECT_EQ(client().take_all().size(), static_cast<std::size_t>(HubClient::kMaxMalformed));
}

// ---------------------------------------------------------------- models

TEST_F(HubTest, LoadsAModelAndTellsEveryone) {
  TestClient other(*hub_);
  const auto request = client().send("LoadModel", R"({"path":"/models/a.gguf","options":{"n_ctx":512}})");
  EXPECT_EQ(engine().last_body(), Body::LoadModel);
  EXPECT_EQ(pb::envelope_of(engine().received.back()).body_as_LoadModel()->options()->n_ctx(), 512u);
  const auto loading = other.take_all();
  ASSERT_EQ(loading.size(), 1u);
  EXPECT_THAT(pb::to_json(loading[0]), HasSubstr(R"("state":"Loading")"));

  engine().say(model_loaded(engine().last_request()));
  const auto reply = client().reply_to(request);
  ASSERT_EQ(body_of(reply), Body::ModelLoaded);
  EXPECT_EQ(pb::envelope_of(reply).body_as_ModelLoaded()->model(), 1u);
  EXPECT_EQ(pb::envelope_of(reply).body_as_ModelLoaded()->info()->name()->str(), "tiny");
  const auto ready = other.take_all();
  ASSERT_EQ(ready.size(), 1u);
  EXPECT_TRUE(pb::verify_envelope(ready[0]).ok());
  EXPECT_THAT(pb::to_json(ready[0]), HasSubstr(R"("state":"Ready","info":{"name":"tiny")"));
}

TEST_F(HubTest, ProgressReplacesItselfUntilItIsTaken) {
  client().send("LoadModel", R"({"path":"/models/a.gguf"})");
  client().take_all();
  for (int i = 1; i <= 50; ++i) {
    pb::LoadProgressT progress;
    progress.fraction = static_cast<float>(i) / 50;
    engine().say(pb::make_envelope(engine().last_request(), 0, 0, std::move(progress)));
  }
  const auto messages = client().take_all();
  ASSERT_EQ(messages.size(), 1u);
  const auto* progress = pb::envelope_of(messages[0]).body_as_LoadProgress();
  EXPECT_EQ(progress->fraction(), 1.0f);
  EXPECT_EQ(progress->model(), 1u);
}

TEST_F(HubTest, AFailedLoadIsAnErrorToWhoAskedAndLeavesNothing) {
  const auto request = client().send("LoadModel", R"({"path":"/models/a.gguf"})");
  engine().say(pb::make_error(engine().last_request(), 0, {ErrorCode::kNotGguf, "It is no GGUF file.", ""}));
  EXPECT_EQ(code_of(client().reply_to(request)), pb::ErrorCode::NotGguf);
  EXPECT_TRUE(engine().ended);
  EXPECT_THAT(pb::to_json(client().ask("ListModels")), HasSubstr(R"("loaded":[])"));
}

TEST_F(HubTest, AnEngineThatCannotStartIsAnError) {
  launcher_.fails = true;
  EXPECT_EQ(code_of(client().ask("LoadModel", R"({"path":"/models/a.gguf"})")), pb::ErrorCode::EngineDied);
  EXPECT_EQ(code_of(client().ask("InspectModel", R"({"path":"/models/a.gguf"})")), pb::ErrorCode::EngineDied);
}

TEST_F(HubTest, CancellingALoadEndsTheEngineAndAnswersBoth) {
  const auto load = client().send("LoadModel", R"({"path":"/models/a.gguf"})");
  TestClient other(*hub_);
  EXPECT_EQ(body_of(other.ask("CancelLoad", R"({"model":1})")), Body::Ok);
  EXPECT_TRUE(engine().ended);
  EXPECT_EQ(code_of(client().reply_to(load)), pb::ErrorCode::Cancelled);
  EXPECT_EQ(code_of(other.ask("CancelLoad", R"({"model":1})")), pb::ErrorCode::NoSuchModel);
}

TEST_F(HubTest, HoldsSeveralModelsAtOnce) {
  const auto a = load("/models/a.gguf"), b = load("/models/b.gguf");
  EXPECT_NE(a, b);
  const auto run_a = start_run(a), run_b = start_run(b);
  EXPECT_EQ(launcher_.engines[0].last_body(), Body::StartRun);
  EXPECT_EQ(launcher_.engines[1].last_body(), Body::StartRun);
  speak(launcher_.engines[1], run_b, 1);
  launcher_.engines[0].die("killed");
  EXPECT_EQ(of_run(client().take_all(), run_a).size(), 1u);
  EXPECT_THAT(pb::to_json(client().ask("ListModels")), HasSubstr(R"("state":"Ready")"));
}

TEST_F(HubTest, UnloadingEndsTheEngineAndItsRuns) {
  const auto model = load();
  const auto active = start_run(model), queued = start_run(model);
  engine().say(part(active, 1, pb::RunStartedT()));
  engine().say(step(active, 2));
  const auto request = client().send("UnloadModel", R"({"model":1})");
  EXPECT_TRUE(engine().ended);
  const auto messages = client().take_all();
  const auto of_active = of_run(messages, active), of_queued = of_run(messages, queued);
  ASSERT_EQ(of_active.size(), 3u);
  EXPECT_EQ(finished(of_active).reason(), pb::FinishReason::Stopped);
  EXPECT_EQ(finished(of_active).n_generated(), 1u);
  EXPECT_EQ(finished(of_active).sum_logprob(), -0.5f);
  ASSERT_EQ(of_queued.size(), 1u);
  EXPECT_EQ(finished(of_queued).reason(), pb::FinishReason::Stopped);
  EXPECT_TRUE(std::any_of(messages.begin(), messages.end(), [&](const auto& m) {
    return body_of(m) == Body::Ok && pb::envelope_of(m).request() == request;
  }));
  EXPECT_EQ(code_of(client().ask("StartRun", run_of(model))), pb::ErrorCode::NoSuchModel);
}

TEST_F(HubTest, TheDeathOfAnEngineIsToldToEveryoneItConcerns) {
  const auto model = load();
  const auto active = start_run(model), queued = start_run(model);
  engine().say(part(active, 1, pb::RunStartedT()));
  const auto tokenize = client().send("Tokenize", run_of(model));
  TestClient other(*hub_);
  engine().die("The engine was killed by signal 9.");

  const auto messages = client().take_all();
  for (const auto run : {active, queued}) {
    const auto record = of_run(messages, run);
    EXPECT_EQ(finished(record).reason(), pb::FinishReason::EngineDied);
    EXPECT_THAT(finished(record).error()->message()->str(), HasSubstr("signal 9"));
    EXPECT_EQ(pb::envelope_of(record.back()).seq(), run == active ? 2u : 1u);
  }
  EXPECT_EQ(std::count_if(messages.begin(), messages.end(),
                          [&](const auto& m) {
                            return pb::envelope_of(m).request() == tokenize && code_of(m) == pb::ErrorCode::EngineDied;
                          }),
            1);
  const auto seen = other.take_all();
  ASSERT_EQ(seen.size(), 1u);
  EXPECT_THAT(pb::to_json(seen[0]), HasSubstr(R"("state":"Dead","error":{"code":"EngineDied")"));
  EXPECT_EQ(code_of(client().ask("StartRun", run_of(model))), pb::ErrorCode::EngineDied);
  // The same file can be loaded again, and the dead one is then forgotten.
  const auto again = load();
  EXPECT_GT(again, model);
  EXPECT_THAT(pb::to_json(client().ask("ListModels")), ::testing::Not(HasSubstr("Dead")));
}

TEST_F(HubTest, DyingWhileLoadingAnswersTheRequest) {
  const auto request = client().send("LoadModel", R"({"path":"/models/a.gguf"})");
  engine().die("The engine was killed by signal 6.");
  EXPECT_EQ(code_of(client().reply_to(request)), pb::ErrorCode::EngineDied);
}

TEST_F(HubTest, AnEngineThatBreaksTheRulesOfARecordIsEnded) {
  const auto break_rules = [&](const Bytes& message) {
    const auto model = load();
    const auto run = start_run(model);
    engine().say(part(run, 1, pb::RunStartedT()));
    client().take_all();
    auto bytes = message;
    engine().say(pb::envelope_of(bytes).run() == 0 ? part(run, 2, pb::PauseT()) : bytes);
    EXPECT_TRUE(engine().ended);
    const auto record = of_run(client().take_all(), run);
    ASSERT_FALSE(record.empty());
    EXPECT_EQ(finished(record).reason(), pb::FinishReason::EngineDied);
    EXPECT_EQ(pb::envelope_of(record.back()).seq(), 2u);
  };
  break_rules(step(1, 3));                             // a gap
  break_rules(step(2, 1));                             // a number again
  break_rules(step(77, 2));                            // of another run
  break_rules(pb::make_envelope(0, 0, 0, pb::OkT()));  // (a Pause) is none of a record
}

TEST_F(HubTest, SameRequestNumbersOfTwoClientsDoNotMeet) {
  const auto model = load();
  TestClient other(*hub_);
  other.request = client().request;
  const auto a = client().send("Tokenize", run_of(model));
  const auto at_engine_a = engine().last_request();
  const auto b = other.send("Tokenize", run_of(model));
  const auto at_engine_b = engine().last_request();
  ASSERT_EQ(a, b);
  ASSERT_NE(at_engine_a, at_engine_b);
  pb::TokensT second, first;
  second.rendered = "for b";
  first.rendered = "for a";
  engine().say(pb::make_envelope(at_engine_b, 0, 0, std::move(second)));
  engine().say(pb::make_envelope(at_engine_a, 0, 0, std::move(first)));
  EXPECT_EQ(pb::envelope_of(client().reply_to(a)).body_as_Tokens()->rendered()->str(), "for a");
  EXPECT_EQ(pb::envelope_of(other.reply_to(b)).body_as_Tokens()->rendered()->str(), "for b");
}

TEST_F(HubTest, AnEmptyPromptReachesTheEngineAsAnEmptyPrompt) {
  const auto model = load();
  client().send("StartRun", "{\"model\":" + std::to_string(model) + ",\"prompt\":{\"text\":\"\"}}");
  const auto* text = pb::envelope_of(engine().received.back()).body_as_StartRun()->prompt()->text();
  ASSERT_NE(text, nullptr);
  EXPECT_EQ(text->size(), 0u);
}

TEST_F(HubTest, ASamplerIsCheckedByTheEngineAlsoDuringARun) {
  const auto model = load();
  start_run(model);
  const auto request = client().send("CheckSampler", R"({"model":1,"sampler":[{"kind":"TopK"}]})");
  EXPECT_EQ(engine().last_body(), Body::CheckSampler);
  pb::SamplerCheckedT checked;
  checked.errors.push_back(std::make_unique<pb::ErrorT>());
  checked.errors[0]->stage = 0;
  checked.errors[0]->offset = 7;
  engine().say(pb::make_envelope(engine().last_request(), 0, 0, std::move(checked)));
  const auto reply = client().reply_to(request);
  ASSERT_EQ(body_of(reply), Body::SamplerChecked);
  EXPECT_THAT(pb::to_json(reply), HasSubstr(R"("stage":0,"offset":7)"));
}

TEST_F(HubTest, WhatIsWrongWithAStageSaysWhichOne) {
  const auto model = load();
  const auto reply = client().ask("StartRun", run_of(model, R"(,"sampler":[{"kind":"TopK"},{}])"));
  EXPECT_EQ(code_of(reply), pb::ErrorCode::UnknownSampler);
  EXPECT_EQ(pb::envelope_of(reply).body_as_Error()->stage(), 1);
}

// ---------------------------------------------------------------- inspecting

TEST_F(HubTest, InspectsWithAnEngineOfItsOwnAndRemembersTheAnswer) {
  const auto first = client().send("InspectModel", R"({"path":"/models/a.gguf"})");
  TestClient other(*hub_);
  const auto joined = other.send("InspectModel", R"({"path":"/models/a.gguf"})");
  ASSERT_EQ(launcher_.engines.size(), 1u);
  pb::ModelInfoT info;
  info.name = "tiny";
  engine().say(pb::make_envelope(engine().last_request(), 0, 0, std::move(info)));
  EXPECT_TRUE(engine().ended);
  EXPECT_EQ(body_of(client().reply_to(first)), Body::ModelInfo);
  EXPECT_EQ(body_of(other.reply_to(joined)), Body::ModelInfo);
  EXPECT_EQ(body_of(client().ask("InspectModel", R"({"path":"/models/a.gguf"})")), Body::ModelInfo);
  EXPECT_EQ(launcher_.engines.size(), 1u);
  catalog_.known["/models/a.gguf"].modified_s = 99;
  client().send("InspectModel", R"({"path":"/models/a.gguf"})");
  EXPECT_EQ(launcher_.engines.size(), 2u);
}

TEST_F(HubTest, InspectingAFileThatKillsItsReaderIsAnErrorAndNotRemembered) {
  const auto request = client().send("InspectModel", R"({"path":"/models/a.gguf"})");
  engine().die("The engine was killed by signal 6.");
  EXPECT_EQ(code_of(client().reply_to(request)), pb::ErrorCode::EngineDied);
  client().send("InspectModel", R"({"path":"/models/a.gguf"})");
  EXPECT_EQ(launcher_.engines.size(), 2u);
}

TEST_F(HubTest, FewInspectionsRunAtOnceAndTheOthersFollow) {
  for (int i = 0; i < 5; ++i) {
    client().send("InspectModel",
                  "{\"path\":\"/models/a.gguf\",\"options\":{\"n_ctx\":" + std::to_string(100 + i) + "}}");
  }
  EXPECT_EQ(launcher_.engines.size(), 2u);
  for (std::size_t i = 0; i < 5; ++i) launcher_.engines[i].die("no");
  EXPECT_EQ(launcher_.engines.size(), 5u);
  EXPECT_EQ(client().take_all().size(), 5u);
}

// ---------------------------------------------------------------- runs

TEST_F(HubTest, ARunGoesFromQueueToEnd) {
  const auto model = load();
  const auto request = client().send("StartRun", run_of(model));
  const auto& sent = pb::envelope_of(engine().received.back());
  EXPECT_EQ(sent.body_type(), Body::StartRun);
  EXPECT_EQ(sent.run(), 1u);
  speak(engine(), 1, 3);
  const auto messages = client().take_all();
  EXPECT_EQ(body_of(messages.front()), Body::RunQueued);
  EXPECT_EQ(pb::envelope_of(messages.front()).request(), request);
  const auto record = of_run(messages, 1);
  ASSERT_EQ(record.size(), 5u);
  for (std::uint32_t seq = 1; seq <= 5; ++seq) EXPECT_EQ(pb::envelope_of(record[seq - 1]).seq(), seq);
  const auto list = pb::to_json(client().ask("ListRuns"));
  EXPECT_THAT(list, HasSubstr(R"("last_seq":5,"n_generated":3,"finished":true,"paused":false,"prompt":"Once")"));
}

TEST_F(HubTest, RunsOfOneModelWaitForEachOther) {
  const auto model = load();
  for (std::uint32_t ahead = 0; ahead < 3; ++ahead) {
    const auto reply = client().ask("StartRun", run_of(model));
    EXPECT_EQ(pb::envelope_of(reply).body_as_RunQueued()->n_ahead(), ahead);
  }
  const auto n_started = [&] {
    return std::count_if(engine().received.begin(), engine().received.end(),
                         [](const auto& m) { return body_of(m) == Body::StartRun; });
  };
  EXPECT_EQ(n_started(), 1);
  EXPECT_THAT(pb::to_json(client().ask("ListModels")), HasSubstr(R"("n_queued":2,"active_run":1)"));
  EXPECT_EQ(body_of(client().ask("Stop", "{}", 2)), Body::Ok);  // a waiting one
  speak(engine(), 1, 1);
  EXPECT_EQ(n_started(), 2);
  EXPECT_EQ(pb::envelope_of(engine().received.back()).run(), 3u);
  EXPECT_EQ(code_of(client().ask("Stop", "{}", 2)), pb::ErrorCode::WrongState);  // twice
}

TEST_F(HubTest, TellsOfRunsThatComeAndGoWithOneListForAllThatHappenedMeanwhile) {
  const auto model = load();
  TestClient other(*hub_);
  const auto lists = [&] {
    std::vector<std::string> out;
    for (const auto& message : other.take_all()) {
      if (body_of(message) == Body::ModelList) out.push_back(pb::to_json(message));
    }
    return out;
  };
  const auto first = start_run(model);
  start_run(model), start_run(model);
  auto seen = lists();
  ASSERT_EQ(seen.size(), 1u);
  EXPECT_THAT(seen[0], HasSubstr(R"("n_queued":2,"active_run":1)"));
  speak(engine(), first, 500, false);
  EXPECT_TRUE(lists().empty()) << "tokens change no list";
  engine().say(part(first, 502, pb::FinishedT()));
  seen = lists();
  ASSERT_EQ(seen.size(), 1u);
  EXPECT_THAT(seen[0], HasSubstr(R"("n_queued":1,"active_run":2)"));
}

TEST_F(HubTest, AListOfRunsSaysHowEachEnded) {
  const auto model = load();
  const auto run = start_run(model);
  EXPECT_THAT(pb::to_json(client().ask("ListRuns")), Not(HasSubstr("reason")));
  pb::RunStartedT started;
  started.n_prompt = 7;
  engine().say(part(run, 1, std::move(started)));
  pb::FinishedT end;
  end.reason = pb::FinishReason::StopString;
  engine().say(part(run, 2, std::move(end)));
  const auto reply = client().ask("ListRuns");
  const auto& summary = *pb::envelope_of(reply).body_as_RunList()->runs()->Get(0);
  EXPECT_EQ(summary.model_name()->str(), "a.gguf");
  EXPECT_EQ(summary.n_prompt(), 7u);
  EXPECT_EQ(summary.reason(), pb::FinishReason::StopString);
  EXPECT_GT(summary.asked_s(), 1'700'000'000);
}

TEST_F(HubTest, ControlsReachTheEngineAndItsErrorsTheClient) {
  const auto model = load();
  const auto run = start_run(model);
  for (const auto control : {"Pause", "Resume", "StepOnce", "ForceToken", "Stop"}) {
    EXPECT_EQ(body_of(client().ask(control, "{}", run)), Body::Ok) << control;
    EXPECT_STREQ(pb::EnumNameBody(engine().last_body()), control);
    EXPECT_EQ(pb::envelope_of(engine().received.back()).run(), run);
  }
  const auto request = client().send("ForceToken", R"({"id":-1})", run);
  client().take_all();
  engine().say(pb::make_error(engine().last_request(), 0, {ErrorCode::kInvalidArgument, "There is no token -1.", ""}));
  EXPECT_EQ(code_of(client().reply_to(request)), pb::ErrorCode::InvalidArgument);

  const auto waiting = start_run(model);
  EXPECT_EQ(code_of(client().ask("Pause", "{}", waiting)), pb::ErrorCode::WrongState);
  speak(engine(), run, 0);
  EXPECT_EQ(code_of(client().ask("Pause", "{}", run)), pb::ErrorCode::WrongState);
}

TEST_F(HubTest, RefusesRunsThatCouldNeverStart) {
  const auto model = load();
  const auto ask = [&](const std::string& body) { return code_of(client().ask("StartRun", body)); };
  EXPECT_EQ(ask("{\"model\":1}"), pb::ErrorCode::InvalidArgument);
  EXPECT_EQ(ask(R"({"model":1,"prompt":{}})"), pb::ErrorCode::InvalidArgument);
  EXPECT_EQ(ask(R"({"model":1,"prompt":{"text":"a","ids":[1]}})"), pb::ErrorCode::InvalidArgument);
  EXPECT_EQ(ask(run_of(model, R"(,"sampler":[{}])")), pb::ErrorCode::UnknownSampler);
  EXPECT_EQ(ask(run_of(model, R"(,"capture":{"n_candidates":1025})")), pb::ErrorCode::InvalidArgument);
  std::string stages = R"({"kind":"TopK"})";
  for (int i = 0; i < 64; ++i) stages += R"(,{"kind":"TopK"})";
  EXPECT_EQ(ask(run_of(model, ",\"sampler\":[" + stages + "]")), pb::ErrorCode::TooLarge);
  EXPECT_EQ(engine().last_body(), Body::LoadModel);  // none of them reached it

  client().send("LoadModel", R"({"path":"/models/b.gguf"})");
  EXPECT_EQ(ask(run_of(2)), pb::ErrorCode::WrongState);
  engine().say(model_loaded(engine().last_request(), false));
  EXPECT_EQ(ask(run_of(2)), pb::ErrorCode::VocabularyOnly);
}

TEST_F(HubTest, ResumingAtAnyPointLosesDoublesAndReordersNothing) {
  const auto model = load();
  const auto run = start_run(model);
  constexpr std::uint32_t kLast = 22;
  const auto whole = [&] {
    TestClient reader(*hub_);
    reader.send("Subscribe", "{\"run\":" + std::to_string(run) + "}");
    return of_run(reader.take_all(), run);
  };
  engine().say(part(run, 1, pb::RunStartedT()));
  for (std::uint32_t seq = 2; seq <= kLast; ++seq) {
    seq == kLast ? engine().say(part(run, seq, pb::FinishedT())) : engine().say(step(run, seq));
    // Cut every earlier connection here: it had `cut` messages, and takes the rest anew.
    for (std::uint32_t cut = 0; cut <= seq; ++cut) {
      TestClient reader(*hub_);
      reader.send("Subscribe", "{\"run\":" + std::to_string(run) + ",\"after\":" + std::to_string(cut) + "}");
      const auto rest = of_run(reader.take_all(), run);
      ASSERT_EQ(rest.size(), seq - cut);
      for (std::size_t i = 0; i < rest.size(); ++i) EXPECT_EQ(pb::envelope_of(rest[i]).seq(), cut + 1 + i);
    }
  }
  EXPECT_EQ(whole(), of_run(client().take_all(), run));
  EXPECT_EQ(code_of(client().ask("Subscribe", R"({"run":1,"after":23})")), pb::ErrorCode::InvalidArgument);
}

TEST_F(HubTest, TwoClientsSeeTheSameWhetherLiveOrLater) {
  const auto model = load();
  const auto run = start_run(model);
  TestClient live(*hub_);
  live.send("Subscribe", R"({"run":1})");
  std::vector<Bytes> seen_live;
  for (std::uint32_t seq = 1; seq <= 30; ++seq) {
    engine().say(seq == 1 ? part(run, 1, pb::RunStartedT()) : step(run, seq));
    for (auto& message : live.take_all()) seen_live.push_back(message);
  }
  EXPECT_EQ(of_run(seen_live, run), of_run(client().take_all(), run));
  EXPECT_GE(live.n_wakes, 30);
  EXPECT_EQ(body_of(live.ask("Unsubscribe", R"({"run":1})")), Body::Ok);
  engine().say(step(run, 31));
  EXPECT_TRUE(live.take_all().empty());
  EXPECT_EQ(code_of(live.ask("Unsubscribe", R"({"run":1})")), pb::ErrorCode::WrongState);
}

TEST_F(HubTest, RunsThatHaveEndedAndWereReadMakeRoomForOthers) {
  const auto model = load();
  for (int i = 0; i < 300; ++i) {
    const auto run = start_run(model);
    engine().say(part(run, 1, pb::RunStartedT()));
    engine().say(part(run, 2, pb::FinishedT()));
    EXPECT_EQ(of_run(client().take_all(), run).size(), 2u);
  }
}

TEST_F(HubTest, ThereIsALimitToTheRunsThatWaitToBeRead) {
  const auto model = load();
  for (int i = 0; i <= 256; ++i) {
    const auto run = start_run(model, R"(,"subscribe":false)");
    engine().say(part(run, 1, pb::RunStartedT()));
    engine().say(part(run, 2, pb::FinishedT()));
    const auto reply = client().ask("Subscribe", "{\"run\":" + std::to_string(run) + ",\"credits\":1}");
    EXPECT_EQ(body_of(reply), i < 256 ? Body::Ok : Body::Error);
  }
}

TEST_F(HubTest, WithoutASubscriptionARunIsSilent) {
  const auto model = load();
  const auto run = start_run(model, R"(,"subscribe":false)");
  speak(engine(), run, 3);
  EXPECT_TRUE(of_run(client().take_all(), run).empty());
}

TEST_F(HubTest, SendsNoFurtherThanTheCredits) {
  const auto model = load();
  const auto run = start_run(model, R"(,"subscribe":false)");
  speak(engine(), run, 8);
  EXPECT_EQ(body_of(client().ask("Subscribe", R"({"run":1,"credits":0})")), pb::Body::Error);
  client().send("Subscribe", R"({"run":1,"credits":3})");
  EXPECT_EQ(of_run(client().take_all(), run).size(), 3u);
  const int n_wakes = client().n_wakes;
  client().send("Ack", R"({"run":1,"seq":2})");
  EXPECT_GT(client().n_wakes, n_wakes);
  EXPECT_EQ(of_run(client().take_all(), run).size(), 2u);
  client().send("Ack", R"({"run":1,"seq":1})");  // of the past
  EXPECT_EQ(of_run(client().take_all(), run).size(), 0u);
  client().send("Ack", R"({"run":1,"seq":4000000000})");  // of the future
  EXPECT_EQ(of_run(client().take_all(), run).size(), 3u);
}

TEST_F(HubTest, ABusyRunDoesNotHoldUpAnother) {
  const auto a = load("/models/a.gguf"), b = load("/models/b.gguf");
  const auto busy = start_run(a), quiet = start_run(b);
  speak(launcher_.engines[0], busy, 1000, false);
  launcher_.engines[1].say(part(quiet, 1, pb::RunStartedT()));
  std::vector<Bytes> first;
  for (int i = 0; i < 3; ++i) first.push_back(*client().client->next());
  EXPECT_EQ(of_run(first, quiet).size(), 1u);
}

TEST_F(HubTest, AClientThatNeverReadsCostsABoundedQueue) {
  HubOptions options;
  options.client_queue_bytes = 10'000;
  make_hub(options);
  for (int i = 0; i < 10'000; ++i) client().send("ListRuns");
  EXPECT_TRUE(client().client->close_reason());
  EXPECT_EQ(client().client->next(), nullptr);
  TestClient other(*hub_);
  EXPECT_EQ(body_of(other.ask("ListRuns")), Body::RunList);
}

TEST_F(HubTest, ARunCostsASlowClientNothing) {
  HubOptions options;
  options.client_queue_bytes = 10'000;
  make_hub(options);
  const auto run = start_run(load());
  speak(engine(), run, 5000);
  EXPECT_FALSE(client().client->close_reason());
  EXPECT_EQ(of_run(client().take_all(), run).size(), 5002u);
}

TEST_F(HubTest, ForgetsTheOldestFinishedRunsWhenMemoryIsShort) {
  HubOptions options;
  options.run_memory_bytes = 50'000;
  make_hub(options);
  const auto model = load();
  for (std::uint32_t run = 1; run <= 4; ++run) {
    start_run(model, R"(,"subscribe":false)");
    engine().say(part(run, 1, pb::RunStartedT()));
    engine().say(step(run, 2, 15'000));
    engine().say(part(run, 3, pb::FinishedT()));
  }
  EXPECT_EQ(code_of(client().ask("Subscribe", R"({"run":1})")), pb::ErrorCode::Gone);
  EXPECT_EQ(body_of(client().ask("Subscribe", R"({"run":4})")), Body::Ok);
  EXPECT_EQ(code_of(client().ask("Pause", "{}", 1)), pb::ErrorCode::Gone);
}

TEST_F(HubTest, RunsThatSayLittleCountForWhatTheyCost) {
  HubOptions options;
  options.run_memory_bytes = 50'000;
  make_hub(options);
  const auto model = load();
  for (std::uint32_t run = 1; run <= 50; ++run) {
    start_run(model, R"(,"subscribe":false)");
    engine().say(part(run, 1, pb::RunStartedT()));
    engine().say(part(run, 2, pb::FinishedT()));
  }
  EXPECT_EQ(code_of(client().ask("Subscribe", R"({"run":1})")), pb::ErrorCode::Gone);
  EXPECT_EQ(body_of(client().ask("Subscribe", R"({"run":50})")), Body::Ok);
}

TEST_F(HubTest, AReaderOfAForgottenRunIsTold) {
  HubOptions options;
  options.run_memory_bytes = 50'000;
  make_hub(options);
  const auto model = load();
  start_run(model);
  for (std::uint32_t run = 1; run <= 4; ++run) {
    if (run > 1) client().send("StartRun", run_of(model, R"(,"subscribe":false)"));
    engine().say(part(run, 1, pb::RunStartedT()));
    engine().say(step(run, 2, 15'000));
    engine().say(part(run, 3, pb::FinishedT()));
  }
  const auto messages = client().take_all();
  EXPECT_EQ(code_of(messages.back()), pb::ErrorCode::Gone);
  EXPECT_EQ(pb::envelope_of(messages.back()).run(), 1u);
  EXPECT_TRUE(client().take_all().empty());
}

TEST_F(HubTest, ARunThatIsTooLargeAloneIsStoppedInWords) {
  HubOptions options;
  options.run_memory_bytes = 50'000;
  make_hub(options);
  const auto model = load();
  const auto run = start_run(model), next = start_run(model);
  engine().say(part(run, 1, pb::RunStartedT()));
  for (std::uint32_t seq = 2; seq <= 10; ++seq) engine().say(step(run, seq, 15'000));
  EXPECT_EQ(engine().last_body(), Body::Stop);
  EXPECT_FALSE(engine().ended);
  const auto record = of_run(client().take_all(), run);
  EXPECT_EQ(finished(record).reason(), pb::FinishReason::Failed);
  EXPECT_EQ(finished(record).error()->code(), pb::ErrorCode::TooLarge);
  // The engine's own end of it is awaited before the next one starts.
  engine().say(part(run, 11, pb::FinishedT()));
  EXPECT_EQ(pb::envelope_of(engine().received.back()).run(), next);
  EXPECT_FALSE(engine().ended);
}

TEST_F(HubTest, RunsGoOnWhenTheirClientLeaves) {
  const auto run = start_run(load());
  engine().say(part(run, 1, pb::RunStartedT()));
  client_.reset();
  engine().say(step(run, 2));
  client_ = std::make_unique<TestClient>(*hub_);
  client().send("Subscribe", "{\"run\":1,\"after\":1}");
  EXPECT_EQ(of_run(client().take_all(), run).size(), 1u);
}

}  // namespace
}  // namespace inferno::session
