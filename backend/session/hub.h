#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "session/client.h"
#include "session/engine_port.h"
#include "session/model_catalog.h"
#include "session/recorder.h"

namespace inferno::session {

struct HubOptions {
  std::size_t run_memory_bytes = std::size_t{1} << 30;    // all runs' messages together
  std::size_t client_queue_bytes = std::size_t{5} << 20;  // replies and notices of one client
  std::string build;                                      // Inferno's version, for Welcome
  Recorder* recorder = nullptr;                           // borrowed, outlives the hub; null: nothing is recorded
  std::string engine_build;  // llama.cpp's, if known; replaced by what an engine says of itself
};

// Everything the clients share: loaded models, runs, subscriptions. Bytes in, bytes
// out: it has no sockets, no processes and no threads of its own. All calls on one
// thread; `launcher` and `catalog` are borrowed and outlive the hub, the hub outlives
// its clients. Faults of clients and engines become Error messages, never exceptions.
//
// Memory: when all runs' messages exceed run_memory_bytes, what is recorded leaves the
// memory, and is read again when a client wants it. Of what is not recorded, the oldest
// finished runs are forgotten (Error Gone to whoever asks for them); if unfinished runs
// alone exceed it, the largest of them is stopped and ends with Failed and Error
// TooLarge.
class Hub {
 public:
  Hub(EngineLauncher& launcher, ModelCatalog& catalog, HubOptions options);
  ~Hub();
  Hub(const Hub&) = delete;
  Hub& operator=(const Hub&) = delete;

  // A new client; `sink` is borrowed until the client is destroyed.
  std::unique_ptr<Client> connect(ClientSink& sink);

 private:
  class State;
  std::unique_ptr<State> state_;
};

}  // namespace inferno::session
