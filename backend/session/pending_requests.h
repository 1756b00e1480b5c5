#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "session/outlet.h"

namespace inferno::session {

// The requests that one engine still has to answer. Clients choose their numbers
// without knowing of each other, so towards the engine each gets a new one.
class PendingRequests {
 public:
  // `run` is the run that the request controls, or 0; `is_long` is a request that can be
  // ended early.
  std::uint32_t add(const Address& from, std::uint32_t run = 0, bool is_long = false) {
    waiting_[++last_] = {from, run, is_long};
    return last_;
  }
  std::optional<Address> take(std::uint32_t number) {
    const auto found = waiting_.find(number);
    if (found == waiting_.end()) return std::nullopt;
    const Address from = found->second.from;
    waiting_.erase(found);
    return from;
  }
  // The numbers of a client's long requests, or of this one of them.
  std::vector<std::uint32_t> long_ones_of(std::uint64_t client, std::optional<std::uint32_t> request) const {
    std::vector<std::uint32_t> numbers;
    for (const auto& [number, entry] : waiting_) {
      const Address& from = entry.from;
      if (entry.is_long && from.client == client && (!request || from.request == *request)) numbers.push_back(number);
    }
    return numbers;
  }
  // Controls are answered only when they fail; with their run they are done.
  void forget_run(std::uint32_t run) {
    std::erase_if(waiting_, [run](const auto& entry) { return entry.second.run == run; });
  }
  // Those who still wait for an answer and will not get one.
  std::vector<Address> take_all() {
    std::vector<Address> all;
    for (const auto& [number, entry] : waiting_) {
      if (entry.run == 0) all.push_back(entry.from);
    }
    waiting_.clear();
    return all;
  }

 private:
  struct Entry {
    Address from;
    std::uint32_t run = 0;
    bool is_long = false;
  };
  std::map<std::uint32_t, Entry> waiting_;
  std::uint32_t last_ = 0;
};

}  // namespace inferno::session
