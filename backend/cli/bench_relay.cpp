#include "cli/bench_relay.h"

#include <chrono>

#include <boost/asio/io_context.hpp>

#include "protocol/message.h"
#include "server/messages.h"
#include "server/web_socket_client.h"

namespace inferno::cli {

namespace {

constexpr std::chrono::milliseconds kTurn{50};
constexpr std::chrono::seconds kConnectPatience{10};
constexpr std::chrono::seconds kDrainPatience{30};

std::uint64_t count_steps(std::span<const std::uint8_t> bytes) {
  const auto* steps = pb::envelope_of(bytes).body_as_Steps();
  return steps == nullptr || steps->steps() == nullptr ? 0 : steps->steps()->size();
}

}  // namespace

// The hub's part in this: hands on what the engine says.
class BenchRelay::Outlet final : public session::Client {
 public:
  Outlet(BenchRelay& relay, session::ClientSink& sink) : relay_(relay), sink_(sink) { relay_.outlet_ = this; }
  ~Outlet() override { relay_.outlet_ = nullptr; }

  void push(std::span<const std::uint8_t> envelope) {
    queue_.push_back(std::make_shared<const session::Bytes>(envelope.begin(), envelope.end()));
    sink_.wake();
  }
  bool empty() const { return queue_.empty(); }

  session::SharedBytes next() override {
    if (queue_.empty()) return nullptr;
    auto message = std::move(queue_.front());
    queue_.pop_front();
    return message;
  }
  void receive(std::span<const std::uint8_t>) override {}
  void receive_malformed(const Error&, std::uint32_t) override {}
  std::optional<std::string> close_reason() const override { return std::nullopt; }

 private:
  BenchRelay& relay_;
  session::ClientSink& sink_;
  std::deque<session::SharedBytes> queue_;
};

Result<std::unique_ptr<BenchRelay>> BenchRelay::start(boost::asio::io_context& io) {
  std::unique_ptr<BenchRelay> relay(new BenchRelay(io));
  auto token = server::AccessToken::random();
  if (!token) return token.error();
  server::Options options;
  options.port = 0;
  const std::string hex = token->hex();
  auto started = server::Server::start(io, std::move(*token), options, [self = relay.get()](session::ClientSink& sink) {
    return std::make_unique<Outlet>(*self, sink);
  });
  if (!started) return started.error();
  relay->server_ = std::move(*started);
  relay->reader_ = std::thread(&BenchRelay::read_everything, relay.get(), relay->server_->port(), hex);
  const auto deadline = std::chrono::steady_clock::now() + kConnectPatience;
  while (relay->outlet_ == nullptr && !relay->reader_ended_ && std::chrono::steady_clock::now() < deadline) {
    io.run_one_for(kTurn);
  }
  if (relay->outlet_ == nullptr) return Error{ErrorCode::kTimeout, "The WebSocket client could not connect.", {}};
  return relay;
}

BenchRelay::~BenchRelay() { finish(); }

void BenchRelay::send(std::span<const std::uint8_t> envelope) {
  steps_sent_ += count_steps(envelope);
  if (outlet_ != nullptr) outlet_->push(envelope);
}

void BenchRelay::finish() {
  if (!reader_.joinable()) return;
  const auto deadline = std::chrono::steady_clock::now() + kDrainPatience;
  const auto late = [deadline] { return std::chrono::steady_clock::now() > deadline; };
  while (outlet_ != nullptr && steps_received_ < steps_sent_ && !late()) io_.run_one_for(kTurn);
  server_->stop();
  while (!reader_ended_) io_.run_one_for(kTurn);
  reader_.join();
}

void BenchRelay::read_everything(std::uint16_t port, const std::string& token) {
  server::WebSocketClient::Options options;
  options.port = port;
  options.subprotocols = std::string(server::kBinaryProtocol) + ", " + server::kTokenProtocolPrefix + token;
  auto client = server::WebSocketClient::connect(options);
  while (client) {
    auto message = (*client)->read();
    if (!message) break;
    bytes_received_ += message->size();
    if (pb::verify_envelope(*message, pb::kMaxFrameBytes)) steps_received_ += count_steps(*message);
  }
  reader_ended_ = true;
}

}  // namespace inferno::cli
