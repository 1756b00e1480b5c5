#include "server/http_connection.h"

#include <array>
#include <memory>
#include <optional>

#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/websocket/rfc6455.hpp>

#include "server/export_sender.h"
#include "server/responses.h"
#include "server/web_socket_connection.h"

namespace inferno::server {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using beast::error_code;

namespace {

constexpr std::chrono::milliseconds kLinger{1'000};
constexpr int kLingerReads = 64;
constexpr unsigned kHttp11 = 11;

using Parser = http::request_parser<http::string_body>;
using HttpRequest = http::request<http::string_body>;

std::vector<std::string> values_of(const HttpRequest& request, http::field name) {
  std::vector<std::string> values;
  const auto [begin, end] = request.equal_range(name);
  for (auto at = begin; at != end; ++at) values.emplace_back(at->value());
  return values;
}

std::vector<std::string> subprotocols_of(const HttpRequest& request) {
  std::vector<std::string> names;
  for (const std::string& value : values_of(request, http::field::sec_websocket_protocol)) {
    for (const auto& name : http::token_list(value)) names.emplace_back(name);
  }
  return names;
}

std::string non_loopback_address(const Stream& stream) {
  error_code ec;
  const auto endpoint = stream.socket().local_endpoint(ec);
  if (ec) return {};
  asio::ip::address address = endpoint.address();
  if (address.is_v6() && address.to_v6().is_v4_mapped()) {
    address = asio::ip::make_address_v4(asio::ip::v4_mapped, address.to_v6());
  }
  return address.is_loopback() ? std::string{} : address.to_string();
}

Request describe(const HttpRequest& request, const Stream& stream) {
  Request result;
  result.method = std::string(request.method_string());
  result.target = std::string(request.target());
  result.host = values_of(request, http::field::host);
  result.origin = values_of(request, http::field::origin);
  result.authorization = values_of(request, http::field::authorization);
  result.cookie = values_of(request, http::field::cookie);
  result.subprotocols = subprotocols_of(request);
  result.accept = std::string(request[http::field::accept]);
  result.fetch_site = std::string(request["Sec-Fetch-Site"]);
  result.is_upgrade = beast::websocket::is_upgrade(request);
  result.local_address = non_loopback_address(stream);
  return result;
}

// The answer to a request that could not be read, if the peer may still want one.
std::optional<Response> answer_to(const error_code& ec) {
  std::optional<Response> response;
  if (ec == http::error::header_limit) {
    response = words(431, "Header too large", "The header of a request may have 8 KiB.");
  } else if (ec == http::error::body_limit) {
    response = words(413, "Too large", "No address here takes a body of that size.");
  } else if (ec == beast::error::timeout) {
    // Beast has closed the socket: nobody is left to tell.
    return std::nullopt;
  } else if (ec.category() == make_error_code(http::error::bad_method).category() && ec != http::error::end_of_stream &&
             ec != http::error::partial_message) {
    response = words(400, "Bad request", "The request is not HTTP/1.1: " + ec.message() + ".");
  }
  if (response) response->close = true;
  return response;
}

constexpr char kNeeds11[] = "A file of unknown length needs HTTP/1.1.";
constexpr char kNotRecorded[] = "Nothing is recorded here.";

unsigned status_of(ErrorCode code) {
  switch (code) {
    case ErrorCode::kNoSuchRun:
      return 404;
    case ErrorCode::kWrongState:
      return 409;
    case ErrorCode::kUnsupportedVersion:
      return 505;
    case ErrorCode::kTooLarge:
    case ErrorCode::kFileNotFound:
      return 503;
    default:
      return 500;
  }
}

// Callbacks, not coroutines: as a coroutine this crashed when compiled by g++ 12 at -O2.
class HttpConnection final : public Connections::Member, public std::enable_shared_from_this<HttpConnection> {
 public:
  HttpConnection(Stream stream, std::shared_ptr<Site> site)
      : stream_(std::move(stream)), site_(std::move(site)), place_(site_->connections.join(*this)) {}

  void stop() override { stream_.close(); }

  void read() {
    parser_.emplace();
    parser_->header_limit(static_cast<std::uint32_t>(site_->limits.header_bytes));
    parser_->body_limit(site_->limits.body_bytes);
    stream_.expires_after(site_->limits.request_deadline);
    http::async_read(stream_, buffer_, *parser_, [self = shared_from_this()](error_code ec, std::size_t) {
      ec ? self->refuse(ec) : self->answer();
    });
  }

 private:
  void refuse(const error_code& ec) {
    if (auto response = answer_to(ec)) return send(*response, http::verb::get, false);
    linger();
  }

  void answer() {
    const HttpRequest request = parser_->release();
    Outcome outcome = site_->router.handle(describe(request, stream_));
    if (const auto* upgrade = std::get_if<Upgrade>(&outcome)) return open_web_socket(request, *upgrade);
    if (const auto* download = std::get_if<Download>(&outcome)) return open_export(request, *download);
    send(std::get<Response>(outcome), request.method(), request.keep_alive());
  }

  void open_web_socket(const HttpRequest& request, const Upgrade& upgrade) {
    stream_.expires_never();
    auto connection = std::make_shared<WebSocketConnection>(std::move(stream_), site_, upgrade.encoding);
    connection->start(request);
  }

  void open_export(const HttpRequest& request, const Download& download) {
    const http::verb method = request.method();
    const bool keep_alive = request.keep_alive();
    if (request.version() < kHttp11)
      return refuse_export({ErrorCode::kUnsupportedVersion, kNeeds11, ""}, method, false);
    if (site_->exporter == nullptr) return refuse_export({ErrorCode::kNoSuchRun, kNotRecorded, ""}, method, keep_alive);
    stream_.expires_never();
    site_->exporter->open(download.run, download.form,
                          [self = shared_from_this(), method, keep_alive](Result<Export> opened) {
                            if (!opened) return self->refuse_export(opened.error(), method, keep_alive);
                            self->send_export(std::move(*opened), method, keep_alive);
                          });
  }

  void refuse_export(const Error& error, http::verb method, bool keep_alive) {
    Response response =
        words(status_of(error.code), "No file", error.hint.empty() ? error.message : error.message + " " + error.hint);
    send(response, method, keep_alive);
  }

  void send_export(Export opened, http::verb method, bool keep_alive) {
    Response response;
    add_security_headers(response);
    file_header_ = {http::status::ok, kHttp11};
    for (const auto& [name, value] : response.headers) file_header_.insert(name, value);
    // No type that a browser would show: an exported page is no page of this server.
    file_header_.set(http::field::content_type, "application/octet-stream");
    file_header_.set(http::field::content_disposition, "attachment; filename=\"" + opened.name + "\"");
    file_header_.set(http::field::cache_control, "no-store");
    file_header_.keep_alive(keep_alive);
    file_header_.chunked(true);
    file_serializer_.emplace(file_header_);
    stream_.expires_after(site_->limits.response_deadline);
    const auto end = [self = shared_from_this(), keep_alive](bool is_whole) {
      is_whole&& keep_alive ? self->read() : self->linger();
    };
    auto sender =
        std::make_shared<ExportSender>(stream_, std::move(opened.stream), site_->limits.response_deadline, end);
    http::async_write_header(stream_, *file_serializer_,
                             [sender, end, is_head = method == http::verb::head](error_code ec, std::size_t) {
                               if (ec || is_head) return end(!ec);
                               sender->send();
                             });
  }

  void send(Response& response, http::verb method, bool keep_alive) {
    add_security_headers(response);
    message_ = {static_cast<http::status>(response.status), kHttp11};
    for (const auto& [name, value] : response.headers) message_.insert(name, value);
    message_.keep_alive(keep_alive && !response.close);
    message_.content_length(response.body.size());
    message_.body() = std::move(response.body);
    serializer_.emplace(message_);
    stream_.expires_after(site_->limits.response_deadline);
    auto sent = [self = shared_from_this()](error_code ec, std::size_t) {
      !ec && self->message_.keep_alive() ? self->read() : self->linger();
    };
    if (method == http::verb::head) {
      http::async_write_header(stream_, *serializer_, std::move(sent));
    } else {
      http::async_write(stream_, *serializer_, std::move(sent));
    }
  }

  // Closing a socket with unread bytes resets it, and the answer may be lost: what
  // the peer still sends is read past for a moment.
  void linger() {
    error_code ec;
    stream_.socket().shutdown(asio::ip::tcp::socket::shutdown_send, ec);
    stream_.expires_after(kLinger);
    if (!ec) read_past();
  }

  void read_past() {
    if (--lingering_reads_ < 0) return;
    stream_.async_read_some(asio::buffer(unread_), [self = shared_from_this()](error_code ec, std::size_t) {
      if (!ec) self->read_past();
    });
  }

  Stream stream_;
  std::shared_ptr<Site> site_;
  Connections::Place place_;
  beast::flat_buffer buffer_{16 * 1024};
  std::optional<Parser> parser_;
  http::response<http::string_body> message_;
  std::optional<http::response_serializer<http::string_body>> serializer_;
  http::response<http::empty_body> file_header_;
  std::optional<http::response_serializer<http::empty_body>> file_serializer_;
  std::array<char, 4096> unread_{};
  int lingering_reads_ = kLingerReads;
};

}  // namespace

void serve_http(Stream stream, std::shared_ptr<Site> site) {
  std::make_shared<HttpConnection>(std::move(stream), std::move(site))->read();
}

}  // namespace inferno::server
