#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <vector>

#include "base/result.h"
#include "store/store.h"

namespace inferno::store {

// Copies sessions between stores, message by message. Trusts nothing of the source but
// that its schema was checked. Both stores are borrowed.
class SessionCopy {
 public:
  enum class Models {
    kSame,   // an export: the file tells models apart as the store does
    kApart,  // an import: what the file says of a model is said of its own sessions alone
  };

  SessionCopy(Store& from, Store& into, Models models, std::chrono::steady_clock::time_point deadline)
      : from_(from), into_(into), models_(models), deadline_(deadline) {}

  // The session's new id. On an error the caller rolls back, and calls forget().
  Result<std::int64_t> copy(const SessionInfo& session);
  // Drops what `into` remembers of runs that were rolled back.
  void forget();

  // An empty file of its own, for one export.
  static Result<std::unique_ptr<Store>> make_file(const std::filesystem::path& file);
  // A private copy of a file from anywhere, for reading only; its schema was checked.
  static Result<std::unique_ptr<Store>> open_untrusted(const std::filesystem::path& file, std::int64_t max_ms);

 private:
  Result<std::uint32_t> copy_run(const RunInfo& run, std::int64_t session);
  Result<void> copy_messages(std::uint32_t from, std::uint32_t to);
  Result<void> take_over(std::span<const Bytes> messages, std::uint32_t run);
  std::string model_identity(const std::string& identity) const;
  Result<void> take_identity(const SessionInfo& session, std::int64_t id);

  Store& from_;
  Store& into_;
  Models models_;
  std::chrono::steady_clock::time_point deadline_;
  std::string session_uuid_;                     // of the session being copied
  bool ended_ = false;                           // the run copied last has its Finished message
  std::map<std::uint32_t, std::uint32_t> runs_;  // ids there → here
};

}  // namespace inferno::store
