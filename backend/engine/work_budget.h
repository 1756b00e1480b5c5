#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <new>

namespace inferno::engine {

// Bounds what the calling thread may do while it lives: time, the size of one piece of
// memory, depth of the stack. For llama.cpp's template engine and tokenizers, which have
// no bounds of their own and which inputs can make run for ever: they allocate all the
// while, and the program's operator new asks here (worker/program/bounded_new.cpp). What
// is over a bound throws Spent from there, through them.
// One at a time on a thread. Programs with another operator new have no bounds.
class WorkBudget {
 public:
  // Says which bound was met.
  class Spent final : public std::bad_alloc {
   public:
    explicit Spent(const char* words) : words_(words) {}
    const char* what() const noexcept override { return words_; }

   private:
    const char* words_;
  };

  explicit WorkBudget(std::chrono::milliseconds time, std::size_t max_piece_bytes = SIZE_MAX);
  ~WorkBudget();
  WorkBudget(const WorkBudget&) = delete;
  WorkBudget& operator=(const WorkBudget&) = delete;

  // Which bound was met; null: none. What was thrown may have been swallowed on its way.
  const char* spent() const { return spent_; }

  // From operator new. Throws Spent.
  static void charge(std::size_t bytes) {
    if (current_ != nullptr) current_->check(bytes);
  }

 private:
  void check(std::size_t bytes);
  [[noreturn]] void fail(const char* words);

  // The clock is looked at once in so many allocations, of so many bytes.
  static constexpr std::size_t kClockInterval = 32;
  static constexpr std::size_t kBytesLikeOneAllocation = std::size_t{16} << 10;

  std::chrono::steady_clock::time_point deadline_;
  std::size_t max_piece_bytes_;
  std::uintptr_t stack_at_start_;
  std::size_t until_clock_ = kClockInterval;
  const char* spent_ = nullptr;

  static inline thread_local WorkBudget* current_ = nullptr;
};

}  // namespace inferno::engine
