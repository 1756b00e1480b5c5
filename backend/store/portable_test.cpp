#include "store/portable.h"

#include <gtest/gtest.h>

#include <chrono>
#include <fstream>
#include <iterator>
#include <random>

#include "store/testing/steps.h"
#include "store/text_export.h"

namespace inferno::store {
namespace {

// Sanitizers make each import some twenty times slower.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr int kMutants = 40;
#else
constexpr int kMutants = 300;
#endif

using testing::append;
using testing::compact_all;
using testing::Folder;
using testing::new_run;
using testing::read_all;
using testing::RunMaker;
using testing::to_json;

std::string contents(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

void write(const std::filesystem::path& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary | std::ios::trunc) << bytes;
}

class Portable : public ::testing::Test {
 protected:
  void SetUp() override {
    here_ = open(here_folder_);
    there_ = open(there_folder_);
    const auto run = here_->begin_run(new_run("carry me"));
    RunMaker maker(*run);
    messages_ = {maker.started(), maker.prompt(5)};
    for (int i = 0; i < 300; ++i) messages_.push_back(maker.steps());
    messages_.push_back(maker.finished());
    for (const Bytes& message : messages_) INFERNO_CHECK(append(*here_, *run, message).ok());
    compact_all(*here_);
    INFERNO_CHECK(here_->change_session(1, {"A title", "A note", {{"one", "two"}}}).ok());
    file_ = here_folder_ / "carried.inferno";
    INFERNO_CHECK(export_session(*here_, 1, file_).ok());
  }
  static std::unique_ptr<Store> open(const Folder& folder) {
    auto store = Store::open(folder.path());
    INFERNO_CHECK(store.ok());
    return std::move(*store);
  }
  // Changes the exported file as SQL can.
  void change_file(const std::string& sql) {
    auto database = Database::open(file_, Database::Mode::kOwn);
    ASSERT_TRUE(database.ok());
    const auto done = database->execute(sql);
    ASSERT_TRUE(done.ok()) << done.error().message;
  }
  void expect_refused() {
    const auto imported = import_sessions(*there_, file_);
    ASSERT_FALSE(imported.ok());
    EXPECT_FALSE(imported.error().message.empty());
    EXPECT_TRUE(there_->sessions({})->empty());
  }

  Folder here_folder_, there_folder_;
  std::unique_ptr<Store> here_, there_;
  std::vector<Bytes> messages_;
  std::filesystem::path file_;
};

TEST_F(Portable, ASessionIsTheSameElsewhere) {
  // Another run there first, so that ids differ.
  ASSERT_TRUE(there_->begin_run(new_run()).ok());
  const auto imported = import_sessions(*there_, file_);
  ASSERT_TRUE(imported.ok()) << imported.error().message;
  const auto session = there_->session(imported->front());
  EXPECT_EQ(session->title, "A title");
  EXPECT_EQ(session->note, "A note");
  EXPECT_EQ(session->tags, (std::vector<std::string>{"one", "two"}));
  EXPECT_EQ(session->uuid, here_->session(1)->uuid);
  ASSERT_EQ(session->runs.size(), 1u);
  const RunInfo& run = session->runs.front();
  EXPECT_EQ(run.id, 2u);
  EXPECT_EQ(run.prompt, "carry me");
  EXPECT_EQ(run.model.name, "made-up.gguf");
  EXPECT_EQ(run.n_generated, 300u);
  const auto back = read_all(*there_, run.id);
  ASSERT_EQ(back.size(), messages_.size());
  for (std::size_t i = 0; i < back.size(); ++i) {
    EXPECT_EQ(protocol::envelope_of(back[i]).run(), 2u);
    protocol::EnvelopeT is, was;
    protocol::envelope_of(back[i]).UnPackTo(&is);
    protocol::envelope_of(messages_[i]).UnPackTo(&was);
    is.run = was.run;
    EXPECT_EQ(to_json({protocol::encode(is)}), to_json({protocol::encode(was)}));
  }
  EXPECT_TRUE(there_->check()->empty());
}

TEST_F(Portable, ABranchIsOneElsewhereToo) {
  NewRun made = new_run("");
  made.session = 1;
  made.parent = 1;
  made.fork_position = 7;
  made.replay = true;
  const auto branch = here_->begin_run(made);
  protocol::RunStartedT started;
  started.parent = 1;
  started.fork_position = 7;
  ASSERT_TRUE(append(*here_, *branch, protocol::make_envelope(0, *branch, 1, std::move(started))).ok());
  ASSERT_TRUE(append(*here_, *branch, protocol::make_envelope(0, *branch, 2, protocol::FinishedT())).ok());
  compact_all(*here_);
  ASSERT_TRUE(export_session(*here_, 1, file_).ok());
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(there_->begin_run(new_run()).ok());
  const auto imported = import_sessions(*there_, file_);
  ASSERT_TRUE(imported.ok()) << imported.error().message;
  const auto session = there_->session(imported->front());
  ASSERT_EQ(session->runs.size(), 2u);
  EXPECT_EQ(session->runs[1].parent, 6u);
  EXPECT_EQ(session->runs[1].fork_position, 7u);
  EXPECT_TRUE(session->runs[1].replay);
  EXPECT_EQ(session->runs[1].prompt, "carry me");
  // What its messages say of the parent is true there, too.
  const auto messages = read_all(*there_, 7);
  EXPECT_EQ(protocol::envelope_of(messages[0]).body_as_RunStarted()->parent(), 6u);
}

TEST_F(Portable, AFileOfVersion1CanBeImported) {
  change_file("ALTER TABLE run DROP COLUMN replay; PRAGMA user_version=1");
  const auto imported = import_sessions(*there_, file_);
  ASSERT_TRUE(imported.ok()) << imported.error().message;
  EXPECT_EQ(read_all(*there_, 1).size(), messages_.size());
}

TEST_F(Portable, AFileChangesNothingOfTheModelsThatAreHere) {
  ASSERT_TRUE(there_->begin_run(new_run()).ok());
  change_file("UPDATE model SET name = 'other', path = '/elsewhere'");
  const auto imported = import_sessions(*there_, file_);
  ASSERT_TRUE(imported.ok()) << imported.error().message;
  EXPECT_EQ(there_->session(imported->front())->runs.front().model.name, "other");
  EXPECT_EQ(there_->session(1)->runs.front().model.name, "made-up.gguf");
  EXPECT_EQ(there_->session(1)->runs.front().model.path, "/models/made-up.gguf");
}

TEST_F(Portable, AnExportHoldsNothingOfOtherSessions) {
  const auto other = here_->begin_run(new_run("my secret prompt"));
  RunMaker maker(*other, 2);
  ASSERT_TRUE(append(*here_, *other, maker.started()).ok());
  ASSERT_TRUE(append(*here_, *other, maker.finished()).ok());
  compact_all(*here_);
  ASSERT_TRUE(export_session(*here_, 1, file_).ok());
  EXPECT_EQ(contents(file_).find("secret"), std::string::npos);
  EXPECT_FALSE(std::filesystem::exists(file_.string() + "-wal"));
}

TEST_F(Portable, ASessionIsImportedOnce) {
  ASSERT_TRUE(import_sessions(*there_, file_).ok());
  const auto again = import_sessions(*there_, file_);
  ASSERT_FALSE(again.ok());
  EXPECT_EQ(again.error().code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(there_->sessions({})->size(), 1u);
}

TEST_F(Portable, AnInterruptedRunIsInterruptedElsewhere) {
  const auto run = here_->begin_run(new_run("cut short"));
  RunMaker maker(*run, 2);
  ASSERT_TRUE(append(*here_, *run, maker.started()).ok());
  here_.reset();
  here_ = open(here_folder_);
  compact_all(*here_);
  ASSERT_TRUE(export_session(*here_, 2, file_).ok());
  const auto imported = import_sessions(*there_, file_);
  ASSERT_TRUE(imported.ok()) << imported.error().message;
  EXPECT_EQ(there_->session(imported->front())->runs.front().state, RunState::kInterrupted);
}

TEST_F(Portable, RefusesATrigger) {
  change_file("CREATE TRIGGER t AFTER INSERT ON tag BEGIN DELETE FROM tag; END");
  expect_refused();
}
TEST_F(Portable, RefusesAViewInPlaceOfATable) {
  change_file("ALTER TABLE tag RENAME TO tag2; CREATE VIEW tag AS SELECT * FROM tag2");
  expect_refused();
}
TEST_F(Portable, RefusesAVirtualTable) {
  change_file("CREATE VIRTUAL TABLE x USING fts5(y)");
  expect_refused();
}
TEST_F(Portable, RefusesAGeneratedColumn) {
  change_file("ALTER TABLE tag ADD COLUMN y TEXT AS (hex(tag))");
  expect_refused();
}
TEST_F(Portable, RefusesANewerVersion) {
  change_file("PRAGMA user_version=3");
  expect_refused();
}
TEST_F(Portable, RefusesAnotherProgramsFile) {
  change_file("PRAGMA application_id=1");
  expect_refused();
}
TEST_F(Portable, RefusesARequestThatIsNone) {
  change_file("UPDATE run SET request = x'00112233'");
  expect_refused();
}
TEST_F(Portable, RefusesTextsThatAreTooLong) {
  change_file("UPDATE session SET title = printf('%.*c', 2000, 'x')");
  expect_refused();
}
TEST_F(Portable, RefusesARunWithoutItsEnd) {
  change_file("DELETE FROM chunk WHERE first_seq > 1");
  expect_refused();
}
TEST_F(Portable, RefusesTokensThatTheVocabularyDoesNotHave) {
  change_file("DELETE FROM vocabulary WHERE token % 2 = 0");
  expect_refused();
}
TEST_F(Portable, RefusesAChunkThatIsNone) {
  change_file("UPDATE chunk SET data = zeroblob(100)");
  expect_refused();
}
TEST_F(Portable, RefusesAFileOverTheLimit) {
  EXPECT_EQ(import_sessions(*there_, file_, {.max_bytes = 1000}).error().code, ErrorCode::kTooLarge);
}
TEST_F(Portable, RefusesWhatTakesTooLong) {
  const auto imported = import_sessions(*there_, file_, {.max_ms = 0});
  ASSERT_FALSE(imported.ok());
  EXPECT_EQ(imported.error().code, ErrorCode::kTimeout);
  EXPECT_TRUE(there_->sessions({})->empty());
}
TEST_F(Portable, RefusesWhatIsNoFile) {
  EXPECT_EQ(import_sessions(*there_, "/dev/zero").error().code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(import_sessions(*there_, "/nowhere").error().code, ErrorCode::kFileNotFound);
}

TEST_F(Portable, MutantsAreAnErrorInWordsOrASoundRecordingNeverACrashOrAHang) {
  const std::string original = contents(file_);
  std::mt19937 random(1);
  int n_refused = 0;
  for (int i = 0; i < kMutants; ++i) {
    std::string mutant = original;
    const std::size_t n_changes = 1 + random() % 8;
    // Half of them near the start of a page, where SQLite keeps its own numbers.
    for (std::size_t k = 0; k < n_changes; ++k) {
      std::size_t at = random() % mutant.size();
      if (i % 2 == 0) at = at / 4096 * 4096 + random() % 64;
      mutant[at % mutant.size()] = static_cast<char>(random());
    }
    if (i % 10 == 0) mutant.resize(random() % mutant.size());
    write(file_, mutant);
    const auto began = std::chrono::steady_clock::now();
    const auto imported = import_sessions(*there_, file_, {.max_ms = 5000});
    EXPECT_LT(std::chrono::steady_clock::now() - began, std::chrono::seconds(60));
    if (imported) {
      for (const auto id : *imported) ASSERT_TRUE(there_->delete_session(id).ok());
    } else {
      EXPECT_FALSE(imported.error().message.empty());
      ++n_refused;
    }
    ASSERT_TRUE(there_->sessions({})->empty());
  }
  EXPECT_GT(n_refused, kMutants / 3);
  EXPECT_TRUE(there_->check()->empty());
}

std::string whole(TextExport& text) {
  std::string all;
  while (true) {
    const auto piece = text.next();
    INFERNO_CHECK(piece.ok());
    if (piece->empty()) return all;
    all += *piece;
  }
}

TEST_F(Portable, JsonLinesAreTheMessages) {
  std::string expected;
  for (const auto& line : to_json(messages_)) expected += line + "\n";
  EXPECT_EQ(whole(*export_json_lines(*here_, *here_->session(1))), expected);
}

TEST_F(Portable, CsvHasALineForEveryStep) {
  const std::string text = whole(*export_csv(*here_, *here_->session(1)));
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 306);
  EXPECT_TRUE(text.starts_with("run,position,part,token,text,"));
  EXPECT_NE(text.find("\r\n1,0,prompt,"), std::string::npos);
  EXPECT_NE(text.find("\r\n1,304,generated,"), std::string::npos);
}

TEST_F(Portable, AFaultEndsATextExportForGood) {
  const auto text = export_json_lines(*here_, *here_->session(1));
  ASSERT_TRUE(text->next().ok());
  ASSERT_TRUE(here_->delete_session(1).ok());
  EXPECT_FALSE(text->next().ok());
  EXPECT_EQ(*text->next(), "");
}

}  // namespace
}  // namespace inferno::store
