#pragma once

#include <cstdint>
#include <limits>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/basic_stream.hpp>
#include <boost/beast/core/rate_policy.hpp>

namespace inferno::server {

// Counts what is read from a socket, at the one place where all of it passes: Beast
// keeps pings and empty fragments to itself. Limits nothing.
class ReadMeter {
 public:
  std::uint64_t bytes_read() const { return bytes_read_; }

 private:
  friend class boost::beast::rate_policy_access;

  std::size_t available_read_bytes() const noexcept { return std::numeric_limits<std::size_t>::max(); }
  std::size_t available_write_bytes() const noexcept { return std::numeric_limits<std::size_t>::max(); }
  void transfer_read_bytes(std::size_t n) noexcept { bytes_read_ += n; }
  void transfer_write_bytes(std::size_t) const noexcept {}
  void on_timer() const noexcept {}

  std::uint64_t bytes_read_ = 0;
};

using Stream = boost::beast::basic_stream<boost::asio::ip::tcp, boost::asio::any_io_executor, ReadMeter>;

}  // namespace inferno::server
