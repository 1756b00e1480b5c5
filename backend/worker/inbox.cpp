#include "worker/inbox.h"

#include <utility>

namespace inferno::worker {

void Inbox::push(Frame frame) {
  {
    const std::lock_guard lock(mutex_);
    frames_.push_back(std::move(frame));
  }
  filled_.notify_one();
}

Inbox::Frame Inbox::pop() {
  std::unique_lock lock(mutex_);
  filled_.wait(lock, [this] { return !frames_.empty(); });
  Frame frame = std::move(frames_.front());
  frames_.pop_front();
  return frame;
}

std::optional<Inbox::Frame> Inbox::try_pop() {
  const std::lock_guard lock(mutex_);
  if (frames_.empty()) return std::nullopt;
  Frame frame = std::move(frames_.front());
  frames_.pop_front();
  return frame;
}

}  // namespace inferno::worker
