#pragma once

#include <cstdint>
#include <functional>
#include <optional>

#include "base/result.h"
#include "session/run_readers.h"
#include "session/runs.h"

namespace inferno::session {

// Appends a run's tokens before a position, its bans and changes of its sampler, to the record
// of a branch. Where the branch is recorded, it never gets more than a few megabytes
// ahead of the disk. Answers once; not at all if the branch ends first.
class RunCopy final : public RunReader {
 public:
  struct Plan {
    std::uint32_t from = 0;
    std::uint32_t into = 0;  // its record has RunStarted alone
    std::uint32_t position = 0;
    std::uint32_t n_messages = 0;  // that come of it, these two included:
    std::optional<protocol::SamplerChangedT> first_sampler, last_sampler;
  };
  using Done = std::function<void(Result<void>)>;

  RunCopy(Runs& runs, Plan plan, Done done) : runs_(runs), plan_(std::move(plan)), done_(std::move(done)) {}

  bool reads(std::uint32_t run) const override { return run == plan_.from || run == plan_.into; }
  bool go_on() override;

 private:
  Result<bool> copy_next(Run& into);  // false: it is being fetched
  Result<void> copy(Run& into, std::span<const std::uint8_t> message);
  Result<void> append(Run& into, Bytes message);
  Result<void> append(Run& into, protocol::SamplerChangedT& change);
  bool end(Result<void> result);

  Runs& runs_;
  Plan plan_;
  Done done_;
  std::uint32_t next_ = 1;  // message of `from`
  std::uint32_t n_appended_ = 0;
  std::size_t n_ahead_bytes_ = 0;  // appended since everything was last stored
};

}  // namespace inferno::session
