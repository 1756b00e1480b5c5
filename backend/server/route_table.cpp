#include "server/route_table.h"

#include <array>

namespace inferno::server {

namespace {

constexpr std::string_view kRead = "GET, HEAD";

constexpr std::array<Route, 4> kRoutes{{
    {kRead, "/", Access::kToken, Handler::kStudio, "the studio; /?token=HEX exchanges the token for a cookie"},
    {kRead, "/health", Access::kAnyone, Handler::kHealth, "says that the server is up"},
    {"GET", "/ws", Access::kToken, Handler::kWebSocket, "WebSocket; subprotocol inferno.v1.fbs or inferno.v1.json"},
    {kRead, "/*", Access::kToken, Handler::kFile, "the studio's files"},
}};

}  // namespace

std::span<const Route> routes() { return kRoutes; }

const Route& route_for(std::string_view path) {
  for (const Route& route : kRoutes) {
    if (route.path == path) return route;
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
