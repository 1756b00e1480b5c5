#include "store/html_export.h"

#include <gtest/gtest.h>
#include <zlib.h>

#include <fstream>
#include <map>

#include "store/run_summary.h"
#include "store/testing/steps.h"

namespace inferno::store {
namespace {

using testing::append;
using testing::compact_all;
using testing::Folder;
using testing::new_run;
using testing::RunMaker;

constexpr std::string_view kHead = "<!doctype html><body>";
constexpr std::string_view kTail = "</body></html>";
constexpr std::string_view kHostile = "</script><script>alert(1)</script><!-- \" ' &";

std::string whole(TextExport& text) {
  std::string all;
  while (true) {
    const auto piece = text.next();
    INFERNO_CHECK(piece.ok());
    if (piece->empty()) return all;
    all += *piece;
  }
}

Bytes from_base64(std::string_view text) {
  static constexpr std::string_view kDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  Bytes bytes;
  std::uint32_t bits = 0;
  int n_bits = 0;
  for (const char digit : text.substr(0, text.find('='))) {
    const auto value = kDigits.find(digit);
    INFERNO_CHECK(value != std::string_view::npos);
    bits = bits << 6 | static_cast<std::uint32_t>(value);
    n_bits += 6;
    if (n_bits < 8) continue;
    n_bits -= 8;
    bytes.push_back(static_cast<std::uint8_t>(bits >> n_bits));
  }
  return bytes;
}

Bytes gunzip(Bytes packed) {
  Bytes out(std::size_t{64} << 20);
  z_stream stream{};
  INFERNO_CHECK(::inflateInit2(&stream, 15 + 16) == Z_OK);
  stream.next_in = packed.data();
  stream.avail_in = static_cast<uInt>(packed.size());
  stream.next_out = out.data();
  stream.avail_out = static_cast<uInt>(out.size());
  INFERNO_CHECK(::inflate(&stream, Z_FINISH) == Z_STREAM_END);
  out.resize(stream.total_out);
  ::inflateEnd(&stream);
  return out;
}

std::vector<Bytes> split(const Bytes& joined) {
  std::vector<Bytes> messages;
  for (std::size_t at = 0; at < joined.size();) {
    const std::size_t length = joined[at] | joined[at + 1] << 8 | joined[at + 2] << 16;
    const auto begin = joined.begin() + static_cast<std::ptrdiff_t>(at) + 8;
    messages.emplace_back(begin, begin + static_cast<std::ptrdiff_t>(length));
    at += (8 + length + 7) / 8 * 8;
  }
  return messages;
}

// What a page holds of each run, read back as a browser does it.
std::map<int, std::vector<Bytes>> read_back(std::string_view page) {
  static constexpr std::string_view kBegin = "<script type=\"application/x-inferno\" data-run=\"";
  std::map<int, std::vector<Bytes>> runs;
  for (std::size_t at = page.find(kBegin); at != std::string_view::npos; at = page.find(kBegin, at + 1)) {
    const std::size_t number = at + kBegin.size(), begin = page.find('>', at) + 1, end = page.find('<', begin);
    auto& run = runs[std::stoi(std::string(page.substr(number, begin - number)))];
    for (Bytes& message : split(gunzip(from_base64(page.substr(begin, end - begin)))))
      run.push_back(std::move(message));
  }
  return runs;
}

class HtmlExport : public ::testing::Test {
 protected:
  void SetUp() override {
    store_ = std::move(*Store::open(folder_.path()));
    add_run(new_run(std::string(kHostile)), 600);
    auto branch = new_run();
    branch.session = 1;
    branch.parent = 1;
    branch.fork_position = 7;
    add_run(branch, 3);
    INFERNO_CHECK(store_->change_session(1, {std::string(kHostile), std::string(kHostile), {{"one"}}}).ok());
  }
  void add_run(const NewRun& run, int n_steps) {
    const auto id = store_->begin_run(run);
    RunMaker maker(*id);
    auto& messages = messages_[static_cast<int>(*id)] = {maker.started(), maker.prompt(5)};
    for (int i = 0; i < n_steps; ++i) messages.push_back(maker.steps());
    messages.push_back(maker.finished());
    for (const Bytes& message : messages) INFERNO_CHECK(append(*store_, *id, message).ok());
    compact_all(*store_);
  }
  std::string page() {
    auto text = export_html(*store_, *store_->session(1), {std::string(kHead), std::string(kTail)}, "1.2.3");
    INFERNO_CHECK(text.ok());
    return whole(**text);
  }

  Folder folder_;
  std::unique_ptr<Store> store_;
  std::map<int, std::vector<Bytes>> messages_;
};

TEST_F(HtmlExport, HoldsEveryMessageOfEveryRun) {
  const std::string text = page();
  EXPECT_TRUE(text.starts_with(kHead));
  EXPECT_TRUE(text.ends_with(kTail));
  const auto runs = read_back(text);
  ASSERT_EQ(runs.size(), 3U);
  for (const int run : {1, 2}) EXPECT_EQ(testing::to_json(runs.at(run)), testing::to_json(messages_.at(run)));
}

TEST_F(HtmlExport, BeginsWithTheVersionAndTheListOfRuns) {
  const auto about = read_back(page()).at(0);
  ASSERT_EQ(about.size(), 2U);
  ASSERT_TRUE(protocol::verify_envelope(about[0]).ok());
  EXPECT_EQ(protocol::envelope_of(about[0]).body_as_Welcome()->build()->str(), "1.2.3");
  ASSERT_TRUE(protocol::verify_envelope(about[1]).ok());
  const auto* runs = protocol::envelope_of(about[1]).body_as_RunList()->runs();
  ASSERT_EQ(runs->size(), 2U);
  EXPECT_EQ(runs->Get(0)->title()->string_view(), kHostile);
  EXPECT_EQ(runs->Get(0)->n_generated(), 600U);
  EXPECT_EQ(runs->Get(1)->parent(), 1U);
  EXPECT_EQ(runs->Get(1)->fork_position(), 7U);
}

TEST_F(HtmlExport, NothingThatWasWrittenBecomesMarkup) {
  const std::string text = page();
  for (std::size_t at = text.find('<', kHead.size()); at < text.size() - kTail.size(); at = text.find('<', at + 1)) {
    const std::string_view rest = std::string_view(text).substr(at);
    EXPECT_TRUE(rest.starts_with("<script type=\"application/x-inferno\"") || rest.starts_with("</script>\n"))
        << rest.substr(0, 60);
  }
}

TEST_F(HtmlExport, LeavesOutRunsThatAreGoingOn) {
  auto more = new_run();
  more.session = 1;
  const auto going_on = store_->begin_run(more);
  ASSERT_TRUE(going_on.ok());
  auto session = store_->session(1);
  ASSERT_EQ(session->runs.size(), 3U);
  EXPECT_EQ(without_running(*session)->runs.size(), 2U);
  EXPECT_TRUE(export_html(*store_, *session, {}, "").ok());
  std::erase_if(session->runs, [&](const RunInfo& run) { return run.id != *going_on; });
  const auto text = export_html(*store_, *session, {}, "");
  ASSERT_FALSE(text.ok());
  EXPECT_EQ(text.error().code, ErrorCode::kWrongState);
}

TEST_F(HtmlExport, TakesOnlyAPageWithOnePlaceForData) {
  const auto file = folder_ / "page.html";
  const auto reads = [&](const std::string& text) {
    std::ofstream(file) << text;
    return read_html_page(file).ok();
  };
  EXPECT_EQ(read_html_page(file).error().code, ErrorCode::kFileNotFound);
  EXPECT_FALSE(reads("<body></body>"));
  EXPECT_FALSE(reads("<!--inferno:data--><!--inferno:data-->"));
  ASSERT_TRUE(reads("before<!--inferno:data-->after"));
  EXPECT_EQ(read_html_page(file)->head, "before");
  EXPECT_EQ(read_html_page(file)->tail, "after");
}

}  // namespace
}  // namespace inferno::store
