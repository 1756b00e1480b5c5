#include "worker/pipe.h"

#include <fcntl.h>
#include <sys/uio.h>
#include <unistd.h>

#include <array>
#include <cerrno>

#include "protocol/message.h"

namespace inferno::worker {

namespace {

// A larger pipe lets the decode loop run on while the reader is briefly busy.
constexpr int kPipeBytes = 1 << 20;

std::array<std::uint8_t, 4> little_endian(std::uint32_t n) {
  return {static_cast<std::uint8_t>(n), static_cast<std::uint8_t>(n >> 8), static_cast<std::uint8_t>(n >> 16),
          static_cast<std::uint8_t>(n >> 24)};
}

}  // namespace

Pipe::Pipe(int in_fd, int out_fd) : in_fd_(in_fd), out_fd_(out_fd) {
#ifdef F_SETPIPE_SZ
  (void)::fcntl(out_fd_, F_SETPIPE_SZ, kPipeBytes);
#endif
}

std::optional<std::span<const std::uint8_t>> Pipe::read() {
  std::array<std::uint8_t, 4> head{};
  if (!read_exactly(head.data(), head.size())) return std::nullopt;
  const std::uint32_t length =
      head[0] | (std::uint32_t{head[1]} << 8) | (std::uint32_t{head[2]} << 16) | (std::uint32_t{head[3]} << 24);
  if (length > protocol::kMaxFrameBytes) return std::nullopt;
  frame_.resize(length);
  if (!read_exactly(frame_.data(), length)) return std::nullopt;
  return std::span<const std::uint8_t>(frame_);
}

bool Pipe::write(std::span<const std::uint8_t> frame) {
  const std::lock_guard lock(write_mutex_);
  return write_frame(frame);
}

bool Pipe::write_within(std::span<const std::uint8_t> frame, std::chrono::milliseconds patience) {
  const std::unique_lock lock(write_mutex_, patience);
  return lock.owns_lock() && write_frame(frame);
}

bool Pipe::read_exactly(std::uint8_t* to, std::size_t n) {
  while (n > 0) {
    const ssize_t got = ::read(in_fd_, to, n);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return false;
    to += got;
    n -= static_cast<std::size_t>(got);
  }
  return true;
}

bool Pipe::write_frame(std::span<const std::uint8_t> frame) {
  auto head = little_endian(static_cast<std::uint32_t>(frame.size()));
  // writev does not write through its pointers; its type just cannot say so.
  std::array<iovec, 2> parts{{{head.data(), head.size()}, {const_cast<std::uint8_t*>(frame.data()), frame.size()}}};
  std::size_t first = 0;
  while (first < parts.size()) {
    const ssize_t put = ::writev(out_fd_, &parts[first], static_cast<int>(parts.size() - first));
    if (put < 0 && errno == EINTR) continue;
    if (put < 0) return false;
    auto left = static_cast<std::size_t>(put);
    while (first < parts.size() && left >= parts[first].iov_len) left -= parts[first++].iov_len;
    if (first < parts.size()) {
      parts[first].iov_base = static_cast<std::uint8_t*>(parts[first].iov_base) + left;
      parts[first].iov_len -= left;
    }
  }
  return true;
}

}  // namespace inferno::worker
