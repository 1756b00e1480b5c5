#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

namespace inferno::server {

// What one connection may cost. Tests shorten the times.
struct Limits {
  std::size_t header_bytes = 8 * 1024;
  std::size_t body_bytes = 64 * 1024;  // no route reads a body; a small one is read past
  std::size_t connections = 256;       // further ones are closed at once
  // From the opening of the connection, or the last answer, to a whole request.
  std::chrono::milliseconds request_deadline{10'000};
  std::chrono::milliseconds response_deadline{30'000};

  std::chrono::milliseconds handshake_deadline{10'000};  // also for closing
  std::chrono::milliseconds idle{60'000};                // pinged at half of it
  // One message, from its first byte handed to the socket to its last one taken.
  std::chrono::milliseconds write_deadline{30'000};
  // A message in fragments, from its first to its last.
  std::chrono::milliseconds message_deadline{30'000};
  std::chrono::milliseconds watch_interval{1'000};  // how often the deadlines are looked at
  int send_buffer_bytes = 256 * 1024;               // SO_SNDBUF
  // Bytes that carry nothing (pings, empty fragments) beyond an allowance a second.
  std::uint64_t overhead_bytes = 256 * 1024;
  std::uint64_t overhead_bytes_per_s = 1024;
};

}  // namespace inferno::server
