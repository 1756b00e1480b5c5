#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "session/client.h"
#include "session/engine_port.h"
#include "session/model_catalog.h"
#include "session/outlet.h"

namespace inferno::session {

// Answers InspectModel: has a short-lived engine read the file, because reading it may
// kill the reader, and remembers the answer as long as the file stays the same. At most
// kMaxEngines at once; further requests wait their turn. The references are borrowed.
class Inspector {
 public:
  Inspector(EngineLauncher& launcher, ModelCatalog& catalog, Outlet& outlet)
      : launcher_(launcher), catalog_(catalog), outlet_(outlet) {}

  // Answers with ModelInfo or Error when it is known.
  void inspect(const Address& from, const protocol::InspectModel& request);

  static constexpr std::size_t kMaxEngines = 2;
  static constexpr std::size_t kMaxRemembered = 32;

 private:
  // The file as it is now and the options, in one.
  using Key = std::string;
  struct Job {
    Bytes message;  // for the engine
    std::vector<Address> waiting;
    std::unique_ptr<EnginePort> engine;
  };

  void start_next();
  void start(const Key& key, Job& job);
  void on_envelope(const Key& key, std::span<const std::uint8_t> bytes);
  void on_death(const Key& key, const Error& error);
  // Answers everyone who waits for it; a port may be destroyed by this.
  void conclude(const Key& key, const Bytes& answer);
  void remember(const Key& key, Bytes answer);

  EngineLauncher& launcher_;
  ModelCatalog& catalog_;
  Outlet& outlet_;
  std::map<Key, Job> jobs_;
  std::deque<Key> queue_;  // of jobs without an engine yet
  std::map<Key, Bytes> remembered_;
  std::deque<Key> order_;  // of remembered answers, oldest first
};

}  // namespace inferno::session
