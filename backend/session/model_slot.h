#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>

#include "protocol/message.h"
#include "session/engine_port.h"
#include "session/model_catalog.h"
#include "session/pending_requests.h"

namespace inferno::session {

// A model as the hub keeps it: its engine, its state, the runs that wait for it.
struct ModelSlot {
  std::uint32_t id = 0;
  CatalogFile file;
  protocol::ModelState state = protocol::ModelState::Loading;
  std::unique_ptr<EnginePort> engine;  // null once dead
  PendingRequests pending;
  Address loader;                   // who asked for it
  std::uint32_t load_request = 0;   // the number of that request at the engine
  Bytes loaded;                     // the engine's ModelLoaded, once Ready
  std::optional<Error> error;       // once Dead
  std::deque<std::uint32_t> queue;  // of runs
  std::optional<std::uint32_t> active_run;
  std::optional<std::uint64_t> rss_bytes;

  // Of a model that is Ready.
  const protocol::ModelInfo& info() const;
  flatbuffers::Offset<protocol::LoadedModel> describe(flatbuffers::FlatBufferBuilder& builder) const;
};

}  // namespace inferno::session
