#include "server/web_socket_connection.h"

#include <span>
#include <string_view>

#include <boost/asio/post.hpp>

#include "protocol/json.h"
#include "protocol/message.h"
#include "server/responses.h"

namespace inferno::server {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
namespace websocket = beast::websocket;

namespace {

constexpr std::size_t kReadPieceBytes = 64 * 1024;
constexpr std::size_t kFrameHeaderBytes = 14;  // at most
constexpr std::size_t kKeptReadBytes = 256 * 1024;
constexpr std::size_t kMaxCloseReasonBytes = 120;

void decorate(http::response<http::string_body>& answer, Encoding encoding) {
  Response headers;
  add_security_headers(headers);
  for (const auto& [name, value] : headers.headers) answer.set(name, value);
  answer.set(http::field::sec_websocket_protocol, encoding == Encoding::kJson ? kJsonProtocol : kBinaryProtocol);
}

Error wrong_kind(Encoding encoding) {
  return encoding == Encoding::kJson
             ? Error{ErrorCode::kMalformedMessage, "A connection with inferno.v1.json takes text messages.", {}}
             : Error{ErrorCode::kMalformedMessage, "A connection with inferno.v1.fbs takes binary messages.",
                     "For text, connect with the subprotocol inferno.v1.json."};
}

}  // namespace

WebSocketConnection::WebSocketConnection(Stream stream, std::shared_ptr<Site> site, Encoding encoding)
    : site_(std::move(site)),
      place_(site_->connections.join(*this)),
      socket_(std::move(stream)),
      encoding_(encoding),
      watch_timer_(socket_.get_executor()),
      opened_(Clock::now()) {}

void WebSocketConnection::start(const UpgradeRequest& request) {
  websocket::stream_base::timeout timeouts;
  timeouts.handshake_timeout = site_->limits.handshake_deadline;
  timeouts.idle_timeout = site_->limits.idle;
  timeouts.keep_alive_pings = true;
  socket_.set_option(timeouts);
  socket_.set_option(websocket::stream_base::decorator(
      [encoding = encoding_](websocket::response_type& answer) { decorate(answer, encoding); }));
  socket_.read_message_max(protocol::kMaxClientMessageBytes);
  socket_.auto_fragment(false);
  socket_.binary(encoding_ == Encoding::kBinary);
  socket_.async_accept(request, [self = shared_from_this()](ErrorCode ec) {
    if (ec || self->over_) return self->drop();
    self->on_open();
  });
}

void WebSocketConnection::on_open() {
  opened_ = Clock::now();
  bytes_before_open_ = socket_.next_layer().rate_policy().bytes_read();
  client_ = site_->make_client(*this);
  watch();
  if (!client_) return close(CloseCode::try_again_later, "The server takes no more clients.");
  read();
  pump();
}

void WebSocketConnection::read() {
  // In pieces, because a whole-message read would give no sign of a message begun.
  socket_.async_read_some(incoming_, kReadPieceBytes, [self = shared_from_this()](ErrorCode ec, std::size_t n) {
    if (ec) return self->drop();
    self->on_read(n);
  });
}

void WebSocketConnection::on_read(std::size_t n) {
  useful_bytes_ += n + kFrameHeaderBytes;
  if (!socket_.is_message_done()) {
    if (!message_began_) message_began_ = Clock::now();
  } else {
    message_began_.reset();
    take_message();
    incoming_.clear();
    if (incoming_.capacity() > kKeptReadBytes) incoming_.shrink_to_fit();
  }
  if (!over_) read();
}

void WebSocketConnection::take_message() {
  if (over_) return;
  const auto data = incoming_.data();
  const std::span bytes(static_cast<const std::uint8_t*>(data.data()), data.size());
  std::uint32_t request = 0;
  if (const auto given = hand_over(bytes, request); !given) client_->receive_malformed(given.error(), request);
  // Also where the hub has nothing to say: it may be done with us.
  pump();
}

Result<void> WebSocketConnection::hand_over(std::span<const std::uint8_t> bytes, std::uint32_t& request) {
  if (socket_.got_text() != (encoding_ == Encoding::kJson)) return wrong_kind(encoding_);
  if (encoding_ == Encoding::kBinary) {
    const auto verified = protocol::verify_envelope(bytes);
    if (!verified) return verified.error();
    client_->receive(bytes);
    return {};
  }
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  const auto envelope = protocol::envelope_from_json(text, protocol::kMaxClientMessageBytes, &request);
  if (!envelope) return envelope.error();
  client_->receive(*envelope);
  return {};
}

void WebSocketConnection::wake() {
  // Not at once: the hub may be in the middle of something.
  if (pump_posted_ || over_) return;
  pump_posted_ = true;
  asio::post(socket_.get_executor(), [self = shared_from_this()] {
    self->pump_posted_ = false;
    self->pump();
  });
}

void WebSocketConnection::pump() {
  if (over_ || write_began_ || !client_) return;
  outgoing_ = client_->next();
  if (!outgoing_) {
    if (const auto reason = client_->close_reason()) close(CloseCode::policy_error, *reason);
    return;
  }
  asio::const_buffer buffer(outgoing_->data(), outgoing_->size());
  if (encoding_ == Encoding::kJson) {
    outgoing_json_.clear();
    protocol::append_json(*outgoing_, outgoing_json_);
    buffer = asio::buffer(outgoing_json_);
  }
  write_began_ = Clock::now();
  socket_.async_write(buffer, [self = shared_from_this()](ErrorCode ec, std::size_t) {
    if (ec) return self->drop();
    self->write_began_.reset();
    self->outgoing_.reset();
    self->pump();
  });
}

void WebSocketConnection::watch() {
  watch_timer_.expires_after(site_->limits.watch_interval);
  watch_timer_.async_wait([self = shared_from_this()](ErrorCode ec) {
    if (ec) return;
    const auto now = Clock::now();
    // A peer that takes nothing takes no close frame either.
    if (self->overdue(now) || self->too_much_overhead(now)) return self->drop();
    self->watch();
  });
}

bool WebSocketConnection::overdue(Clock::time_point now) const {
  const auto past = [now](const std::optional<Clock::time_point>& since, std::chrono::milliseconds limit) {
    return since && now - *since > limit;
  };
  return past(write_began_, site_->limits.write_deadline) || past(message_began_, site_->limits.message_deadline) ||
         past(close_began_, site_->limits.handshake_deadline);
}

bool WebSocketConnection::too_much_overhead(Clock::time_point now) const {
  const std::uint64_t read = socket_.next_layer().rate_policy().bytes_read() - bytes_before_open_;
  const auto open_s = std::chrono::duration_cast<std::chrono::seconds>(now - opened_).count();
  const std::uint64_t allowed =
      site_->limits.overhead_bytes + site_->limits.overhead_bytes_per_s * static_cast<std::uint64_t>(open_s);
  return read > useful_bytes_ + allowed;
}

void WebSocketConnection::close(CloseCode code, const std::string& reason) {
  if (over_) return;
  over_ = true;
  close_began_ = Clock::now();
  client_.reset();
  socket_.async_close({code, std::string_view(reason).substr(0, kMaxCloseReasonBytes)},
                      [self = shared_from_this()](ErrorCode) { self->drop(); });
}

void WebSocketConnection::stop() {
  // Before the handshake is done there is nobody to take a close frame.
  if (socket_.is_open()) return close(CloseCode::going_away, "The server is stopping.");
  drop();
}

void WebSocketConnection::drop() {
  over_ = true;
  client_.reset();
  watch_timer_.cancel();
  beast::get_lowest_layer(socket_).close();
}

}  // namespace inferno::server
