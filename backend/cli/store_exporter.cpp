#include "cli/store_exporter.h"

#include <stdlib.h>
#include <unistd.h>

#include <cctype>
#include <condition_variable>
#include <deque>
#include <fstream>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <utility>

#include <boost/asio/post.hpp>

#include <fmt/format.h>

#include "store/html_export.h"
#include "store/portable.h"
#include "store/store.h"
#include "store/text_export.h"

namespace inferno::cli {

namespace asio = boost::asio;
namespace fs = std::filesystem;
using server::ExportForm;

namespace {

constexpr std::size_t kFilePieceBytes = std::size_t{1} << 20;
constexpr std::size_t kNameBytes = 40;

const char* ending_of(ExportForm form) {
  switch (form) {
    case ExportForm::kPage:
      return ".html";
    case ExportForm::kPortable:
      return ".inferno";
    case ExportForm::kJsonLines:
      return ".jsonl";
    default:
      return ".csv";
  }
}

// What a person would call it, as far as every file system takes that.
std::string name_of(const store::SessionInfo& session, std::uint32_t run, ExportForm form) {
  const std::string& title = session.title.empty() ? session.runs.front().prompt : session.title;
  std::string name;
  for (const char c : title) {
    if (name.size() == kNameBytes) break;
    const auto letter = static_cast<unsigned char>(c);
    const bool is_plain = letter < 0x80 && std::isalnum(letter) != 0;
    if (is_plain) name += static_cast<char>(std::tolower(letter));
    if (!is_plain && !name.empty() && name.back() != '-') name += '-';
  }
  while (name.ends_with('-')) name.pop_back();
  return fmt::format("{}{}run-{}{}", name, name.empty() ? "" : "-", run, ending_of(form));
}

}  // namespace

// The thread, and what it still has to do.
class StoreExporter::Worker {
 public:
  using Job = std::function<void()>;

  Worker() : thread_([this] { work(); }) {}
  ~Worker() { stop(); }

  void give(Job job) {
    {
      const std::lock_guard lock(mutex_);
      jobs_.push_back(std::move(job));
    }
    given_.notify_one();
  }
  // What waits is not done any more.
  void stop() {
    {
      const std::lock_guard lock(mutex_);
      stopping_ = true;
    }
    given_.notify_one();
    if (thread_.joinable()) thread_.join();
  }

 private:
  void work() {
    while (true) {
      Job job;
      {
        std::unique_lock lock(mutex_);
        given_.wait(lock, [&] { return stopping_ || !jobs_.empty(); });
        if (stopping_) return;
        job = std::move(jobs_.front());
        jobs_.pop_front();
      }
      job();
    }
  }

  std::mutex mutex_;
  std::condition_variable given_;
  std::deque<Job> jobs_;  // under mutex_
  bool stopping_ = false;
  std::thread thread_;
};

// Where the pieces come from. Made, used and destroyed on the exporter's thread.
struct StoreExporter::Source {
  std::string name;
  std::unique_ptr<store::Store> store;
  std::unique_ptr<store::TextExport> text;  // of it
  std::ifstream file;                       // or, of a recording, a file that has no name any more

  Result<std::string> next() {
    if (text) return text->next();
    std::string piece(kFilePieceBytes, '\0');
    file.read(piece.data(), static_cast<std::streamsize>(piece.size()));
    if (file.bad()) return Error{ErrorCode::kInternal, "The export cannot be read.", ""};
    piece.resize(static_cast<std::size_t>(file.gcount()));
    return piece;
  }
};

class StoreExporter::Stream final : public server::ExportStream {
 public:
  Stream(StoreExporter& exporter, std::shared_ptr<std::unique_ptr<Source>> source)
      : io_(exporter.io_), worker_(exporter.worker_), n_open_(exporter.n_open_), source_(std::move(source)) {}
  ~Stream() override {
    --*n_open_;
    *is_alive_ = false;
    // The source is the thread's, and ends there.
    worker_->give([source = std::move(source_)] { source->reset(); });
  }

  void next(Next done) override {
    worker_->give([&io = io_, source = source_, is_alive = is_alive_, done = std::move(done)]() mutable {
      auto piece = (*source)->next();
      asio::post(io, [is_alive, done = std::move(done), piece = std::move(piece)]() mutable {
        if (*is_alive) done(std::move(piece));
      });
    });
  }

 private:
  asio::io_context& io_;
  std::shared_ptr<Worker> worker_;
  std::shared_ptr<int> n_open_;
  std::shared_ptr<std::unique_ptr<Source>> source_;
  std::shared_ptr<bool> is_alive_ = std::make_shared<bool>(true);  // read and written on the server's thread alone
};

StoreExporter::StoreExporter(asio::io_context& io, fs::path data, fs::path page)
    : io_(io), data_(std::move(data)), page_(std::move(page)), worker_(std::make_shared<Worker>()) {}

StoreExporter::~StoreExporter() { worker_->stop(); }

void StoreExporter::open(std::uint32_t run, ExportForm form, Opened done) {
  if (*n_open_ >= kMaxExports) {
    asio::post(io_, [done = std::move(done)] {
      done(Error{ErrorCode::kTooLarge, "Too many exports are under way.", "Try again when one has ended."});
    });
    return;
  }
  ++*n_open_;
  worker_->give([this, run, form, done = std::move(done)]() mutable {
    auto made = source_of(run, form);
    const auto error = made ? std::optional<Error>() : std::optional(made.error());
    auto source = std::make_shared<std::unique_ptr<Source>>(made ? std::move(*made) : nullptr);
    asio::post(io_, [this, error, source = std::move(source), done = std::move(done)]() mutable {
      if (error) {
        --*n_open_;
        return done(*error);
      }
      std::string name = (*source)->name;
      done(server::Export{std::move(name), std::make_unique<Stream>(*this, std::move(source))});
    });
  });
}

Result<std::unique_ptr<StoreExporter::Source>> StoreExporter::source_of(std::uint32_t run, ExportForm form) const {
  auto source = std::make_unique<Source>();
  auto store = store::Store::open_to_read(data_);
  if (!store) return store.error();
  source->store = std::move(*store);
  const auto id = source->store->session_of(run);
  if (!id) return id.error();
  auto session = source->store->session(*id);
  if (!session) return session.error();
  source->name = name_of(*session, run, form);
  if (form == ExportForm::kJsonLines) source->text = store::export_json_lines(*source->store, std::move(*session));
  if (form == ExportForm::kCsv) source->text = store::export_csv(*source->store, std::move(*session));
  if (form == ExportForm::kPage) {
    auto page = store::read_html_page(page_);
    if (!page) return page.error();
    auto text = store::export_html(*source->store, std::move(*session), std::move(*page), INFERNO_VERSION);
    if (!text) return text.error();
    source->text = std::move(*text);
  }
  if (form == ExportForm::kPortable) {
    const fs::path file = data_ / fmt::format(".export-{}-{}", ::getpid(), static_cast<const void*>(source.get()));
    if (auto written = store::export_session(*source->store, *id, file); !written) return written.error();
    source->file.open(file, std::ios::binary);
    ::unlink(file.c_str());
    if (!source->file) return Error{ErrorCode::kInternal, "The export cannot be read.", ""};
  }
  return source;
}

}  // namespace inferno::cli
