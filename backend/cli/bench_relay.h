#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <memory>
#include <span>
#include <string>
#include <thread>

#include "base/result.h"
#include "cli/verb.h"
#include "server/server.h"

namespace inferno::cli {

// The way from the engine to a WebSocket client, for measuring it: a real server on
// loopback in this process, and a client on a thread of its own that reads every
// message and counts the steps in it. Everything but that thread is on the thread
// that runs `io`.
class BenchRelay {
 public:
  // Returns when the client is connected.
  static Result<std::unique_ptr<BenchRelay>> start(boost::asio::io_context& io);
  ~BenchRelay();

  // An envelope from the engine, on its way to the client.
  void send(std::span<const std::uint8_t> envelope);
  // Lets the client have everything and closes the connection.
  void finish();

  std::uint64_t steps_sent() const { return steps_sent_; }
  std::uint64_t steps_received() const { return steps_received_; }
  std::uint64_t bytes_received() const { return bytes_received_; }

 private:
  class Outlet;
  explicit BenchRelay(boost::asio::io_context& io) : io_(io) {}
  void read_everything(std::uint16_t port, const std::string& token);

  boost::asio::io_context& io_;
  std::unique_ptr<server::Server> server_;
  Outlet* outlet_ = nullptr;  // owned by the connection
  std::atomic<bool> reader_ended_ = false;
  std::uint64_t steps_sent_ = 0;
  std::atomic<std::uint64_t> steps_received_ = 0;
  std::atomic<std::uint64_t> bytes_received_ = 0;
  std::thread reader_;
};

}  // namespace inferno::cli
