#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/websocket/stream.hpp>

#include "server/messages.h"
#include "server/site.h"
#include "server/stream.h"

namespace inferno::server {

// One WebSocket client: carries Envelopes between the socket and its hub client.
// Pulls a message from the hub only when the socket has taken the one before, so a
// slow reader costs one message of memory; a reader that takes nothing for the
// write deadline is cut. Looks into no message.
//
// permessage-deflate stays off: over loopback it costs more time than it saves.
//
// Lives as long as an operation of its own is pending. On the server's thread only.
class WebSocketConnection final : public session::ClientSink,
                                  public Connections::Member,
                                  public std::enable_shared_from_this<WebSocketConnection> {
 public:
  using UpgradeRequest = boost::beast::http::request<boost::beast::http::string_body>;

  WebSocketConnection(Stream stream, std::shared_ptr<Site> site, Encoding encoding);

  // Answers the upgrade request, which the router has allowed, and begins.
  void start(const UpgradeRequest& request);

  void wake() override;
  void stop() override;

 private:
  using Clock = std::chrono::steady_clock;
  using CloseCode = boost::beast::websocket::close_code;
  using ErrorCode = boost::beast::error_code;

  void on_open();
  void read();
  void on_read(std::size_t n);
  void take_message();
  // `request` receives the message's request id where it could be read.
  Result<void> hand_over(std::span<const std::uint8_t> bytes, std::uint32_t& request);
  void pump();
  void watch();
  bool overdue(Clock::time_point now) const;
  bool too_much_overhead(Clock::time_point now) const;
  void close(CloseCode code, const std::string& reason);
  void drop();

  // Declared before client_, which must go first: its sink is this connection.
  std::shared_ptr<Site> site_;
  Connections::Place place_;
  boost::beast::websocket::stream<Stream> socket_;
  Encoding encoding_;
  boost::asio::steady_timer watch_timer_;
  boost::beast::flat_buffer incoming_;
  session::SharedBytes outgoing_;
  std::string outgoing_json_;
  std::optional<Clock::time_point> write_began_;    // a write is in flight
  std::optional<Clock::time_point> message_began_;  // a message has come in part
  std::optional<Clock::time_point> close_began_;
  Clock::time_point opened_;
  std::uint64_t bytes_before_open_ = 0;
  std::uint64_t useful_bytes_ = 0;
  bool pump_posted_ = false;
  bool over_ = false;  // closing or closed
  std::unique_ptr<session::Client> client_;
};

}  // namespace inferno::server
