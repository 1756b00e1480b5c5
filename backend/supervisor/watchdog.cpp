#include "supervisor/watchdog.h"

#include <fmt/format.h>

namespace inferno::supervisor {

namespace {

double seconds(Watchdog::Duration duration) { return std::chrono::duration<double>(duration).count(); }

}  // namespace

void Watchdog::saw_hello(Time now) {
  greeted_ = true;
  last_progress_ = now;
}

void Watchdog::saw_heartbeat(std::uint64_t progress, bool busy, Time now) {
  if (progress != progress_ || !busy || !busy_) last_progress_ = now;
  progress_ = progress;
  busy_ = busy;
}

std::optional<std::string> Watchdog::verdict(Time now) const {
  // Until the greeting, `last_message_` is the start.
  if (!greeted_) {
    if (now - last_message_ <= limits_.startup) return std::nullopt;
    return fmt::format("it did not say hello within {:g} s", seconds(limits_.startup));
  }
  if (now - last_message_ > limits_.silence) return fmt::format("it was silent for {:g} s", seconds(limits_.silence));
  if (busy_ && limits_.progress > Duration::zero() && now - last_progress_ > limits_.progress) {
    return fmt::format("it was busy for {:g} s without getting anywhere", seconds(limits_.progress));
  }
  return std::nullopt;
}

}  // namespace inferno::supervisor
