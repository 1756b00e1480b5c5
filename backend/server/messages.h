#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "server/exporter.h"

namespace inferno::server {

// An HTTP request as the router sees it: no sockets, so that it is tested without.
// Headers that decide about access keep every value given, so that doubles show.
struct Request {
  std::string method;
  std::string target;
  std::vector<std::string> host, origin, authorization, cookie;
  std::vector<std::string> subprotocols;  // of a WebSocket upgrade, split
  std::string accept;
  std::string fetch_site;  // Sec-Fetch-Site; empty where the client does not say
  bool is_upgrade = false;
  std::string local_address;  // where the connection came in; empty for loopback
};

struct Response {
  unsigned status = 200;
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
  bool close = false;  // the connection ends with this answer
};

// How the messages of a WebSocket connection are written.
enum class Encoding : unsigned char { kBinary, kJson };

// The request may become a WebSocket with this encoding.
struct Upgrade {
  Encoding encoding = Encoding::kBinary;
};

// The answer is a recording, as a file.
struct Download {
  std::uint32_t run = 0;
  ExportForm form = ExportForm::kPage;
};

using Outcome = std::variant<Response, Upgrade, Download>;

inline constexpr char kBinaryProtocol[] = "inferno.v1.fbs";
inline constexpr char kJsonProtocol[] = "inferno.v1.json";
inline constexpr char kTokenProtocolPrefix[] = "inferno.token.";

}  // namespace inferno::server
