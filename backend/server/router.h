#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "server/access_token.h"
#include "server/messages.h"
#include "server/origin_policy.h"
#include "server/route_table.h"
#include "server/static_files.h"

namespace inferno::server {

// Decides the answer to one request: Host, Origin, route, token, method, in this
// order. Does not know sockets. No answer changes anything on this side.
//
// The token may be exchanged for the cookie as often as it is presented while the
// server lives: a person who opens the printed URL in a second browser must get in.
// What the exchange does once is to take the token out of the address bar, so that
// it stays in no history, bookmark or Referer. Immutable; any thread.
class Router {
 public:
  Router(OriginPolicy origins, AccessToken token, std::uint16_t port, StaticFiles files);

  Outcome handle(const Request& request) const;

  // Includes the port, since browsers send cookies to every port of a host.
  const std::string& cookie_name() const { return cookie_name_; }

 private:
  std::optional<Response> refuse_site(const Request& request) const;
  bool has_token(const Request& request) const;
  bool cookie_holds_token(std::string_view cookie) const;
  Response exchange_token(const Request& request, std::string_view presented) const;
  Response unauthorized(const Request& request) const;
  Outcome upgrade(const Request& request) const;
  static Outcome download(const Request& request, std::string_view path);
  Response studio(const Request& request) const;
  Response file(const Request& request, std::string_view path) const;

  OriginPolicy origins_;
  AccessToken token_;
  std::string cookie_name_;
  StaticFiles files_;
};

}  // namespace inferno::server
