#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "base/result.h"

namespace inferno::supervisor {

// Cuts a byte stream into frames: a little-endian u32 length and that many bytes.
// Bytes in, frames out; knows nothing of what is in them.
class FrameSplitter {
 public:
  explicit FrameSplitter(std::size_t max_frame_bytes) : max_frame_bytes_(max_frame_bytes) {}

  // Gives every frame that is complete with `bytes` to `on_frame`, aligned for
  // FlatBuffers and borrowed for the call; on_frame returns false to stop.
  // Errors: kMalformedMessage for a length of 0 or over the limit; nothing may be fed
  // afterwards.
  Result<void> feed(std::span<const std::uint8_t> bytes,
                    const std::function<bool(std::span<const std::uint8_t>)>& on_frame);

  bool in_frame() const { return have_length_ || n_length_bytes_ > 0; }

 private:
  std::size_t take_length(std::span<const std::uint8_t> bytes);

  std::size_t max_frame_bytes_;
  std::uint8_t length_bytes_[4] = {};
  std::size_t n_length_bytes_ = 0;
  bool have_length_ = false;
  std::size_t length_ = 0;
  std::vector<std::uint8_t> frame_;
};

}  // namespace inferno::supervisor
