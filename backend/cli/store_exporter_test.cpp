#include "cli/store_exporter.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "store/testing/steps.h"

namespace inferno::cli {
namespace {

using server::Export;
using server::ExportForm;
using store::testing::RunMaker;

// A folder with one recorded run, and an exporter of it.
class StoreExporterTest : public ::testing::Test {
 protected:
  StoreExporterTest() {
    auto store = store::Store::open(folder_.path());
    INFERNO_CHECK(store.ok());
    const auto run = (*store)->begin_run(store::testing::new_run("Once upon </script> a time"));
    RunMaker maker(*run);
    std::vector<store::Bytes> messages{maker.started(), maker.prompt(5)};
    for (int i = 0; i < 600; ++i) messages.push_back(maker.steps());
    messages.push_back(maker.finished());
    for (const auto& message : messages) INFERNO_CHECK(store::testing::append(**store, *run, message).ok());
    store::testing::compact_all(**store);
    exporter_.emplace(io_, folder_.path(), folder_ / "no-page.html");
  }

  // Runs what is posted until `done`.
  template <typename Condition>
  void wait(const Condition& done) {
    const auto limit = std::chrono::steady_clock::now() + std::chrono::seconds(30);
    while (!done() && std::chrono::steady_clock::now() < limit) {
      io_.restart();
      io_.run_one_for(std::chrono::milliseconds(50));
    }
    ASSERT_TRUE(done());
  }
  Result<Export> open(std::uint32_t run, ExportForm form) {
    std::optional<Result<Export>> opened;
    exporter_->open(run, form, [&](Result<Export> result) { opened.emplace(std::move(result)); });
    EXPECT_FALSE(opened) << "answered within the call";
    wait([&] { return opened.has_value(); });
    return std::move(*opened);
  }
  std::string read(Export& opened) {
    std::string all;
    for (bool more = true; more;) {
      std::optional<Result<std::string>> piece;
      opened.stream->next([&](Result<std::string> result) { piece.emplace(std::move(result)); });
      wait([&] { return piece.has_value(); });
      EXPECT_TRUE(piece->ok());
      more = piece->ok() && !(*piece)->empty();
      if (more) all += **piece;
    }
    return all;
  }

  store::testing::Folder folder_;
  boost::asio::io_context io_;
  std::optional<StoreExporter> exporter_;
};

TEST_F(StoreExporterTest, GivesATablePieceByPieceUnderAPlainName) {
  auto opened = open(1, ExportForm::kCsv);
  ASSERT_TRUE(opened.ok()) << opened.error().message;
  EXPECT_EQ(opened->name, "once-upon-script-a-time-run-1.csv");
  const std::string table = read(*opened);
  EXPECT_EQ(std::count(table.begin(), table.end(), '\n'), 606);
}

TEST_F(StoreExporterTest, GivesARecordingAndLeavesNoFileBehind) {
  auto opened = open(1, ExportForm::kPortable);
  ASSERT_TRUE(opened.ok()) << opened.error().message;
  EXPECT_TRUE(read(*opened).starts_with("SQLite format 3"));
  for (const auto& entry : std::filesystem::directory_iterator(folder_.path()))
    EXPECT_TRUE(entry.path().filename().string().starts_with("recordings.")) << entry.path();
}

TEST_F(StoreExporterTest, SaysWhatIsMissing) {
  EXPECT_EQ(open(99, ExportForm::kCsv).error().code, ErrorCode::kNoSuchRun);
  EXPECT_EQ(open(1, ExportForm::kPage).error().code, ErrorCode::kFileNotFound);
}

TEST_F(StoreExporterTest, MakesSoManyAtOnceAndAgainWhenOneIsDone) {
  std::vector<Export> all;
  for (int i = 0; i < StoreExporter::kMaxExports; ++i) {
    auto opened = open(1, ExportForm::kJsonLines);
    ASSERT_TRUE(opened.ok());
    all.push_back(std::move(*opened));
  }
  EXPECT_EQ(open(1, ExportForm::kJsonLines).error().code, ErrorCode::kTooLarge);
  all.pop_back();
  EXPECT_TRUE(open(1, ExportForm::kJsonLines).ok());
}

TEST_F(StoreExporterTest, EndsWithAnExportUnderWay) {
  auto opened = open(1, ExportForm::kJsonLines);
  ASSERT_TRUE(opened.ok());
  bool answered = false;
  opened->stream->next([&](const Result<std::string>&) { answered = true; });
  exporter_.reset();
  opened->stream.reset();
  io_.restart();
  io_.run_for(std::chrono::milliseconds(20));
  EXPECT_FALSE(answered);
}

}  // namespace
}  // namespace inferno::cli
