#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>
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

constexpr std::uint32_t kVocabulary = 32;

pb::ErrorCode code_of(const Bytes& message) {
  const auto* error = message.empty() ? nullptr : pb::envelope_of(message).body_as_Error();
  return error == nullptr ? pb::ErrorCode::Internal : error->code();
}

std::vector<std::unique_ptr<pb::SamplerStageT>> chain(std::initializer_list<pb::StageKind> kinds) {
  std::vector<std::unique_ptr<pb::SamplerStageT>> stages;
  for (const auto kind : kinds) stages.emplace_back(std::make_unique<pb::SamplerStageT>())->kind = kind;
  return stages;
}

// A hub with two models of one engine each and a client, with recordings or without.
class Branching : public ::testing::TestWithParam<bool> {
 protected:
  Branching() {
    catalog_.known["/models/a.gguf"] = {"/models/a.gguf", "a.gguf", 1000, 5};
    catalog_.known["/models/b.gguf"] = {"/models/b.gguf", "b.gguf", 2000, 6};
    make_hub();
  }

  void make_hub() {
    client_.reset();
    hub_.reset();
    launcher_.engines.clear();
    HubOptions options;
    if (GetParam()) options.recorder = &recorder_;
    hub_ = std::make_unique<Hub>(launcher_, catalog_, std::move(options));
    client_ = std::make_unique<TestClient>(*hub_);
    load("/models/a.gguf", kVocabulary);
    load("/models/b.gguf", kVocabulary);
  }
  void load(const std::string& path, std::uint32_t n_vocab) {
    const auto request = client_->send("LoadModel", "{\"path\":\"" + path + "\"}");
    pb::ModelLoadedT loaded;
    loaded.info = std::make_unique<pb::ModelInfoT>();
    loaded.info->n_vocab = n_vocab;
    loaded.info->capabilities = std::make_unique<pb::CapabilitiesT>();
    loaded.info->capabilities->generate = true;
    launcher_.engines.back().say(pb::make_envelope(launcher_.engines.back().last_request(), 0, 0, std::move(loaded)));
    client_->reply_to(request);
  }
  FakeEngine& engine(std::size_t model = 1) { return launcher_.engines[model - 1]; }

  template <typename T>
  void say(std::uint32_t run, std::uint32_t seq, T body, std::size_t model = 1) {
    engine(model).say(pb::make_envelope(0, run, seq, std::move(body)));
    recorder_.work();
  }
  static pb::RunStartedT started(std::initializer_list<pb::StageKind> kinds = {pb::StageKind::TopK,
                                                                               pb::StageKind::Distribution}) {
    pb::RunStartedT out;
    out.model_name = "a.gguf";
    out.n_prompt = 3;
    out.n_vocab = kVocabulary;
    out.seed = 42;
    out.sampler = chain(kinds);
    out.sampler.back()->seed = 42;
    out.limits = std::make_unique<pb::LimitsT>();
    out.limits->n_predict = 50;
    out.limits->stop = {"The end"};
    out.capture = std::make_unique<pb::CaptureT>();
    out.capture->n_candidates = 5;
    return out;
  }

  std::uint32_t start(const std::string& body) {
    const auto reply = client_->ask("StartRun", body);
    recorder_.work();
    const auto* queued = pb::envelope_of(reply).body_as_RunQueued();
    return queued == nullptr ? 0 : queued->run();
  }
  // Prompt 1 2 3, generated 10 11 12 13 at positions 3 to 6; messages 1 to 5, then the end.
  std::uint32_t parent(bool finish = true) {
    const std::uint32_t run = start(R"({"model":1,"prompt":{"text":"Once upon"}})");
    say(run, 1, started());
    say(run, 2, steps_message<pb::PromptTokensT>(prompt_step(0, 1, std::nullopt), prompt_step(1, 2, -1.0f)));
    say(run, 3, steps_message<pb::PromptTokensT>(prompt_step(2, 3, -2.0f)));
    auto drawn = generated_step(3, 10, -0.5f);
    drawn.draw = 0.25;
    auto forced = generated_step(4, 11, -3.0f);
    forced.forced = true;
    say(run, 4, steps_message<pb::StepsT>(std::move(drawn), std::move(forced), generated_step(5, 12, -1.0f)));
    say(run, 5, steps_message<pb::StepsT>(generated_step(6, 13, -0.25f)));
    if (finish) say(run, 6, pb::FinishedT());
    return run;
  }
  std::uint32_t fork(std::uint32_t run, std::uint32_t position, const std::string& more = "",
                     const std::string& start_more = "", int model = 1) {
    return start("{\"model\":" + std::to_string(model) + ",\"fork\":{\"run\":" + std::to_string(run) +
                 ",\"position\":" + std::to_string(position) + more + "}" + start_more + "}");
  }
  // The StartRun that the engine got last.
  pb::StartRunT sent(std::size_t model = 1) {
    pb::StartRunT out;
    const auto* start = pb::envelope_of(engine(model).received.back()).body_as_StartRun();
    if (start != nullptr) start->UnPackTo(&out);
    return out;
  }
  // What a client that begins now is told of a run.
  std::vector<Bytes> record(std::uint32_t run) {
    TestClient late(*hub_);
    late.send("Subscribe", "{\"run\":" + std::to_string(run) + ",\"after\":0}");
    std::vector<Bytes> out;
    for (int round = 0; round < 50; ++round) {
      for (auto& message : late.take_all()) {
        if (pb::envelope_of(message).run() == run && pb::envelope_of(message).seq() != 0) out.push_back(message);
      }
      recorder_.work();
    }
    return out;
  }
  static std::vector<std::uint32_t> numbers(const std::vector<Bytes>& messages) {
    std::vector<std::uint32_t> out;
    for (const auto& message : messages) out.push_back(pb::envelope_of(message).seq());
    return out;
  }
  // The ids of all tokens, of the prompt and generated.
  static std::vector<std::int32_t> tokens(const std::vector<Bytes>& messages) {
    std::vector<std::int32_t> out;
    for (const auto& message : messages) {
      const auto& envelope = pb::envelope_of(message);
      const auto* steps = envelope.body_as_Steps()          ? envelope.body_as_Steps()->steps()
                          : envelope.body_as_PromptTokens() ? envelope.body_as_PromptTokens()->tokens()
                                                            : nullptr;
      if (steps == nullptr) continue;
      for (const auto* step : *steps) {
        EXPECT_EQ(step->position(), out.size());
        out.push_back(step->token()->id());
      }
    }
    return out;
  }
  pb::RunSummaryT summary(std::uint32_t run) {
    const auto list = client_->ask("ListRuns");
    pb::RunSummaryT out;
    for (const auto* one : *pb::envelope_of(list).body_as_RunList()->runs()) {
      if (one->run() == run) one->UnPackTo(&out);
    }
    return out;
  }

  FakeRecorder recorder_;
  FakeLauncher launcher_;
  FakeCatalog catalog_;
  std::unique_ptr<Hub> hub_;
  std::unique_ptr<TestClient> client_;
};

using Ids = std::vector<std::int32_t>;

TEST_P(Branching, TheEngineIsToldAllThatTheBranchTakesOver) {
  fork(parent(), 5, R"(,"tokens":[20])");
  const auto start = sent();
  EXPECT_EQ(start.prompt->ids, (Ids{1, 2, 3}));
  ASSERT_EQ(start.fork->past.size(), 2u);
  EXPECT_EQ(start.fork->past[0]->id, 10);
  EXPECT_TRUE(start.fork->past[0]->drew && !start.fork->past[0]->forced);
  EXPECT_TRUE(!start.fork->past[1]->drew && start.fork->past[1]->forced);
  EXPECT_EQ(start.fork->tokens, (Ids{20}));
  EXPECT_EQ(start.fork->n_copied, 3u);
  EXPECT_FALSE(start.fork->sampler_since.has_value());
  EXPECT_DOUBLE_EQ(start.fork->past_sum_logprob, -3.5);
  EXPECT_EQ(start.fork->prompt_sum_logprob, -3.0);
  EXPECT_EQ(start.fork->n_prompt_scored, 2u);
  // As in the parent.
  EXPECT_EQ(start.sampler.size(), 2u);
  EXPECT_EQ(start.seed, 42u);
  EXPECT_EQ(start.limits->n_predict, 50u);
  EXPECT_EQ(start.limits->stop, std::vector<std::string>{"The end"});
  EXPECT_EQ(start.capture->n_candidates, 5u);
}

TEST_P(Branching, TheRecordHoldsAllTokensFromTheFirstOnCutAtTheFork) {
  const std::uint32_t from = parent();
  const std::uint32_t branch = fork(from, 5, R"(,"tokens":[20])");
  say(branch, 1, started());
  say(branch, 5, steps_message<pb::StepsT>(generated_step(5, 20, -4.0f), generated_step(6, 21, -1.0f)));
  say(branch, 6, pb::FinishedT());
  const auto messages = record(branch);
  EXPECT_EQ(numbers(messages), (std::vector<std::uint32_t>{1, 2, 3, 4, 5, 6}));
  EXPECT_EQ(tokens(messages), (Ids{1, 2, 3, 10, 11, 20, 21}));
  for (const auto& message : messages) EXPECT_TRUE(pb::verify_envelope(message).ok());
  EXPECT_TRUE(pb::envelope_of(messages[3]).body_as_Steps()->steps()->Get(1)->forced());
  EXPECT_EQ(tokens(record(from)), (Ids{1, 2, 3, 10, 11, 12, 13}));
  EXPECT_EQ(summary(branch).n_generated, 4u);
}

TEST_P(Branching, WhatTheEngineSaysBeforeTheCopiesAreThereComesBehindThem) {
  const std::uint32_t branch = fork(parent(), 7);
  // All in one breath, before the disk has done anything.
  engine().say(pb::make_envelope(0, branch, 1, started()));
  engine().say(pb::make_envelope(0, branch, 6, steps_message<pb::StepsT>(generated_step(7, 14, -1.0f))));
  engine().say(pb::make_envelope(0, branch, 7, pb::FinishedT()));
  const std::uint32_t next = start(R"({"model":1,"prompt":{"text":"Next"}})");
  recorder_.work();
  EXPECT_EQ(tokens(record(branch)), (Ids{1, 2, 3, 10, 11, 12, 13, 14}));
  EXPECT_EQ(numbers(record(branch)), (std::vector<std::uint32_t>{1, 2, 3, 4, 5, 6, 7}));
  EXPECT_EQ(pb::envelope_of(engine().received.back()).run(), next);
}

TEST_P(Branching, ABranchOfARunThatIsPausedWaitsForItOrStopsIt) {
  const std::uint32_t from = parent(false);
  const std::uint32_t patient = fork(from, 6);
  EXPECT_EQ(engine().last_body(), Body::StartRun);
  EXPECT_EQ(pb::envelope_of(engine().received.back()).run(), from);
  const std::uint32_t hasty = fork(from, 6, "", R"(,"stop_active":true)");
  EXPECT_EQ(engine().last_body(), Body::Stop);
  EXPECT_EQ(pb::envelope_of(engine().received.back()).run(), from);
  say(from, 6, pb::FinishedT());
  EXPECT_EQ(pb::envelope_of(engine().received.back()).run(), hasty);
  EXPECT_EQ(sent().fork->past.size(), 3u);
  say(hasty, 1, pb::FinishedT());
  EXPECT_EQ(pb::envelope_of(engine().received.back()).run(), patient);
}

TEST_P(Branching, ABranchKnowsWhereItComesFrom) {
  const std::uint32_t from = parent();
  const std::uint32_t branch = fork(from, 5);
  const std::uint32_t replay = fork(from, 7, R"(,"replay":true)");
  const auto told = summary(branch);
  EXPECT_EQ(told.parent, from);
  EXPECT_EQ(told.fork_position, 5u);
  EXPECT_FALSE(told.replay);
  EXPECT_EQ(told.prompt, "Once upon");
  EXPECT_TRUE(summary(replay).replay);
  EXPECT_FALSE(summary(from).parent.has_value());
  if (GetParam()) {
    EXPECT_EQ(recorder_.origins[branch].parent, from);
    EXPECT_EQ(recorder_.origins[branch].fork_position, 5u);
    EXPECT_TRUE(recorder_.origins[replay].is_replay);
  }
}

TEST_P(Branching, ARunAndItsBranchesShareTheirTitleAndTags) {
  if (!GetParam()) return;
  const std::uint32_t from = parent(), branch = fork(from, 5), other = start(R"({"model":2,"prompt":{"text":"x"}})");
  client_->send("UpdateRun", "{\"run\":" + std::to_string(branch) + ",\"title\":\"A dragon\",\"tags\":[\"t\"]}");
  recorder_.work();
  EXPECT_EQ(summary(from).title, "A dragon");
  EXPECT_EQ(summary(branch).title, "A dragon");
  EXPECT_EQ(summary(other).title, "");
  EXPECT_EQ(summary(fork(from, 4)).tags, std::vector<std::string>{"t"});
}

TEST_P(Branching, ARunAndItsBranchAreComparedAsFarAsTheyGo) {
  const std::uint32_t from = parent(), branch = fork(from, 5, R"(,"tokens":[20])");
  say(branch, 1, started());
  say(branch, 5, steps_message<pb::StepsT>(generated_step(5, 20, -4.0f)));
  const auto request =
      client_->send("CompareRuns", "{\"run\":" + std::to_string(from) + ",\"other\":" + std::to_string(branch) + "}");
  recorder_.work();
  const auto reply = client_->reply_to(request);
  const auto* compared = pb::envelope_of(reply).body_as_RunsCompared();
  ASSERT_NE(compared, nullptr) << pb::to_json(reply);
  EXPECT_EQ(compared->verdict(), pb::Verdict::Different);
  EXPECT_EQ(compared->n_compared(), 3u);
  EXPECT_EQ(compared->n_identical(), 2u);
  EXPECT_EQ(compared->first_other_token(), 5u);
  EXPECT_EQ(code_of(client_->ask("CompareRuns", R"({"run":1,"other":99})")), pb::ErrorCode::NoSuchRun);
}

TEST_P(Branching, AReplayIsToldEverythingAndCopiesNothing) {
  const std::uint32_t replay = fork(parent(), 7, R"(,"replay":true)");
  const auto start = sent();
  EXPECT_EQ(start.fork->past.size(), 4u);
  EXPECT_EQ(start.fork->n_copied, 0u);
  EXPECT_EQ(start.limits->n_predict, 4u);
  EXPECT_TRUE(start.limits->stop.empty());
  say(replay, 1, started());
  say(replay, 2, pb::FinishedT());
  EXPECT_EQ(numbers(record(replay)), (std::vector<std::uint32_t>{1, 2}));
}

TEST_P(Branching, WithASamplerOfItsOwnTheRecordTellsWhichChainChoseWhat) {
  const std::uint32_t branch = fork(parent(), 5, "", R"(,"sampler":[{"kind":"Greedy"}])");
  EXPECT_EQ(sent().fork->sampler_since, 5u);
  EXPECT_EQ(sent().fork->n_copied, 5u);
  EXPECT_EQ(sent().seed, 42u);
  say(branch, 1, started({pb::StageKind::Greedy}));
  say(branch, 7, steps_message<pb::StepsT>(generated_step(5, 20, -4.0f)));
  const auto messages = record(branch);
  EXPECT_EQ(numbers(messages), (std::vector<std::uint32_t>{1, 2, 3, 4, 5, 6, 7}));
  const auto* before = pb::envelope_of(messages[1]).body_as_SamplerChanged();
  const auto* after = pb::envelope_of(messages[5]).body_as_SamplerChanged();
  ASSERT_TRUE(before && after);
  EXPECT_EQ(before->position(), 0u);
  EXPECT_EQ(before->sampler()->size(), 2u);
  EXPECT_EQ(after->position(), 5u);
  EXPECT_EQ(after->sampler()->Get(0)->kind(), pb::StageKind::Greedy);

  // And a branch of the branch knows it, too.
  say(branch, 8, pb::FinishedT());
  const std::uint32_t second = fork(branch, 6);
  EXPECT_EQ(sent().fork->sampler_since, 5u);
  EXPECT_EQ(sent().sampler.size(), 1u);
  fork(branch, 4);
  say(second, 1, pb::FinishedT());
  EXPECT_FALSE(sent().fork->sampler_since.has_value());
  EXPECT_EQ(sent().sampler.size(), 2u);
  EXPECT_EQ(sent().fork->n_copied, 3u);
}

TEST_P(Branching, AnotherSeedReachesTheStagesThatHadTheRunsOwn) {
  fork(parent(), 5, "", R"(,"seed":7)");
  const auto start = sent();
  EXPECT_EQ(start.seed, 7u);
  ASSERT_EQ(start.sampler.size(), 2u);
  EXPECT_FALSE(start.sampler[1]->seed.has_value());
}

TEST_P(Branching, WhatCannotBeABranchIsRefusedInWords) {
  const std::uint32_t from = parent();
  const auto refusal = [&](const std::string& body) { return client_->ask("StartRun", body); };
  EXPECT_EQ(code_of(refusal(R"({"model":1,"fork":{"run":99,"position":1}})")), pb::ErrorCode::NoSuchRun);
  const auto run = std::to_string(from);
  EXPECT_THAT(pb::to_json(refusal("{\"model\":1,\"fork\":{\"run\":" + run + ",\"position\":8}}")),
              HasSubstr("has 7 tokens; there is no position 8"));
  EXPECT_EQ(code_of(refusal("{\"model\":1,\"fork\":{\"run\":" + run + "}}")), pb::ErrorCode::InvalidArgument);
  EXPECT_THAT(
      pb::to_json(refusal("{\"model\":1,\"prompt\":{\"text\":\"x\"},\"fork\":{\"run\":" + run + ",\"position\":2}}")),
      HasSubstr("has the prompt of the run"));
  EXPECT_EQ(
      code_of(refusal("{\"model\":1,\"fork\":{\"run\":" + run + ",\"position\":2,\"replay\":true,\"tokens\":[1]}}")),
      pb::ErrorCode::InvalidArgument);
  const std::uint32_t waiting = start(R"({"model":1,"prompt":{"text":"x"}})");
  EXPECT_EQ(code_of(refusal("{\"model\":1,\"fork\":{\"run\":" + std::to_string(waiting) + ",\"position\":1}}")),
            pb::ErrorCode::WrongState);
}

TEST_P(Branching, AnotherVocabularyFailsAndAnotherFileWarns) {
  const std::uint32_t from = parent();
  const std::uint32_t elsewhere = fork(from, 5, "", "", 2);
  say(elsewhere, 1, started(), 2);
  EXPECT_THAT(pb::to_json(record(elsewhere)[0]), HasSubstr("is of another model file, a.gguf"));
  say(elsewhere, 5, pb::FinishedT(), 2);
  EXPECT_EQ(tokens(record(elsewhere)), (Ids{1, 2, 3, 10, 11}));
  load("/models/a.gguf", kVocabulary + 1);
  const std::uint32_t wrong = fork(from, 5, "", "", 3);
  const auto messages = record(wrong);
  ASSERT_EQ(messages.size(), 1u);
  EXPECT_THAT(pb::to_json(messages[0]), HasSubstr("is of a model with 32 tokens, this one has 33"));
}

TEST_P(Branching, ABranchOutlivesItsParent) {
  if (!GetParam()) return;
  const std::uint32_t from = parent();
  const std::uint32_t branch = fork(from, 5);
  const auto erase = [&] {
    const auto request = client_->send("DeleteRun", "{\"run\":" + std::to_string(from) + "}");
    recorder_.work();
    return client_->reply_to(request);
  };
  // Its tokens are still needed.
  EXPECT_EQ(code_of(erase()), pb::ErrorCode::WrongState);
  say(branch, 1, started());
  EXPECT_EQ(pb::envelope_of(erase()).body_type(), Body::Ok);
  say(branch, 5, pb::FinishedT());
  EXPECT_EQ(tokens(record(branch)), (Ids{1, 2, 3, 10, 11}));
}

TEST_P(Branching, AParentOfAnEarlierStartIsReadFromItsRecording) {
  if (!GetParam()) return;
  const std::uint32_t from = parent();
  recorder_.before = {summary(from)};
  recorder_.last = from;
  recorder_.piece = 2;
  make_hub();
  const std::uint32_t branch = fork(from, 6);
  EXPECT_EQ(sent().fork->past.size(), 3u);
  say(branch, 1, started());
  say(branch, 5, pb::FinishedT());
  EXPECT_EQ(tokens(record(branch)), (Ids{1, 2, 3, 10, 11, 12}));
}

TEST_P(Branching, AParentThatCannotBeReadFailsTheBranchAndNotTheModel) {
  if (!GetParam()) return;
  const std::uint32_t from = parent();
  recorder_.before = {summary(from)};
  recorder_.last = from;
  recorder_.stored.clear();
  make_hub();
  const std::uint32_t branch = fork(from, 6);
  EXPECT_THAT(pb::to_json(record(branch)[0]), HasSubstr("no longer recorded"));
  const std::uint32_t next = start(R"({"model":1,"prompt":{"text":"Next"}})");
  EXPECT_EQ(pb::envelope_of(engine().received.back()).run(), next);
}

TEST_P(Branching, ABranchCanBeStoppedWhileItsParentIsRead) {
  if (!GetParam()) return;
  const std::uint32_t from = parent();
  recorder_.before = {summary(from)};
  recorder_.last = from;
  make_hub();
  // Nothing has been read when the stop comes.
  const auto reply =
      client_->ask("StartRun", "{\"model\":1,\"fork\":{\"run\":" + std::to_string(from) + ",\"position\":6}}");
  const std::uint32_t branch = pb::envelope_of(reply).body_as_RunQueued()->run();
  EXPECT_EQ(pb::envelope_of(client_->ask("Stop", "{}", branch)).body_type(), Body::Ok);
  recorder_.work();
  EXPECT_NE(engine().last_body(), Body::StartRun);
  const std::uint32_t next = start(R"({"model":1,"prompt":{"text":"Next"}})");
  EXPECT_EQ(pb::envelope_of(engine().received.back()).run(), next);
}

TEST_P(Branching, WhatSteersARunReachesItsEngineAndWhatItSaysIsTheRecord) {
  const std::uint32_t run = parent(false);
  for (const auto* message : {"SetBreakpoints", "SetWatches", "BanTokens", "SetSampler"}) {
    client_->send(message, "{}", run);
    EXPECT_EQ(pb::EnumNameBody(engine().last_body()), std::string(message));
    EXPECT_EQ(pb::envelope_of(engine().received.back()).run(), run);
  }
  say(run, 6, pb::BreakpointsT());
  say(run, 7, pb::WatchesT());
  say(run, 8, pb::TokensBannedT());
  say(run, 9, pb::SamplerChangedT());
  pb::PausedT paused;
  paused.pending = std::make_unique<pb::StepT>(generated_step(7, 14, -1.0f));
  say(run, 10, std::move(paused));
  // Two clients see the same.
  EXPECT_EQ(record(run), record(run));
  EXPECT_EQ(record(run).size(), 10u);
  EXPECT_TRUE(summary(run).paused);
}

INSTANTIATE_TEST_SUITE_P(Hub, Branching, ::testing::Bool(),
                         [](const auto& info) { return info.param ? "Recorded" : "InMemory"; });

}  // namespace
}  // namespace inferno::session
