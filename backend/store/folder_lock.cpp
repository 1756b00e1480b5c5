#include "store/folder_lock.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

namespace inferno::store {

Result<FolderLock> FolderLock::take(const std::filesystem::path& folder) {
  const auto path = folder / "recordings.lock";
  const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, S_IRUSR | S_IWUSR);
  if (fd < 0) {
    return Error{ErrorCode::kInternal, fmt::format("{} cannot be written: {}.", path.string(), std::strerror(errno)),
                 "Choose a data folder that you may write to."};
  }
  FolderLock lock(fd);
  if (::flock(fd, LOCK_EX | LOCK_NB) == 0) return lock;
  if (errno != EWOULDBLOCK) {
    return Error{ErrorCode::kInternal, fmt::format("{} cannot be locked: {}.", path.string(), std::strerror(errno)),
                 "Choose a data folder on a disk of this machine."};
  }
  return Error{ErrorCode::kWrongState, fmt::format("Another Inferno is recording in {} right now.", folder.string()),
               "End it first, or choose another data folder."};
}

FolderLock::FolderLock(FolderLock&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}

FolderLock& FolderLock::operator=(FolderLock&& other) noexcept {
  std::swap(fd_, other.fd_);
  return *this;
}

FolderLock::~FolderLock() {
  if (fd_ >= 0) ::close(fd_);
}

}  // namespace inferno::store
