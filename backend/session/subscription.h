#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>

namespace inferno::session {

// Where one client stands in one run's log, and how far ahead of its acknowledgements
// it may be sent.
class Subscription {
 public:
  Subscription(std::uint32_t run, std::uint32_t after, std::optional<std::uint32_t> credits)
      : run_(run), sent_(after), acknowledged_(after), credits_(credits) {}

  std::uint32_t run() const { return run_; }
  std::uint32_t next_seq() const { return sent_ + 1; }
  bool may_send(std::uint32_t last_seq) const {
    return sent_ < last_seq && (!credits_ || sent_ - acknowledged_ < *credits_);
  }
  void sent_one() { ++sent_; }
  // What was not sent cannot have been dealt with; an earlier number changes nothing.
  void acknowledge(std::uint32_t seq) { acknowledged_ = std::max(acknowledged_, std::min(seq, sent_)); }

 private:
  std::uint32_t run_;
  std::uint32_t sent_;
  std::uint32_t acknowledged_;
  std::optional<std::uint32_t> credits_;
};

}  // namespace inferno::session
