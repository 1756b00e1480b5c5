#pragma once

#include <atomic>
#include <deque>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>

#include "protocol/message.h"
#include "server/messages.h"
#include "server/server.h"
#include "server/testing/temporary_folder.h"
#include "server/web_socket_client.h"

namespace inferno::server::testing {

// What a fake client of the hub did, seen from a test's thread.
struct Observed {
  std::atomic<int> clients{0};
  std::atomic<int> malformed{0};
  std::atomic<std::uint64_t> bytes_pulled{0};
};

// Stands for the hub: answers Hello with Welcome; at ListModels begins to pour out
// messages of kFloodBytes for as long as they are taken; closes after three
// malformed messages.
class FakeClient final : public session::Client {
 public:
  static constexpr std::size_t kFloodBytes = 256 * 1024;
  static constexpr int kMaxMalformed = 3;

  FakeClient(Observed& observed, session::ClientSink& sink) : observed_(observed), sink_(sink) { ++observed_.clients; }
  ~FakeClient() override { --observed_.clients; }

  session::SharedBytes next() override {
    if (!queue_.empty()) {
      auto message = std::make_shared<const session::Bytes>(std::move(queue_.front()));
      queue_.pop_front();
      return message;
    }
    if (!flooding_) return nullptr;
    pb::ModelListT list;
    list.folders.push_back(std::string(kFloodBytes, 'x'));
    auto message = std::make_shared<const session::Bytes>(pb::make_envelope(0, 0, 0, std::move(list)));
    observed_.bytes_pulled += message->size();
    return message;
  }

  void receive(std::span<const std::uint8_t> bytes) override {
    const pb::Envelope& envelope = pb::envelope_of(bytes);
    if (envelope.body_type() == pb::Body::ListModels) flooding_ = true;
    if (envelope.body_type() == pb::Body::Hello) {
      pb::WelcomeT welcome;
      welcome.version = pb::kProtocolVersion;
      welcome.build = "test";
      queue_.push_back(pb::make_envelope(envelope.request(), 0, 0, std::move(welcome)));
    }
    sink_.wake();
  }

  void receive_malformed(const Error& error, std::uint32_t request) override {
    ++malformed_;
    ++observed_.malformed;
    queue_.push_back(pb::make_error(request, 0, error));
    sink_.wake();
  }

  std::optional<std::string> close_reason() const override {
    return malformed_ < kMaxMalformed ? std::nullopt : std::optional<std::string>("Too many malformed messages.");
  }

 private:
  Observed& observed_;
  session::ClientSink& sink_;
  std::deque<session::Bytes> queue_;
  bool flooding_ = false;
  int malformed_ = 0;
};

inline Limits quick_limits() {
  Limits limits;
  limits.request_deadline = std::chrono::milliseconds(300);
  limits.handshake_deadline = std::chrono::milliseconds(500);
  limits.idle = std::chrono::milliseconds(1000);
  limits.write_deadline = std::chrono::milliseconds(400);
  limits.message_deadline = std::chrono::milliseconds(300);
  limits.watch_interval = std::chrono::milliseconds(50);
  limits.send_buffer_bytes = 64 * 1024;
  limits.overhead_bytes = 32 * 1024;
  return limits;
}

// A server on a free port, on a thread of its own, with FakeClients behind it.
class ServerTest : public ::testing::Test {
 protected:
  static constexpr char kToken[] = "00112233445566778899aabbccddeeff";

  ServerTest() {
    folder_.write("index.html", "<p>studio</p>");
    Options options;
    options.port = 0;
    options.ui_directory = folder_.path();
    options.limits = quick_limits();
    auto server = Server::start(io_, *AccessToken::parse(kToken), options, [this](session::ClientSink& sink) {
      return std::make_unique<FakeClient>(observed_, sink);
    });
    if (!server) throw std::runtime_error(server.error().message);
    server_ = std::move(*server);
    port_ = server_->port();
    thread_ = std::thread([this] { io_.run(); });
  }
  ~ServerTest() override {
    boost::asio::post(io_, [this] { server_->stop(); });
    thread_.join();
  }

  std::string authority() const { return "localhost:" + std::to_string(port_); }

  Result<std::unique_ptr<WebSocketClient>> connect(const std::string& subprotocol, int receive_buffer_bytes = 0) const {
    WebSocketClient::Options options;
    options.port = port_;
    options.subprotocols = subprotocol + ", " + kTokenProtocolPrefix + kToken;
    options.receive_buffer_bytes = receive_buffer_bytes;
    return WebSocketClient::connect(options);
  }

  // Waits until it holds, for at most two seconds.
  template <typename Condition>
  static bool soon(const Condition& condition) {
    for (int i = 0; i < 200; ++i) {
      if (condition()) return true;
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    return condition();
  }

  TemporaryFolder folder_;
  Observed observed_;
  boost::asio::io_context io_{1};
  std::unique_ptr<Server> server_;
  std::uint16_t port_ = 0;
  std::thread thread_;
};

}  // namespace inferno::server::testing
