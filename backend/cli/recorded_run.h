#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "base/result.h"
#include "cli/settings.h"
#include "session/run_past.h"
#include "store/store.h"

namespace inferno::cli {

// A recorded run to look at: one of the data folder, or one of an exported file. A file is
// trusted in nothing: it is imported into a folder that is gone with this object.
class RecordedRun {
 public:
  // `source` is the number of a run, or a file; `number` which of the file's runs, from 1.
  // Errors: as store::import_sessions and store::Store; kWrongState for a run that is going on.
  static Result<std::unique_ptr<RecordedRun>> open(const std::string& source, std::uint32_t number,
                                                   const RecordingSettings& settings);
  ~RecordedRun();
  RecordedRun(const RecordedRun&) = delete;
  RecordedRun& operator=(const RecordedRun&) = delete;

  const store::RunInfo& info() const { return info_; }
  // All of it.
  Result<session::RunPast> past();
  // The next message, from the first on; null behind the last.
  Result<session::SharedBytes> next();

 private:
  RecordedRun() = default;
  Result<void> import(const std::filesystem::path& file);
  Result<void> find(std::optional<std::uint32_t> run, std::uint32_t number);

  std::filesystem::path folder_;  // of an imported file; empty: none
  std::unique_ptr<store::Store> store_;
  store::RunInfo info_;
  std::vector<session::SharedBytes> piece_;
  std::size_t at_ = 0;  // in piece_
  std::uint32_t after_ = 0;
};

}  // namespace inferno::cli
