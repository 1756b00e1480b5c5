#include "store/portable.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <system_error>

#include "store/session_copy.h"

namespace inferno::store {

namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

// Long enough for anything; an export is of our own making.
constexpr std::chrono::hours kExportTime{24};

// A file that is there as long as this object, and readable by nobody else.
class TemporaryFile {
 public:
  // A name beside `near` that does not exist yet.
  static Result<TemporaryFile> beside(const fs::path& near) {
    std::string name = near.string() + ".XXXXXX";
    const int fd = ::mkstemp(name.data());
    if (fd < 0) {
      return Error{ErrorCode::kInternal, fmt::format("{} cannot be written: {}.", near.string(), std::strerror(errno)),
                   "Choose a folder that you may write to."};
    }
    ::close(fd);
    return TemporaryFile(name);
  }
  TemporaryFile(TemporaryFile&& other) noexcept : path_(std::move(other.path_)) { other.path_.clear(); }
  TemporaryFile& operator=(TemporaryFile&&) = delete;
  ~TemporaryFile() {
    if (!path_.empty()) ::unlink(path_.c_str());
  }
  const fs::path& path() const { return path_; }

 private:
  explicit TemporaryFile(fs::path path) : path_(std::move(path)) {}
  fs::path path_;
};

Result<void> check_file(const fs::path& file, const ImportLimits& limits) {
  struct stat info {};
  if (::stat(file.c_str(), &info) != 0)
    return Error{ErrorCode::kFileNotFound, fmt::format("There is no file {}.", file.string()), ""};
  if (!S_ISREG(info.st_mode))
    return Error{ErrorCode::kInvalidArgument, fmt::format("{} is not a file.", file.string()), ""};
  if (static_cast<std::uint64_t>(info.st_size) <= limits.max_bytes) return {};
  return Error{ErrorCode::kTooLarge,
               fmt::format("{} has {} bytes; {} are allowed.", file.string(), info.st_size, limits.max_bytes), ""};
}

Result<void> write_copy(Store& from, const SessionInfo& session, const fs::path& file) {
  auto into = SessionCopy::make_file(file);
  if (!into) return into.error();
  auto copied = SessionCopy(from, **into, SessionCopy::Models::kSame, Clock::now() + kExportTime).copy(session);
  if (!copied) return copied.error();
  return (*into)->database().execute("VACUUM");
}

}  // namespace

Result<void> export_session(Store& from, std::int64_t session, const fs::path& file) {
  auto all = from.session(session);
  if (!all) return all.error();
  const auto info = without_running(std::move(*all));
  if (!info) return info.error();
  auto temporary = TemporaryFile::beside(file);
  if (!temporary) return temporary.error();
  if (auto written = write_copy(from, *info, temporary->path()); !written) return written;
  if (::rename(temporary->path().c_str(), file.c_str()) == 0) return {};
  return Error{ErrorCode::kInternal, fmt::format("{} cannot be written: {}.", file.string(), std::strerror(errno)), ""};
}

Result<std::vector<std::int64_t>> import_sessions(Store& into, const fs::path& file, const ImportLimits& limits) {
  if (auto sound = check_file(file, limits); !sound) return sound.error();
  auto copy = TemporaryFile::beside(into.folder() / "import");
  if (!copy) return copy.error();
  std::error_code ec;
  fs::copy_file(file, copy->path(), fs::copy_options::overwrite_existing, ec);
  if (ec) return Error{ErrorCode::kInternal, fmt::format("{} cannot be read: {}.", file.string(), ec.message()), ""};
  auto from = SessionCopy::open_untrusted(copy->path(), limits.max_ms);
  if (!from) return from.error();
  auto sessions = (*from)->sessions({.limit = limits.max_sessions});
  if (!sessions) return sessions.error();
  SessionCopy copier(**from, into, SessionCopy::Models::kApart,
                     Clock::now() + std::chrono::milliseconds(limits.max_ms));
  std::vector<std::int64_t> ids;
  Transaction transaction(into.database());
  const auto give_up = [&](const Error& error) {
    copier.forget();
    return error;
  };
  for (auto session = sessions->rbegin(); session != sessions->rend(); ++session) {
    if (session->runs.size() > limits.max_runs)
      return give_up({ErrorCode::kTooLarge, "A session has too many runs.", ""});
    auto id = copier.copy(*session);
    if (!id) return give_up(id.error());
    ids.push_back(*id);
  }
  if (ids.empty()) return give_up({ErrorCode::kMalformedMessage, "The file has no sessions.", ""});
  if (auto done = transaction.commit(); !done) return give_up(done.error());
  return ids;
}

}  // namespace inferno::store
