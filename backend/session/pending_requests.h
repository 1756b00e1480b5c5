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
  // `run` is the run that the request controls, or 0.
  std::uint32_t add(const Address& from, std::uint32_t run = 0) {
    waiting_[++last_] = {from, run};
    return last_;
  }
  std::optional<Address> take(std::uint32_t number) {
    const auto found = waiting_.find(number);
    if (found == waiting_.end()) return std::nullopt;
    const Address from = found->second.from;
    waiting_.erase(found);
    return from;
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
  };
  std::map<std::uint32_t, Entry> waiting_;
  std::uint32_t last_ = 0;
};

}  // namespace inferno::session
