#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "base/check.h"
#include "session/client.h"

namespace inferno::session {

// The messages of one run, numbered from 1 without a gap. Only grows; what is in it
// never changes, so that every reader at every time sees the same.
class RunLog {
 public:
  void append(SharedBytes message) {
    n_bytes_ += message->size() + kOverheadBytes;
    messages_.push_back(std::move(message));
  }
  const SharedBytes& at(std::uint32_t seq) const {
    INFERNO_CHECK(seq >= 1 && seq <= messages_.size());
    return messages_[seq - 1];
  }
  std::uint32_t last_seq() const { return static_cast<std::uint32_t>(messages_.size()); }
  std::size_t n_bytes() const { return n_bytes_; }

 private:
  static constexpr std::size_t kOverheadBytes = 64;  // of keeping a message at all

  std::vector<SharedBytes> messages_;
  std::size_t n_bytes_ = 0;
};

}  // namespace inferno::session
