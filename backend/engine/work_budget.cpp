#include "engine/work_budget.h"

namespace inferno::engine {

namespace {

// Of the 512 MiB that the threads have on which this is used (worker/main.cpp).
constexpr std::uintptr_t kMaxStackBytes = std::uintptr_t{256} << 20;
// Once a bound was met, the work gets so long to come to its end before it is thrown at again.
constexpr std::chrono::milliseconds kGrace{50};

std::uintptr_t stack_position() { return reinterpret_cast<std::uintptr_t>(__builtin_frame_address(0)); }

}  // namespace

WorkBudget::WorkBudget(std::chrono::milliseconds time, std::size_t max_piece_bytes)
    : deadline_(std::chrono::steady_clock::now() + time),
      max_piece_bytes_(max_piece_bytes),
      stack_at_start_(stack_position()) {
  current_ = this;
}

WorkBudget::~WorkBudget() { current_ = nullptr; }

void WorkBudget::check(std::size_t bytes) {
  if (bytes > max_piece_bytes_) fail("it needs too much memory");
  const std::uintptr_t here = stack_position();
  if (here < stack_at_start_ && stack_at_start_ - here > kMaxStackBytes) fail("it is nested too deep");
  // A large piece is work, too: it will be filled.
  const std::size_t work = 1 + bytes / kBytesLikeOneAllocation;
  if (until_clock_ > work) {
    until_clock_ -= work;
    return;
  }
  until_clock_ = kClockInterval;
  if (std::chrono::steady_clock::now() > deadline_) fail("it takes too long");
}

void WorkBudget::fail(const char* words) {
  if (spent_ == nullptr) spent_ = words;
  deadline_ = std::chrono::steady_clock::now() + kGrace;
  throw Spent(words);
}

}  // namespace inferno::engine
