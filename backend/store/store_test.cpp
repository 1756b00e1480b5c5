#include "store/store.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "protocol/json.h"
#include "store/recording_schema.h"
#include "store/run_summary.h"
#include "store/testing/steps.h"

namespace inferno::store {
namespace {

using testing::append;
using testing::compact_all;
using testing::Folder;
using testing::new_run;
using testing::read_all;
using testing::RunMaker;
using testing::to_json;

class StoreTest : public ::testing::Test {
 protected:
  void SetUp() override { reopen(); }
  void reopen() {
    store_.reset();
    auto opened = Store::open(folder_.path());
    ASSERT_TRUE(opened.ok()) << opened.error().message;
    store_ = std::move(*opened);
  }
  std::uint32_t begin(const NewRun& run = new_run()) {
    const auto id = store_->begin_run(run);
    INFERNO_CHECK(id.ok());
    return *id;
  }
  // A whole run; what was appended.
  std::vector<Bytes> record(std::uint32_t run, std::uint32_t n_steps, bool finish = true) {
    RunMaker maker(run);
    std::vector<Bytes> messages = {maker.started(), maker.prompt(5)};
    for (std::uint32_t i = 0; i < n_steps; ++i) messages.push_back(maker.steps());
    if (finish) messages.push_back(maker.finished());
    for (const Bytes& message : messages) INFERNO_CHECK(append(*store_, run, message).ok());
    return messages;
  }
  RunInfo info(std::uint32_t run) {
    const auto sessions = store_->sessions({});
    for (const auto& session : *sessions) {
      for (const auto& one : session.runs) {
        if (one.id == run) return one;
      }
    }
    return {};
  }

  Folder folder_;
  std::unique_ptr<Store> store_;
};

TEST_F(StoreTest, GivesBackARunBeforeAndAfterItIsCompacted) {
  const auto run = begin();
  const auto messages = record(run, 700);
  EXPECT_EQ(to_json(read_all(*store_, run)), to_json(messages));
  compact_all(*store_);
  EXPECT_EQ(to_json(read_all(*store_, run)), to_json(messages));
  EXPECT_EQ(*store_->database().number("SELECT count(*) FROM message"), 0);
  reopen();
  EXPECT_EQ(to_json(read_all(*store_, run)), to_json(messages));
}

TEST_F(StoreTest, ReadsFromAnyNumberOn) {
  const auto run = begin();
  const auto messages = to_json(record(run, 600));
  ASSERT_TRUE(store_->compact_some().ok());  // a part in chunks, a part not
  for (std::uint32_t after = 0; after < messages.size(); after += 37) {
    const auto some = store_->read(run, after);
    ASSERT_TRUE(some.ok());
    ASSERT_FALSE(some->empty());
    EXPECT_EQ(protocol::to_json(some->front()), messages[after]);
  }
  EXPECT_TRUE(store_->read(run, static_cast<std::uint32_t>(messages.size()))->empty());
}

TEST_F(StoreTest, FindsTheMessageOfAPosition) {
  const auto run = begin();
  record(run, 600);
  compact_all(*store_);
  EXPECT_EQ(*store_->seq_at(run, 0), 2u);  // in PromptTokens
  EXPECT_EQ(*store_->seq_at(run, 5), 3u);  // the first generated
  EXPECT_EQ(*store_->seq_at(run, 604), 602u);
  EXPECT_EQ(*store_->seq_at(run, 605), std::nullopt);
}

TEST_F(StoreTest, RefusesAMessageOutOfOrderAndKeepsWhatItHas) {
  const auto run = begin();
  RunMaker maker(run);
  ASSERT_TRUE(append(*store_, run, maker.started()).ok());
  const auto skipped = maker.steps();
  const auto refused = append(*store_, run, maker.steps());
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code, ErrorCode::kWrongState);
  EXPECT_TRUE(append(*store_, run, skipped).ok());
  EXPECT_EQ(read_all(*store_, run).size(), 2u);
}

TEST_F(StoreTest, StoresAllMessagesOfOneCallOrNone) {
  const auto run = begin();
  RunMaker maker(run);
  const Bytes first = maker.started();
  maker.steps();
  const Bytes third = maker.steps();
  const std::span<const std::uint8_t> both[] = {first, third};
  EXPECT_FALSE(store_->append(run, both).ok());
  EXPECT_TRUE(read_all(*store_, run).empty());
}

TEST_F(StoreTest, ARunThatWasGoingOnIsInterruptedAtTheNextStartAndSaysSo) {
  const auto run = begin();
  const auto messages = record(run, 300, false);
  ASSERT_TRUE(store_->compact_some().ok());
  reopen();
  const auto after = read_all(*store_, run);
  ASSERT_EQ(after.size(), messages.size() + 1);
  EXPECT_EQ(to_json({after.begin(), after.end() - 1}), to_json(messages));
  const auto* finished = protocol::envelope_of(after.back()).body_as_Finished();
  ASSERT_NE(finished, nullptr);
  EXPECT_EQ(finished->n_generated(), 300u);
  EXPECT_NE(finished->error()->message()->str().find("server ended"), std::string::npos);
  EXPECT_EQ(info(run).state, RunState::kInterrupted);
  EXPECT_EQ(info(run).n_generated, 300u);
  EXPECT_EQ(info(run).last_seq, after.size());
  reopen();
  EXPECT_EQ(read_all(*store_, run).size(), after.size());
}

TEST_F(StoreTest, ListsWhatARunIs) {
  const auto run = begin(new_run("A prompt of note"));
  record(run, 10);
  const auto one = info(run);
  EXPECT_EQ(one.state, RunState::kFinished);
  EXPECT_EQ(one.prompt, "A prompt of note");
  EXPECT_EQ(one.model.name, "made-up.gguf");
  EXPECT_EQ(one.engine_build, "0.5.0");
  EXPECT_EQ(one.n_prompt, 5u);
  EXPECT_EQ(one.n_generated, 10u);
  EXPECT_NE(one.finished.find("\"reason\":\"EndOfText\""), std::string::npos);
}

TEST_F(StoreTest, ABranchIsOfItsParentsSessionAndKnowsWhereItBegan) {
  const auto parent = begin();
  record(parent, 10);
  auto branch = new_run();
  branch.session = info(parent).session;
  branch.parent = parent;
  branch.fork_position = 7;
  const auto child = begin(branch);
  const auto sessions = store_->sessions({});
  ASSERT_EQ(sessions->size(), 1u);
  EXPECT_EQ(sessions->front().runs.size(), 2u);
  EXPECT_EQ(info(child).parent, parent);
  EXPECT_EQ(info(child).fork_position, 7u);
}

TEST_F(StoreTest, FindsSessionsByWhatPeopleRemember) {
  const auto dragon = begin(new_run("Tell me of a 100% red Dragon"));
  record(dragon, 3);
  const auto cat = begin(new_run("Tell me of a cat"));
  record(cat, 3);
  compact_all(*store_);
  ASSERT_TRUE(store_->change_session(info(cat).session, {"Felines", "bad at chess", {{"animals", "tests"}}}).ok());
  const auto found = [&](SessionQuery query) {
    std::vector<std::uint32_t> runs;
    const auto sessions = store_->sessions(query);
    for (const auto& session : *sessions) runs.push_back(session.runs.front().id);
    return runs;
  };
  using Runs = std::vector<std::uint32_t>;
  EXPECT_EQ(found({.text = "dragon"}), Runs{dragon});
  EXPECT_EQ(found({.text = "100%"}), Runs{dragon});
  EXPECT_EQ(found({.text = "FELINE"}), Runs{cat});
  EXPECT_EQ(found({.text = "chess"}), Runs{cat});
  EXPECT_EQ(found({.text = "anim"}), Runs{cat});
  EXPECT_EQ(found({.text = "made-up"}), (Runs{cat, dragon}));
  EXPECT_EQ(found({.tag = "tests"}), Runs{cat});
  EXPECT_EQ(found({.tag = "test"}), Runs{});
  EXPECT_EQ(found({.text = " w"}), Runs{});
  EXPECT_EQ(found({.text = " w", .in_generated_text = true}), (Runs{cat, dragon}));
  EXPECT_EQ(found({.limit = 1}), Runs{cat});
  EXPECT_EQ(found({.before = info(cat).session}), Runs{dragon});
}

TEST_F(StoreTest, RefusesTextsThatAreTooLongOrNoText) {
  const auto session = info((record(begin(), 1), 1)).session;
  EXPECT_EQ(store_->change_session(session, {.title = std::string(5000, 'x')}).error().code, ErrorCode::kTooLarge);
  EXPECT_EQ(store_->change_session(session, {.note = "\xff"}).error().code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(store_->change_session(99, {.title = "x"}).error().code, ErrorCode::kInvalidArgument);
}

TEST_F(StoreTest, DeletesASessionWithAllThatBelongsToIt) {
  const auto kept = begin(new_run("kept"));
  const auto messages = record(kept, 300);
  const auto gone = begin(new_run("gone"));
  record(gone, 3000);
  compact_all(*store_);
  const auto before = store_->file_bytes();
  ASSERT_TRUE(store_->delete_session(info(gone).session).ok());
  EXPECT_LT(store_->file_bytes(), before / 2);
  EXPECT_EQ(store_->read(gone, 0).error().code, ErrorCode::kNoSuchRun);
  EXPECT_EQ(to_json(read_all(*store_, kept)), to_json(messages));
  EXPECT_EQ(store_->sessions({})->size(), 1u);
  EXPECT_TRUE(store_->check()->empty());
}

TEST_F(StoreTest, DoesNotDeleteARunThatIsGoingOn) {
  const auto run = begin();
  record(run, 3, false);
  EXPECT_EQ(store_->delete_session(info(run).session).error().code, ErrorCode::kWrongState);
  EXPECT_EQ(read_all(*store_, run).size(), 5u);
}

TEST_F(StoreTest, NeverUsesARunsIdAgain) {
  const auto run = begin();
  record(run, 1);
  ASSERT_TRUE(store_->delete_run(run).ok());
  reopen();
  EXPECT_GT(begin(), run);
}

TEST_F(StoreTest, KeepsWhatRetentionAllows) {
  constexpr std::int64_t kDay = 86'400'000;
  for (int i = 0; i < 10; ++i) record(begin(new_run("run", i * kDay)), 300);
  compact_all(*store_);
  EXPECT_EQ(*store_->retain({}, 100 * kDay), 0u);
  EXPECT_EQ(*store_->retain({.max_age_ms = 5 * kDay}, 10 * kDay), 5u);
  EXPECT_EQ(store_->sessions({})->size(), 5u);
  const auto bytes = store_->file_bytes();
  EXPECT_GT(*store_->retain({.max_bytes = bytes / 2}, 10 * kDay), 0u);
  EXPECT_LE(store_->file_bytes(), bytes / 2);
  EXPECT_FALSE(store_->sessions({})->empty());
}

TEST_F(StoreTest, WaitsForTheDiskWhenAsked) {
  const auto run = begin();
  const auto messages = record(run, 3);
  ASSERT_TRUE(store_->sync().ok());
  EXPECT_EQ(*store_->database().number("PRAGMA synchronous"), 1);
  EXPECT_EQ(to_json(read_all(*store_, run)), to_json(messages));
}

TEST_F(StoreTest, OnlyOneProcessRecordsInAFolder) {
  const auto second = Store::open(folder_.path());
  ASSERT_FALSE(second.ok());
  EXPECT_EQ(second.error().code, ErrorCode::kWrongState);
}

TEST_F(StoreTest, AnotherProcessMayReadMeanwhileButNotWrite) {
  const auto run = begin();
  const auto messages = record(run, 300, false);
  auto reader = Store::open_to_read(folder_.path());
  ASSERT_TRUE(reader.ok()) << reader.error().message;
  EXPECT_EQ(to_json(read_all(**reader, run)), to_json(messages));
  EXPECT_FALSE((*reader)->change_session(1, {.title = "x"}).ok());
}

TEST_F(StoreTest, RefusesAFileOfANewerVersionAndLeavesItAlone) {
  record(begin(), 3);
  ASSERT_TRUE(store_->database().execute("PRAGMA user_version=99").ok());
  store_.reset();
  const auto opened = Store::open(folder_.path());
  ASSERT_FALSE(opened.ok());
  EXPECT_EQ(opened.error().code, ErrorCode::kUnsupportedVersion);
  auto database = Database::open(folder_ / "recordings.db", Database::Mode::kReadOnly);
  EXPECT_EQ(*database->number("PRAGMA user_version"), 99);
}

// As version 1 had them: runs that cannot say whether they are replays.
void make_version_1(Database& database) {
  ASSERT_TRUE(database.execute("ALTER TABLE run DROP COLUMN replay; PRAGMA user_version=1").ok());
}

TEST_F(StoreTest, BringsAFileOfVersion1ToTheCurrentOneWithAllThatIsInIt) {
  const auto run = begin();
  const auto messages = record(run, 300);
  make_version_1(store_->database());
  {
    // One who only looks reads it as it is.
    auto reader = Store::open_to_read(folder_.path());
    ASSERT_TRUE(reader.ok()) << reader.error().message;
    EXPECT_EQ((*reader)->sessions({})->front().runs.size(), 1u);
  }
  reopen();
  EXPECT_EQ(*store_->database().number("PRAGMA user_version"), 2);
  EXPECT_EQ(to_json(read_all(*store_, run)), to_json(messages));
  EXPECT_FALSE(info(run).replay);
  EXPECT_TRUE(check_exact_schema(store_->database()).ok());
}

TEST_F(StoreTest, ABranchJoinsASessionAndOutlivesItsParent) {
  const auto parent = begin();
  record(parent, 10);
  NewRun made = new_run("");
  made.session = *store_->session_of(parent);
  made.parent = parent;
  made.fork_position = 7;
  made.replay = true;
  const auto branch = begin(made);
  const auto messages = record(branch, 10);
  const auto summary = run_summary(info(branch), *store_->session(*store_->session_of(branch)));
  EXPECT_EQ(summary.parent, parent);
  EXPECT_EQ(summary.fork_position, 7u);
  EXPECT_TRUE(summary.replay);
  EXPECT_EQ(summary.prompt, "Once upon a time");
  ASSERT_TRUE(store_->delete_run(parent).ok());
  compact_all(*store_);
  EXPECT_EQ(to_json(read_all(*store_, branch)), to_json(messages));
  EXPECT_FALSE(info(branch).parent.has_value());
  EXPECT_EQ(store_->sessions({})->size(), 1u);
  ASSERT_TRUE(store_->delete_run(branch).ok());
  EXPECT_TRUE(store_->sessions({})->empty());
}

TEST_F(StoreTest, AFullDiskIsAnErrorInWordsAndWhatWasConfirmedStays) {
  const auto run = begin();
  RunMaker maker(run);
  ASSERT_TRUE(store_->database().execute("PRAGMA max_page_count=60").ok());
  std::vector<Bytes> confirmed;
  std::optional<Error> full;
  for (int i = 0; i < 1000 && !full; ++i) {
    Bytes message = i == 0 ? maker.started() : maker.steps();
    if (const auto stored = append(*store_, run, message); !stored) {
      full = stored.error();
    } else {
      confirmed.push_back(std::move(message));
    }
  }
  ASSERT_TRUE(full.has_value());
  EXPECT_NE(full->message.find("disk is full"), std::string::npos) << full->message;
  EXPECT_EQ(to_json(read_all(*store_, run)), to_json(confirmed));
  ASSERT_TRUE(store_->database().execute("PRAGMA max_page_count=100000").ok());
  ASSERT_TRUE(store_->give_up(run, full->message).ok());
  EXPECT_EQ(info(run).not_recorded, full->message);
  reopen();
  compact_all(*store_);
  EXPECT_EQ(to_json(read_all(*store_, run)), to_json(confirmed));
  EXPECT_TRUE(store_->check()->empty());
}

TEST_F(StoreTest, AFolderThatCannotBeWrittenIsAnErrorInWords) {
  const auto opened = Store::open("/proc/inferno");
  ASSERT_FALSE(opened.ok());
  EXPECT_NE(opened.error().message.find("/proc/inferno"), std::string::npos);
}

TEST_F(StoreTest, TheStepsOfARunCanBeQueriedWithPlainSql) {
  const auto run = begin();
  const auto messages = record(run, 300);
  compact_all(*store_);
  auto& database = store_->database();
  EXPECT_EQ(*database.number("SELECT count(*) FROM chunk, json_each(steps) WHERE run = 1"), 305);
  const auto* step = protocol::envelope_of(messages[2]).body_as_Steps()->steps()->Get(0);
  EXPECT_EQ(*database.number("SELECT json_extract(value, '$[0]') FROM chunk, json_each(steps) "
                             "WHERE run = 1 AND first_position + key = 5"),
            step->token()->id());
  EXPECT_EQ(*database.number("SELECT json_extract(started, '$.body.seed') FROM run"), 42);
}

}  // namespace
}  // namespace inferno::store
