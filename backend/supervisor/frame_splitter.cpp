#include "supervisor/frame_splitter.h"

#include <fmt/format.h>

#include <algorithm>

namespace inferno::supervisor {

std::size_t FrameSplitter::take_length(std::span<const std::uint8_t> bytes) {
  const std::size_t n = std::min(sizeof(length_bytes_) - n_length_bytes_, bytes.size());
  std::copy_n(bytes.begin(), n, length_bytes_ + n_length_bytes_);
  n_length_bytes_ += n;
  if (n_length_bytes_ < sizeof(length_bytes_)) return n;
  length_ = 0;
  for (std::size_t i = sizeof(length_bytes_); i-- > 0;) length_ = length_ << 8 | length_bytes_[i];
  have_length_ = true;
  return n;
}

Result<void> FrameSplitter::feed(std::span<const std::uint8_t> bytes,
                                 const std::function<bool(std::span<const std::uint8_t>)>& on_frame) {
  while (!bytes.empty()) {
    if (!have_length_) {
      bytes = bytes.subspan(take_length(bytes));
      if (!have_length_) return {};
      if (length_ == 0 || length_ > max_frame_bytes_) {
        return Error{ErrorCode::kMalformedMessage,
                     fmt::format("a frame claims {} bytes; 1 to {} are allowed", length_, max_frame_bytes_), ""};
      }
    }
    // The memory grows with what arrives, not with what was claimed.
    const std::size_t n = std::min(length_ - frame_.size(), bytes.size());
    frame_.insert(frame_.end(), bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(n));
    bytes = bytes.subspan(n);
    if (frame_.size() < length_) return {};
    have_length_ = false;
    n_length_bytes_ = 0;
    const bool go_on = on_frame(frame_);
    frame_.clear();
    if (!go_on) return {};
  }
  return {};
}

}  // namespace inferno::supervisor
