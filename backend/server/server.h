#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "server/access_token.h"
#include "server/exporter.h"
#include "server/limits.h"
#include "session/hub.h"

namespace boost::asio {
class io_context;
}

namespace inferno::server {

struct Options {
  // Where to listen: an address, or "localhost".
  std::string host = "127.0.0.1";
  // 0: any free port. Absent: kDefaultPort, or one of the next few if it is taken.
  std::optional<std::uint16_t> port;
  // Without it only a loopback address is taken: there is no encryption here.
  bool allow_remote = false;
  // Further names under which browsers may reach the server.
  std::vector<std::string> allowed_hosts;
  std::filesystem::path ui_directory;
  Limits limits;
  Exporter* exporter = nullptr;  // borrowed, outlives the server; null: nothing is recorded
};

// The HTTP and WebSocket server: listens, and gives every WebSocket connection a
// client of the hub. Knows neither runs nor engines. Everything happens on the
// thread that runs the io_context; so must all calls here.
class Server {
 public:
  static constexpr std::uint16_t kDefaultPort = 7717;
  static constexpr std::uint16_t kPortsTried = 10;

  // Makes the hub's side of a new connection; the sink outlives the client.
  using ClientFactory = std::function<std::unique_ptr<session::Client>(session::ClientSink&)>;

  // Errors: kInvalidArgument for an address that is none, is not of this machine, is
  // not loopback although `allow_remote` is off, or a port in use.
  static Result<std::unique_ptr<Server>> start(boost::asio::io_context& io, AccessToken token, Options options,
                                               ClientFactory make_client);
  // Stops listening and cuts what is open.
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  std::uint16_t port() const;
  bool is_loopback() const;
  bool has_studio() const;
  // With the token: what a person opens.
  std::string url() const;
  // Without it.
  std::string origin() const;

  // Open at this moment.
  std::size_t connections() const;

  // Stops listening and begins to close every connection, telling the clients. They
  // are gone when connections() is 0, which takes the io_context running.
  void stop();

 private:
  struct Impl;
  explicit Server(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace inferno::server
