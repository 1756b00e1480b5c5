#include "session/client_queue.h"

#include <utility>

namespace inferno::session {

namespace {

constexpr std::size_t kOverheadBytes = 64;  // of keeping a message at all

std::size_t weight(const SharedBytes& message) { return message->size() + kOverheadBytes; }

}  // namespace

void ClientQueue::push_notice(const std::string& key, SharedBytes message) {
  for (auto& entry : entries_) {
    if (entry.key != key) continue;
    n_bytes_ = n_bytes_ - weight(entry.message) + weight(message);
    entry.message = std::move(message);
    return;
  }
  add(key, std::move(message));
}

void ClientQueue::add(const std::string& key, SharedBytes message) {
  if (overflowed_) return;
  if (!entries_.empty() && n_bytes_ + weight(message) > max_bytes_) {
    overflowed_ = true;
    entries_.clear();
    n_bytes_ = 0;
    return;
  }
  n_bytes_ += weight(message);
  entries_.push_back({key, std::move(message)});
}

SharedBytes ClientQueue::pop() {
  if (entries_.empty()) return nullptr;
  SharedBytes message = std::move(entries_.front().message);
  entries_.pop_front();
  n_bytes_ -= weight(message);
  return message;
}

}  // namespace inferno::session
