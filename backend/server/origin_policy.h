#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace inferno::server {

// Which Host and Origin headers are ours. A page elsewhere can make a browser send
// requests here, under another name (DNS rebinding) or from another origin
// (cross-site requests, WebSocket hijacking); both are refused by these names.
// Immutable after construction; any thread.
class OriginPolicy {
 public:
  // `names` are the host names and addresses besides the loopback ones.
  OriginPolicy(std::vector<std::string> names, std::uint16_t port);

  // `local_address`: the address this connection came in at. Where that is not a
  // loopback address it is a name of ours, too: an address literal cannot be rebound.
  bool host_is_ours(std::string_view host, std::string_view local_address) const;
  bool origin_is_ours(std::string_view origin, std::string_view local_address) const;

 private:
  std::vector<std::string> names_;  // lower case, IPv6 in brackets
  std::uint16_t port_;
};

}  // namespace inferno::server
