#pragma once

#include <functional>
#include <memory>

#include "server/connections.h"
#include "server/exporter.h"
#include "server/limits.h"
#include "server/router.h"
#include "session/hub.h"

namespace inferno::server {

// Makes the hub's side of a new WebSocket connection; the sink outlives the client.
using ClientFactory = std::function<std::unique_ptr<session::Client>(session::ClientSink&)>;

// What all connections of one server share. On the server's thread only.
struct Site {
  Router router;
  Limits limits;
  ClientFactory make_client;
  Exporter* exporter = nullptr;  // borrowed; null: nothing is recorded
  Connections connections;
};

}  // namespace inferno::server
