#pragma once

#include <memory>
#include <string>

#include "server/site.h"
#include "server/stream.h"

namespace inferno::server {

// Serves HTTP/1.1 on one connection until it is closed, idle or becomes a
// WebSocket. Owns the socket while it does; every wait has a deadline. Starts at
// once and deletes itself at the end. On the server's thread only.
void serve_http(Stream stream, std::shared_ptr<Site> site);

}  // namespace inferno::server
