#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"

namespace inferno::server {

// A plain WebSocket client that blocks: for measuring the server with a client of
// its own, and for tests. One thread, which must not be the server's.
class WebSocketClient {
 public:
  struct Options {
    std::uint16_t port = 0;
    std::string subprotocols;  // as in the header; the token may be one of them
    std::string host;          // the Host header; default: localhost and the port
    std::string origin;        // none if empty
    std::string cookie;
    int receive_buffer_bytes = 0;  // SO_RCVBUF; 0: the system's
  };

  // Connects to 127.0.0.1. Error: kInvalidArgument with the HTTP status where the
  // server refused the upgrade.
  static Result<std::unique_ptr<WebSocketClient>> connect(const Options& options);
  ~WebSocketClient();

  // The subprotocol that the server chose.
  const std::string& subprotocol() const;
  // The next message. Error: kGone when the connection is closed, with its reason.
  Result<std::vector<std::uint8_t>> read();
  Result<void> write_binary(std::span<const std::uint8_t> message);
  Result<void> write_text(const std::string& message);
  // Bytes as they are, past the WebSocket framing: for tests of bad frames.
  Result<void> write_raw(std::span<const std::uint8_t> bytes);
  void close();

 private:
  struct Impl;
  explicit WebSocketClient(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace inferno::server
