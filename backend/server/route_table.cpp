#include "server/route_table.h"

#include <array>

namespace inferno::server {

namespace {

constexpr std::string_view kRead = "GET, HEAD";

constexpr std::array<Route, 5> kRoutes{{
    {kRead, "/", Access::kToken, Handler::kStudio, "the studio; /?token=HEX exchanges the token for a cookie"},
    {kRead, "/health", Access::kAnyone, Handler::kHealth, "says that the server is up"},
    {"GET", "/ws", Access::kToken, Handler::kWebSocket, "WebSocket; subprotocol inferno.v1.fbs or inferno.v1.json"},
    {kRead, "/export/*", Access::kToken, Handler::kExport,
     "a recorded run's session as a file: /export/RUN.html, .inferno, .jsonl or .csv"},
    {kRead, "/*", Access::kToken, Handler::kFile, "the studio's files"},
}};

}  // namespace

std::span<const Route> routes() { return kRoutes; }

const Route& route_for(std::string_view path) {
  for (const Route& route : kRoutes) {
    const bool is_prefix = route.path.ends_with('*');
    if (is_prefix ? path.starts_with(route.path.substr(0, route.path.size() - 1)) : route.path == path) return route;
  }
  return kRoutes.back();
}

bool allows(const Route& route, std::string_view method) {
  std::string_view rest = route.methods;
  while (!rest.empty()) {
    const std::size_t comma = rest.find(", ");
    if (rest.substr(0, comma) == method) return true;
    rest = comma == std::string_view::npos ? std::string_view{} : rest.substr(comma + 2);
  }
  return false;
}

}  // namespace inferno::server
