#include "server/server.h"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>

#include "server/http_connection.h"
#include "server/site.h"

namespace inferno::server {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

namespace {

constexpr std::chrono::milliseconds kPauseAfterAcceptError{100};

Result<asio::ip::address> address_of(const Options& options) {
  error_code ec;
  const std::string& host = options.host;
  const asio::ip::address address =
      host == "localhost" ? asio::ip::address_v4::loopback() : asio::ip::make_address(host, ec);
  if (ec) {
    return Error{ErrorCode::kInvalidArgument, "'" + host + "' is not an address to listen at.",
                 "Give an IP address of this machine, for example --host 127.0.0.1."};
  }
  if (!address.is_loopback() && !options.allow_remote) {
    return Error{ErrorCode::kInvalidArgument, "Listening at " + host + " would let other machines in.",
                 "If you want that, add --allow-remote. The connection is not encrypted: better keep "
                 "127.0.0.1 and use an SSH tunnel."};
  }
  return address;
}

// An acceptor at the address, or the reason why not.
error_code listen(tcp::acceptor& acceptor, const asio::ip::address& address, std::uint16_t port) {
  const tcp::endpoint endpoint(address, port);
  error_code ec;
  if (!acceptor.open(endpoint.protocol(), ec) && !acceptor.set_option(tcp::acceptor::reuse_address(true), ec) &&
      !acceptor.bind(endpoint, ec) && !acceptor.listen(asio::socket_base::max_listen_connections, ec)) {
    return {};
  }
  error_code ignored;
  acceptor.close(ignored);
  return ec;
}

Error cannot_listen(const std::string& host, std::uint16_t port, const error_code& ec) {
  return Error{ErrorCode::kInvalidArgument,
               "Cannot listen at " + host + ", port " + std::to_string(port) + ": " + ec.message() + ".",
               "Choose another one with --port, or --port 0 for any that is free."};
}

Result<tcp::acceptor> open_acceptor(asio::io_context& io, const Options& options) {
  const auto address = address_of(options);
  if (!address) return address.error();
  tcp::acceptor acceptor(io);
  const std::uint16_t first = options.port.value_or(Server::kDefaultPort);
  const std::uint16_t tries = options.port ? 1 : Server::kPortsTried;
  error_code ec;
  for (std::uint16_t i = 0; i < tries; ++i) {
    ec = listen(acceptor, *address, static_cast<std::uint16_t>(first + i));
    if (!ec) return acceptor;
    if (ec != asio::error::address_in_use) break;
  }
  return cannot_listen(options.host, first, ec);
}

std::string authority(const tcp::endpoint& endpoint) {
  const std::string port = ":" + std::to_string(endpoint.port());
  // "Any address" is not one a browser can open.
  if (endpoint.address().is_unspecified()) return "localhost" + port;
  const std::string address = endpoint.address().to_string();
  return (endpoint.address().is_v6() ? "[" + address + "]" : address) + port;
}

// Accepts connections for as long as its acceptor is open.
class Listener : public std::enable_shared_from_this<Listener> {
 public:
  Listener(tcp::acceptor acceptor, std::shared_ptr<Site> site)
      : acceptor_(std::move(acceptor)), site_(std::move(site)), pause_(acceptor_.get_executor()) {}

  void accept() {
    acceptor_.async_accept([self = shared_from_this()](error_code ec, tcp::socket socket) {
      if (!self->acceptor_.is_open()) return;
      if (ec) return self->pause();
      self->open(std::move(socket));
      self->accept();
    });
  }

  void stop() {
    error_code ignored;
    acceptor_.close(ignored);
    pause_.cancel();
  }

 private:
  void open(tcp::socket socket) {
    if (site_->connections.size() >= site_->limits.connections) return;
    error_code ignored;
    socket.set_option(tcp::no_delay(true), ignored);
    socket.set_option(asio::socket_base::send_buffer_size(site_->limits.send_buffer_bytes), ignored);
    serve_http(Stream(std::move(socket)), site_);
  }

  // Out of descriptors, most likely: some will be free again.
  void pause() {
    pause_.expires_after(kPauseAfterAcceptError);
    pause_.async_wait([self = shared_from_this()](error_code ec) {
      if (!ec) self->accept();
    });
  }

  tcp::acceptor acceptor_;
  std::shared_ptr<Site> site_;
  asio::steady_timer pause_;
};

}  // namespace

struct Server::Impl {
  std::shared_ptr<Listener> listener;
  tcp::endpoint endpoint;
  std::shared_ptr<Site> site;
  std::string token;
  bool has_studio = false;
};

Result<std::unique_ptr<Server>> Server::start(asio::io_context& io, AccessToken token, Options options,
                                              ClientFactory make_client) {
  auto acceptor = open_acceptor(io, options);
  if (!acceptor) return acceptor.error();
  auto impl = std::make_unique<Impl>();
  impl->endpoint = acceptor->local_endpoint();
  impl->token = token.hex();

  const std::uint16_t port = impl->endpoint.port();
  std::vector<std::string> names = std::move(options.allowed_hosts);
  if (!impl->endpoint.address().is_unspecified()) names.push_back(impl->endpoint.address().to_string());
  StaticFiles files(options.ui_directory);
  impl->has_studio = files.present();
  impl->site = std::make_shared<Site>(
      Site{Router(OriginPolicy(std::move(names), port), std::move(token), port, std::move(files)),
           options.limits,
           std::move(make_client),
           options.exporter,
           {}});
  impl->listener = std::make_shared<Listener>(std::move(*acceptor), impl->site);
  impl->listener->accept();
  return std::unique_ptr<Server>(new Server(std::move(impl)));
}

Server::Server(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

Server::~Server() { stop(); }

std::uint16_t Server::port() const { return impl_->endpoint.port(); }

bool Server::is_loopback() const { return impl_->endpoint.address().is_loopback(); }

bool Server::has_studio() const { return impl_->has_studio; }

std::size_t Server::connections() const { return impl_->site->connections.size(); }

std::string Server::origin() const { return "http://" + authority(impl_->endpoint); }

std::string Server::url() const { return origin() + "/?token=" + impl_->token; }

void Server::stop() {
  impl_->listener->stop();
  impl_->site->connections.stop_all();
}

}  // namespace inferno::server
