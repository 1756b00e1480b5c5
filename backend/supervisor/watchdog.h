#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

namespace inferno::supervisor {

// Decides from an engine's messages whether it is stuck. Has no clock and no timer of
// its own: the owner tells the time with every call.
class Watchdog {
 public:
  using Time = std::chrono::steady_clock::time_point;
  using Duration = std::chrono::milliseconds;
  struct Limits {
    Duration startup;
    Duration silence;
    Duration progress;  // 0: never judged
  };

  Watchdog(Limits limits, Time now) : limits_(limits), last_message_(now), last_progress_(now) {}

  void saw_message(Time now) { last_message_ = now; }
  void saw_hello(Time now);
  void saw_heartbeat(std::uint64_t progress, bool busy, Time now);

  // Why the engine is to be ended, in words; nothing while all is well.
  std::optional<std::string> verdict(Time now) const;

 private:
  Limits limits_;
  Time last_message_;
  Time last_progress_;
  bool greeted_ = false;
  bool busy_ = false;
  std::uint64_t progress_ = 0;
};

}  // namespace inferno::supervisor
