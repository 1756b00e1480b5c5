#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "session/client.h"
#include "session/engine_port.h"
#include "session/model_catalog.h"
#include "session/outlet.h"

namespace inferno::session {

// Answers InspectModel: has a short-lived engine read the file, because reading it may
// kill the reader. Remembers the answer for a moment, as long as the file stays the
// same: no longer, because it also says how much memory there is, and what context fits
// into that. At most kMaxEngines at once; further requests wait their turn. The
// references are borrowed.
class Inspector {
 public:
  using Time = std::chrono::steady_clock::time_point;

  Inspector(EngineLauncher& launcher, ModelCatalog& catalog, Outlet& outlet,
            std::function<Time()> now = std::chrono::steady_clock::now)
      : launcher_(launcher), catalog_(catalog), outlet_(outlet), now_(std::move(now)) {}

  // Answers with ModelInfo or Error when it is known.
  void inspect(const Address& from, const protocol::InspectModel& request);

  // A model came or went, and memory with it.
  void forget();

  static constexpr std::size_t kMaxEngines = 2;
  static constexpr std::size_t kMaxRemembered = 32;
  static constexpr std::chrono::seconds kRemembered{5};

 private:
  // The file as it is now and the options, in one.
  using Key = std::string;
  struct Job {
    Bytes message;  // for the engine
    std::vector<Address> waiting;
    std::unique_ptr<EnginePort> engine;
    std::uint64_t memory_epoch = 0;  // when its engine was started
  };
  struct Answer {
    Bytes message;
    Time since;
  };

  void start_next();
  void start(const Key& key, Job& job);
  void on_envelope(const Key& key, std::span<const std::uint8_t> bytes);
  void on_death(const Key& key, const Error& error);
  // Answers everyone who waits for it; a port may be destroyed by this.
  void conclude(const Key& key, const Bytes& answer);
  void remember(const Key& key, Bytes answer);
  const Bytes* remembered(const Key& key);

  EngineLauncher& launcher_;
  ModelCatalog& catalog_;
  Outlet& outlet_;
  std::map<Key, Job> jobs_;
  std::deque<Key> queue_;  // of jobs without an engine yet
  std::function<Time()> now_;
  std::map<Key, Answer> remembered_;
  std::deque<Key> order_;  // of remembered answers, oldest first
  std::uint64_t memory_epoch_ = 0;
};

}  // namespace inferno::session
