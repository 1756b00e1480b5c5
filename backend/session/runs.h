#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "base/result.h"
#include "session/run.h"

namespace inferno::session {

// All runs that are kept, and the bound on their memory: over it, the oldest finished
// runs are forgotten. Ids are never used again, so a forgotten run can be told from one
// that never was.
class Runs {
 public:
  // `on_grown` is called with a run's id whenever its log grew.
  Runs(std::size_t memory_bytes, std::function<void(std::uint32_t)> on_grown)
      : memory_bytes_(memory_bytes), on_grown_(std::move(on_grown)) {}

  Run& create(std::span<const std::uint8_t> start_run, const std::string& model_name);

  // Errors: kNoSuchRun; kGone for a run that was forgotten.
  Result<Run*> find(std::uint32_t id);

  Result<void> append_from_engine(Run& run, std::span<const std::uint8_t> envelope);
  void finish(Run& run, protocol::FinishReason reason, const std::optional<inferno::Error>& error);

  // The largest unfinished run, if the unfinished ones alone are over the bound.
  Run* too_large();

  // The newest kMaxListed runs, oldest first.
  protocol::RunListT list() const;
  std::size_t n_bytes() const { return n_bytes_; }

  static constexpr std::size_t kMaxListed = 1000;

 private:
  // Books what `change` did to the run's memory, then makes room.
  template <typename Change>
  void grow(Run& run, Change change);
  void make_room(std::uint32_t newest);

  std::size_t memory_bytes_;
  std::function<void(std::uint32_t)> on_grown_;
  std::map<std::uint32_t, std::unique_ptr<Run>> runs_;
  std::uint32_t last_id_ = 0;
  std::size_t n_bytes_ = 0;
};

}  // namespace inferno::session
