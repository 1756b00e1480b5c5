#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <mutex>
#include <optional>
#include <vector>

namespace inferno::worker {

// Verified frames on their way from the reader thread to the thread that handles
// them. Any thread. Unbounded: its only writer is the supervisor, which owns us.
class Inbox {
 public:
  using Frame = std::vector<std::uint8_t>;

  void push(Frame frame);
  Frame pop();  // waits
  std::optional<Frame> try_pop();

 private:
  std::mutex mutex_;
  std::condition_variable filled_;
  std::deque<Frame> frames_;
};

}  // namespace inferno::worker
