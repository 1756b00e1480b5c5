#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "session/hub.h"
#include "session/testing/fake_recorder.h"
#include "session/testing/world.h"

namespace inferno::session {
namespace {

namespace pb = protocol;
using pb::Body;
using testing::FakeCatalog;
using testing::FakeEngine;
using testing::FakeLauncher;
using testing::FakeRecorder;
using ::testing::HasSubstr;
using testing::TestClient;

// A hub that records, with one model loaded and one client.
class Recording : public ::testing::Test {
 protected:
  void SetUp() override {
    catalog_.known["/models/a.gguf"] = {"/models/a.gguf", "a.gguf", 1000, 5};
    make_hub();
  }

  void make_hub(std::size_t memory_bytes = std::size_t{1} << 30) {
    client_.reset();
    hub_.reset();
    launcher_.engines.clear();
    HubOptions options;
    options.recorder = &recorder_;
    options.run_memory_bytes = memory_bytes;
    hub_ = std::make_unique<Hub>(launcher_, catalog_, std::move(options));
    client_ = std::make_unique<TestClient>(*hub_);
    const auto request = client_->send("LoadModel", R"({"path":"/models/a.gguf"})");
    pb::ModelLoadedT loaded;
    loaded.info = std::make_unique<pb::ModelInfoT>();
    loaded.info->capabilities = std::make_unique<pb::CapabilitiesT>();
    loaded.info->capabilities->generate = true;
    engine().say(pb::make_envelope(engine().last_request(), 0, 0, std::move(loaded)));
    client_->reply_to(request);
  }

  FakeEngine& engine() { return launcher_.engines.back(); }

  std::uint32_t start_run() {
    const auto reply = client_->ask("StartRun", R"({"model":1,"prompt":{"text":"Once"}})");
    return pb::envelope_of(reply).body_as_RunQueued()->run();
  }
  template <typename T>
  void say(std::uint32_t run, std::uint32_t seq, T body) {
    engine().say(pb::make_envelope(0, run, seq, std::move(body)));
  }
  // A message of about a kilobyte.
  void say_step(std::uint32_t run, std::uint32_t seq) {
    pb::StepsT steps;
    steps.steps.push_back(std::make_unique<pb::StepT>());
    steps.steps[0]->token = std::make_unique<pb::TokenT>();
    steps.steps[0]->token->text.assign(1000, 'x');
    say(run, seq, std::move(steps));
  }
  // RunStarted, n steps, Finished.
  void speak(std::uint32_t run, std::uint32_t n) {
    say(run, 1, pb::RunStartedT());
    for (std::uint32_t i = 0; i < n; ++i) say_step(run, i + 2);
    say(run, n + 2, pb::FinishedT());
  }
  // The numbers of the run's messages among all that the client can have now, fetched
  // as often as need be.
  std::vector<std::uint32_t> numbers(std::uint32_t run, TestClient& client) {
    std::vector<std::uint32_t> out;
    for (int round = 0; round < 100; ++round) {
      for (const auto& message : client.take_all()) {
        const auto& envelope = pb::envelope_of(message);
        if (envelope.run() == run && envelope.seq() != 0) out.push_back(envelope.seq());
      }
      recorder_.work();
    }
    return out;
  }
  static std::vector<std::uint32_t> one_to(std::uint32_t n) {
    std::vector<std::uint32_t> out;
    for (std::uint32_t i = 1; i <= n; ++i) out.push_back(i);
    return out;
  }

  FakeRecorder recorder_;
  FakeLauncher launcher_;
  FakeCatalog catalog_;
  std::unique_ptr<Hub> hub_;
  std::unique_ptr<TestClient> client_;
};

TEST_F(Recording, AMessageIsAnnouncedOnlyOnceItIsStored) {
  const auto run = start_run();
  say(run, 1, pb::RunStartedT());
  say_step(run, 2);
  EXPECT_TRUE(client_->take_all().empty());
  EXPECT_THAT(pb::to_json(client_->ask("ListRuns")), HasSubstr(R"("last_seq":0)"));
  recorder_.work();
  EXPECT_EQ(recorder_.stored[run].size(), 2u);
  EXPECT_EQ(numbers(run, *client_), one_to(2));
}

TEST_F(Recording, WhatTheServerItselfSaysOfARunIsRecordedToo) {
  const auto run = start_run();
  say(run, 1, pb::RunStartedT());
  engine().die("It was killed.");
  recorder_.work();
  ASSERT_EQ(recorder_.stored[run].size(), 2u);
  EXPECT_EQ(pb::envelope_of(*recorder_.stored[run][1]).body_type(), Body::Finished);
}

TEST_F(Recording, ARunThatCannotBeRecordedGoesOnInMemoryAndSaysSo) {
  const auto run = start_run();
  say(run, 1, pb::RunStartedT());
  EXPECT_TRUE(client_->take_all().empty());
  recorder_.fail(run, "The disk is full.");
  say_step(run, 2);
  std::vector<std::uint32_t> seen;
  for (const auto& message : client_->take_all()) seen.push_back(pb::envelope_of(message).seq());
  EXPECT_EQ(seen, one_to(2));
  const auto list = pb::to_json(client_->ask("ListRuns"));
  EXPECT_THAT(list, HasSubstr(R"("recorded":false)"));
  EXPECT_THAT(list, HasSubstr(R"("not_recorded":"The disk is full.")"));
}

TEST_F(Recording, RunsOfEarlierStartsAreListedAndNewOnesComeAfterThem) {
  pb::RunSummaryT earlier;
  earlier.run = 4;
  earlier.last_seq = 9;
  earlier.title = "A dragon";
  earlier.interrupted = true;
  recorder_.before = {earlier};
  recorder_.last = 6;
  make_hub();
  EXPECT_EQ(start_run(), 7u);
  const auto list = client_->ask("ListRuns");
  const auto& runs = *pb::envelope_of(list).body_as_RunList()->runs();
  ASSERT_EQ(runs.size(), 2u);
  EXPECT_EQ(runs[0]->title()->str(), "A dragon");
  EXPECT_TRUE(runs[0]->interrupted());
  EXPECT_EQ(runs[1]->run(), 7u);
}

TEST_F(Recording, ARecordedRunIsReadInPiecesFromAnyNumberOn) {
  const auto run = start_run();
  speak(run, 18);
  recorder_.work();
  pb::RunSummaryT earlier;
  earlier.run = run;
  earlier.last_seq = 20;
  recorder_.before = {earlier};
  recorder_.last = run;
  make_hub();
  const auto id = std::to_string(run);
  client_->send("Subscribe", "{\"run\":" + id + ",\"after\":0}");
  EXPECT_EQ(numbers(run, *client_), one_to(20));
  EXPECT_EQ(recorder_.n_reads, 7);
  TestClient other(*hub_);
  other.send("Subscribe", "{\"run\":" + id + ",\"after\":17}");
  EXPECT_EQ(numbers(run, other), (std::vector<std::uint32_t>{18, 19, 20}));
}

TEST_F(Recording, ARecordedRunThatCannotBeReadEndsTheSubscriptionWithAnError) {
  pb::RunSummaryT earlier;
  earlier.run = 1;
  earlier.last_seq = 5;
  recorder_.before = {earlier};
  recorder_.last = 1;
  make_hub();
  client_->ask("Subscribe", R"({"run":1,"after":0})");
  EXPECT_TRUE(client_->take_all().empty());
  recorder_.work();
  const auto messages = client_->take_all();
  ASSERT_EQ(messages.size(), 1u);
  EXPECT_EQ(pb::envelope_of(messages[0]).body_as_Error()->code(), pb::ErrorCode::Gone);
}

TEST_F(Recording, AnEarlierRunCannotBeSteered) {
  pb::RunSummaryT earlier;
  earlier.run = 1;
  recorder_.before = {earlier};
  recorder_.last = 1;
  make_hub();
  EXPECT_EQ(pb::envelope_of(client_->ask("Stop", "{}", 1)).body_as_Error()->code(), pb::ErrorCode::WrongState);
}

TEST_F(Recording, WhatNoLongerFitsTheMemoryIsReadFromTheRecording) {
  make_hub(std::size_t{22} << 10);
  const auto first = start_run();
  speak(first, 18);
  recorder_.work();
  EXPECT_EQ(numbers(first, *client_), one_to(20));
  const auto second = start_run();
  say(second, 1, pb::RunStartedT());
  // Far more than the memory, and the run still goes on.
  for (std::uint32_t seq = 2; seq <= 100; ++seq) {
    say_step(second, seq);
    recorder_.work();
  }
  TestClient late(*hub_);
  for (const auto run : {first, second}) {
    late.send("Subscribe", "{\"run\":" + std::to_string(run) + ",\"after\":0}");
    EXPECT_EQ(numbers(run, late), one_to(run == first ? 20 : 100));
  }
  EXPECT_GT(recorder_.n_reads, 30);
}

TEST_F(Recording, NothingIsDroppedThatIsNotStored) {
  make_hub(std::size_t{22} << 10);
  const auto run = start_run();
  say(run, 1, pb::RunStartedT());
  for (std::uint32_t seq = 2; seq <= 18; ++seq) say_step(run, seq);
  EXPECT_EQ(recorder_.n_reads, 0);
  recorder_.work();
  EXPECT_EQ(numbers(run, *client_), one_to(18));
}

TEST_F(Recording, TitlesNotesAndTagsAreKeptAndListed) {
  const auto run = start_run();
  speak(run, 1);
  recorder_.work();
  const auto request = client_->send("UpdateRun", R"({"run":1,"title":"A dragon","tags":["x"]})");
  recorder_.work();
  EXPECT_EQ(pb::envelope_of(client_->reply_to(request)).body_type(), Body::Ok);
  EXPECT_EQ(recorder_.labels[run].title, "A dragon");
  EXPECT_FALSE(recorder_.labels[run].note.has_value());
  EXPECT_THAT(pb::to_json(client_->ask("ListRuns")), HasSubstr(R"("title":"A dragon")"));
}

TEST_F(Recording, ADeletedRunIsGoneForEveryone) {
  const auto run = start_run();
  EXPECT_EQ(pb::envelope_of(client_->ask("DeleteRun", R"({"run":1})")).body_as_Error()->code(),
            pb::ErrorCode::WrongState);
  speak(run, 1);
  recorder_.work();
  const auto request = client_->send("DeleteRun", R"({"run":1})");
  recorder_.work();
  EXPECT_EQ(pb::envelope_of(client_->reply_to(request)).body_type(), Body::Ok);
  EXPECT_EQ(pb::envelope_of(client_->ask("Subscribe", R"({"run":1})")).body_as_Error()->code(), pb::ErrorCode::Gone);
}

TEST_F(Recording, ASearchGivesWhatTheRecordingsFind) {
  for (int i = 0; i < 3; ++i) speak(start_run(), 1);
  recorder_.work();
  recorder_.found = {2, 99};
  const auto request = client_->send("SearchRuns", R"({"text":"dragon"})");
  recorder_.work();
  const auto reply = client_->reply_to(request);
  const auto& runs = *pb::envelope_of(reply).body_as_RunList()->runs();
  ASSERT_EQ(runs.size(), 1u);
  EXPECT_EQ(runs[0]->run(), 2u);
}

TEST(WithoutARecorder, ThereIsNothingToSearchChangeOrDelete) {
  FakeLauncher launcher;
  FakeCatalog catalog;
  Hub hub(launcher, catalog, {});
  TestClient client(hub);
  EXPECT_EQ(pb::envelope_of(client.ask("SearchRuns")).body_as_Error()->code(), pb::ErrorCode::WrongState);
  EXPECT_EQ(pb::envelope_of(client.ask("DeleteRun", R"({"run":1})")).body_as_Error()->code(), pb::ErrorCode::NoSuchRun);
}

}  // namespace
}  // namespace inferno::session
