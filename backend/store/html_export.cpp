#include "store/html_export.h"

#include <fmt/format.h>
#include <zlib.h>

#include <array>
#include <fstream>
#include <iterator>
#include <utility>

#include "store/run_summary.h"

namespace inferno::store {

namespace {

// In the page's text, where the data belongs.
constexpr std::string_view kPlace = "<!--inferno:data-->";
constexpr std::uintmax_t kMaxPageBytes = 32U << 20;

constexpr int kLevel = 6;
constexpr int kGzip = 15 + 16;  // the largest window, with gzip's header and checksum
constexpr int kMemory = 8;
// Messages begin at multiples of this: readers look at their numbers in place.
constexpr std::size_t kAlignment = 8;

Result<std::string> gzip(std::span<const std::uint8_t> data) {
  const Error failed{ErrorCode::kInternal, "The recording could not be compressed.", ""};
  z_stream stream{};
  if (::deflateInit2(&stream, kLevel, Z_DEFLATED, kGzip, kMemory, Z_DEFAULT_STRATEGY) != Z_OK) return failed;
  std::string out(::deflateBound(&stream, data.size()), '\0');
  stream.next_in = const_cast<Bytef*>(data.data());  // NOLINT(cppcoreguidelines-pro-type-const-cast): zlib only reads
  stream.avail_in = static_cast<uInt>(data.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  const int status = ::deflate(&stream, Z_FINISH);
  out.resize(stream.total_out);
  ::deflateEnd(&stream);
  if (status != Z_STREAM_END) return failed;
  return out;
}

void append_base64(std::string_view data, std::string& out) {
  static constexpr std::string_view kDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  const auto byte = [&](std::size_t at) {
    return at < data.size() ? static_cast<std::uint32_t>(static_cast<unsigned char>(data[at])) : 0U;
  };
  for (std::size_t at = 0; at < data.size(); at += 3) {
    const std::uint32_t bits = byte(at) << 16 | byte(at + 1) << 8 | byte(at + 2);
    out += kDigits[bits >> 18];
    out += kDigits[bits >> 12 & 63];
    out += at + 1 < data.size() ? kDigits[bits >> 6 & 63] : '=';
    out += at + 2 < data.size() ? kDigits[bits & 63] : '=';
  }
}

void append_length(std::size_t length, Bytes& out) {
  for (std::size_t i = 0; i < kAlignment; ++i) out.push_back(static_cast<std::uint8_t>(length >> (8 * i)));
}

// The messages one behind the other, each with its length before it.
Bytes joined(std::span<const Bytes> messages) {
  Bytes all;
  for (const Bytes& message : messages) {
    append_length(message.size(), all);
    all.insert(all.end(), message.begin(), message.end());
    all.resize((all.size() + kAlignment - 1) / kAlignment * kAlignment);
  }
  return all;
}

Result<std::string> block(std::uint32_t run, std::span<const Bytes> messages) {
  auto packed = gzip(joined(messages));
  if (!packed) return packed;
  std::string text = fmt::format("<script type=\"application/x-inferno\" data-run=\"{}\">", run);
  append_base64(*packed, text);
  return text + "</script>\n";
}

class Html final : public TextExport {
 public:
  Html(Store& store, SessionInfo session, HtmlPage page, std::string build)
      : TextExport(store, std::move(session)), page_(std::move(page)), build_(std::move(build)) {}

 private:
  Result<std::string> head() override {
    auto about = block(0, std::array{welcome(), list()});
    if (!about) return about;
    return page_.head + *about;
  }
  Result<std::string> piece(const RunInfo& run, std::span<const Bytes> messages) override {
    return block(run.id, messages);
  }
  std::string tail() override { return page_.tail; }

  Bytes welcome() const {
    protocol::WelcomeT welcome;
    welcome.version = protocol::kProtocolVersion;
    welcome.min_version = protocol::kMinProtocolVersion;
    welcome.build = build_;
    if (!session().runs.empty()) welcome.engine_build = session().runs.front().engine_build;
    return protocol::make_envelope(0, 0, 0, std::move(welcome));
  }
  Bytes list() const {
    protocol::RunListT list;
    for (const RunInfo& run : session().runs) {
      list.runs.push_back(std::make_unique<protocol::RunSummaryT>(run_summary(run, session())));
    }
    return protocol::make_envelope(0, 0, 0, std::move(list));
  }

  HtmlPage page_;
  std::string build_;
};

}  // namespace

Result<HtmlPage> read_html_page(const std::filesystem::path& file) {
  std::error_code ec;
  const std::uintmax_t size = std::filesystem::file_size(file, ec);
  std::ifstream in(file, std::ios::binary);
  if (ec || !in) {
    return Error{ErrorCode::kFileNotFound, fmt::format("The page to put recordings in is missing: {}.", file.string()),
                 "It is built with the studio: `make build`; --ui names the studio's folder."};
  }
  const std::string text = size > kMaxPageBytes ? std::string() : std::string{std::istreambuf_iterator<char>(in), {}};
  const std::size_t place = text.find(kPlace);
  if (place == std::string::npos || text.find(kPlace, place + 1) != std::string::npos) {
    return Error{ErrorCode::kInvalidArgument, fmt::format("{} is no page for recordings.", file.string()),
                 "Build the studio anew: `make build`."};
  }
  return HtmlPage{text.substr(0, place), text.substr(place + kPlace.size())};
}

Result<std::unique_ptr<TextExport>> export_html(Store& store, SessionInfo session, HtmlPage page, std::string build) {
  auto ended = without_running(std::move(session));
  if (!ended) return ended.error();
  return std::unique_ptr<TextExport>(
      std::make_unique<Html>(store, std::move(*ended), std::move(page), std::move(build)));
}

}  // namespace inferno::store
