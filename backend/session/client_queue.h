#pragma once

#include <cstddef>
#include <deque>
#include <string>

#include "session/client.h"

namespace inferno::session {

// What waits for one client besides its runs: replies, and notices of which only the
// newest of a kind matters. Holds at most `max_bytes`, or one message of any size;
// with more it runs over, for good: the client does not read, and is to be closed.
class ClientQueue {
 public:
  explicit ClientQueue(std::size_t max_bytes) : max_bytes_(max_bytes) {}

  void push(SharedBytes message) { add("", std::move(message)); }
  // Takes the place of a waiting notice with the same key.
  void push_notice(const std::string& key, SharedBytes message);
  SharedBytes pop();  // null when empty

  bool overflowed() const { return overflowed_; }
  std::size_t n_bytes() const { return n_bytes_; }

 private:
  struct Entry {
    std::string key;  // empty: a reply
    SharedBytes message;
  };

  void add(const std::string& key, SharedBytes message);

  std::size_t max_bytes_;
  std::deque<Entry> entries_;
  std::size_t n_bytes_ = 0;
  bool overflowed_ = false;
};

}  // namespace inferno::session
