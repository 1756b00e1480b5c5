#pragma once

#include <filesystem>

#include "base/result.h"

namespace inferno::store {

// The right to write the recordings of a folder, for one process at a time. The system
// takes it back however the process ends.
class FolderLock {
 public:
  // Error: kWrongState while another process has it.
  static Result<FolderLock> take(const std::filesystem::path& folder);
  FolderLock(FolderLock&& other) noexcept;
  FolderLock& operator=(FolderLock&& other) noexcept;
  ~FolderLock();

 private:
  explicit FolderLock(int fd) : fd_(fd) {}
  int fd_ = -1;
};

}  // namespace inferno::store
