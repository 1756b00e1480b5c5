#pragma once

#include <chrono>
#include <cstdint>
#include <mutex>
#include <optional>
#include <span>
#include <vector>

namespace inferno::worker {

// The engine's end of the pipe: frames of a little-endian u32 length and that
// many bytes. Blocking; owns neither descriptor. One thread reads, any thread
// writes (whole frames, one at a time). Knows nothing of what is inside a frame.
class Pipe {
 public:
  Pipe(int in_fd, int out_fd);

  // The next frame; nothing at the end of input or when a length is over
  // protocol::kMaxFrameBytes (then nothing after it can be understood either). The span is
  // valid until the next call.
  std::optional<std::span<const std::uint8_t>> read();

  // False when the reader is gone.
  bool write(std::span<const std::uint8_t> frame);

  // As write(), but gives up when another thread holds the pipe for longer than
  // `patience`: for last words, when that thread may never come back.
  bool write_within(std::span<const std::uint8_t> frame, std::chrono::milliseconds patience);

 private:
  bool read_exactly(std::uint8_t* to, std::size_t n);
  bool write_frame(std::span<const std::uint8_t> frame);

  int in_fd_;
  int out_fd_;
  std::vector<std::uint8_t> frame_;
  std::timed_mutex write_mutex_;
};

}  // namespace inferno::worker
