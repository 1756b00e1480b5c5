#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <utility>

#include "base/check.h"
#include "session/client.h"

namespace inferno::session {

// The messages of one run, numbered from 1 without a gap. Only grows at its end; what is
// in it never changes, so that every reader at every time sees the same. Its beginning
// may be dropped, where it can be read elsewhere.
class RunLog {
 public:
  void append(SharedBytes message) {
    n_bytes_ += message->size() + kOverheadBytes;
    messages_.push_back(std::move(message));
  }
  // Null where it was dropped.
  SharedBytes at(std::uint32_t seq) const {
    INFERNO_CHECK(seq >= 1 && seq <= last_seq());
    return seq <= n_dropped_ ? nullptr : messages_[seq - 1 - n_dropped_];
  }
  std::uint32_t last_seq() const { return n_dropped_ + static_cast<std::uint32_t>(messages_.size()); }
  std::size_t n_bytes() const { return n_bytes_; }

  // The messages up to number `seq`.
  void drop_to(std::uint32_t seq) {
    while (n_dropped_ < seq && !messages_.empty()) {
      n_bytes_ -= messages_.front()->size() + kOverheadBytes;
      messages_.pop_front();
      ++n_dropped_;
    }
  }

 private:
  static constexpr std::size_t kOverheadBytes = 64;  // of keeping a message at all

  std::deque<SharedBytes> messages_;
  std::uint32_t n_dropped_ = 0;
  std::size_t n_bytes_ = 0;
};

}  // namespace inferno::session
