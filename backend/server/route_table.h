#pragma once

#include <span>
#include <string_view>

namespace inferno::server {

enum class Handler : unsigned char { kStudio, kFile, kHealth, kWebSocket, kExport };

// Who may ask. Host and Origin are checked for every route.
enum class Access : unsigned char {
  kAnyone,  // tells nothing and changes nothing
  kToken,
};

struct Route {
  std::string_view methods;  // as in the Allow header
  std::string_view path;     // with "*" at its end: every path that begins so, if no other one fits
  Access access;
  Handler handler;
  std::string_view meaning;
};

// Every route there is; what is not here is answered 404 or 405.
std::span<const Route> routes();

// The route of a decoded path. There always is one: the last takes every path.
const Route& route_for(std::string_view path);

bool allows(const Route& route, std::string_view method);

}  // namespace inferno::server
