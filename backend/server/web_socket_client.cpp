#include "server/web_socket_client.h"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/websocket/stream.hpp>

namespace inferno::server {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
namespace websocket = beast::websocket;

namespace {

constexpr std::size_t kMaxMessageBytes = std::size_t{64} << 20;

Error failed(const char* doing, const beast::error_code& ec) {
  return Error{ErrorCode::kGone, std::string("The WebSocket failed while ") + doing + ": " + ec.message() + ".", {}};
}

}  // namespace

struct WebSocketClient::Impl {
  asio::io_context io{1};
  websocket::stream<asio::ip::tcp::socket> socket{io};
  beast::flat_buffer buffer;
  std::string subprotocol;
};

WebSocketClient::WebSocketClient(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
WebSocketClient::~WebSocketClient() = default;

Result<std::unique_ptr<WebSocketClient>> WebSocketClient::connect(const Options& options) {
  auto impl = std::make_unique<Impl>();
  auto& tcp = impl->socket.next_layer();
  beast::error_code ec;
  tcp.open(asio::ip::tcp::v4(), ec);
  if (options.receive_buffer_bytes > 0) {
    // Before connecting: the window is agreed on then.
    tcp.set_option(asio::socket_base::receive_buffer_size(options.receive_buffer_bytes), ec);
  }
  tcp.connect({asio::ip::address_v4::loopback(), options.port}, ec);
  if (ec) return failed("connecting", ec);
  impl->socket.set_option(websocket::stream_base::decorator([&options](websocket::request_type& request) {
    if (!options.subprotocols.empty()) request.set(http::field::sec_websocket_protocol, options.subprotocols);
    if (!options.origin.empty()) request.set(http::field::origin, options.origin);
    if (!options.cookie.empty()) request.set(http::field::cookie, options.cookie);
  }));
  impl->socket.read_message_max(kMaxMessageBytes);
  const std::string host = options.host.empty() ? "localhost:" + std::to_string(options.port) : options.host;
  websocket::response_type response;
  impl->socket.handshake(response, host, "/ws", ec);
  if (ec == websocket::error::upgrade_declined) {
    return Error{ErrorCode::kInvalidArgument, "The server answered " + std::to_string(response.result_int()) + ".", {}};
  }
  if (ec) return failed("shaking hands", ec);
  impl->subprotocol = std::string(response[http::field::sec_websocket_protocol]);
  return std::unique_ptr<WebSocketClient>(new WebSocketClient(std::move(impl)));
}

const std::string& WebSocketClient::subprotocol() const { return impl_->subprotocol; }

Result<std::vector<std::uint8_t>> WebSocketClient::read() {
  impl_->buffer.clear();
  beast::error_code ec;
  impl_->socket.read(impl_->buffer, ec);
  if (ec == websocket::error::closed) {
    const auto& reason = impl_->socket.reason();
    return Error{
        ErrorCode::kGone,
        "closed " + std::to_string(reason.code) + " " + std::string(reason.reason.data(), reason.reason.size()),
        {}};
  }
  if (ec) return failed("reading", ec);
  const auto data = impl_->buffer.data();
  const auto* bytes = static_cast<const std::uint8_t*>(data.data());
  return std::vector<std::uint8_t>(bytes, bytes + data.size());
}

Result<void> WebSocketClient::write_binary(std::span<const std::uint8_t> message) {
  beast::error_code ec;
  impl_->socket.binary(true);
  impl_->socket.write(asio::buffer(message.data(), message.size()), ec);
  return ec ? Result<void>(failed("writing", ec)) : Result<void>();
}

Result<void> WebSocketClient::write_text(const std::string& message) {
  beast::error_code ec;
  impl_->socket.text(true);
  impl_->socket.write(asio::buffer(message), ec);
  return ec ? Result<void>(failed("writing", ec)) : Result<void>();
}

Result<void> WebSocketClient::write_raw(std::span<const std::uint8_t> bytes) {
  beast::error_code ec;
  asio::write(impl_->socket.next_layer(), asio::buffer(bytes.data(), bytes.size()), ec);
  return ec ? Result<void>(failed("writing", ec)) : Result<void>();
}

void WebSocketClient::close() {
  beast::error_code ignored;
  impl_->socket.close(websocket::close_code::normal, ignored);
}

}  // namespace inferno::server
