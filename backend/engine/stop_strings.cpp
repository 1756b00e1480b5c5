#include "engine/stop_strings.h"

#include <utility>

namespace inferno::engine {

Result<StopStrings> StopStrings::create(std::vector<std::string> strings) {
  if (strings.size() > kMaxStopStrings) {
    return Error{ErrorCode::kTooLarge, "There are " + std::to_string(strings.size()) + " stop strings.",
                 "There can be " + std::to_string(kMaxStopStrings) + "."};
  }
  StopStrings stop;
  for (std::string& text : strings) {
    if (text.empty()) return Error{ErrorCode::kInvalidArgument, "A stop string is empty.", "Leave it out."};
    if (text.size() > kMaxStopBytes) {
      return Error{ErrorCode::kTooLarge, "A stop string has " + std::to_string(text.size()) + " bytes.",
                   "It can have " + std::to_string(kMaxStopBytes) + "."};
    }
    stop.watched_.push_back(watch(std::move(text)));
  }
  return stop;
}

StopStrings::Watched StopStrings::watch(std::string text) {
  Watched watched;
  watched.fallback.assign(text.size() + 1, 0);
  std::uint32_t border = 0;
  for (std::size_t i = 1; i < text.size(); ++i) {
    while (border > 0 && text[i] != text[border]) border = watched.fallback[border];
    if (text[i] == text[border]) ++border;
    watched.fallback[i + 1] = border;
  }
  watched.text = std::move(text);
  return watched;
}

// True when `byte` completes the string.
bool StopStrings::advance(Watched& watched, char byte) {
  while (watched.matched > 0 && watched.text[watched.matched] != byte)
    watched.matched = watched.fallback[watched.matched];
  if (watched.text[watched.matched] == byte) ++watched.matched;
  return watched.matched == watched.text.size();
}

std::optional<StopMatch> StopStrings::feed(std::string_view piece) {
  if (watched_.empty()) return std::nullopt;
  const std::uint64_t n_bytes_behind = n_bytes_ + piece.size();
  for (const char byte : piece) {
    ++n_bytes_;
    std::optional<StopMatch> match;
    for (std::size_t i = 0; i < watched_.size(); ++i) {
      if (!advance(watched_[i], byte)) continue;
      const std::uint64_t start = n_bytes_ - watched_[i].text.size();
      if (!match || start < match->start) match = StopMatch{i, start};
    }
    if (!match) continue;
    for (Watched& watched : watched_) watched.matched = 0;
    n_bytes_ = n_bytes_behind;
    return match;
  }
  return std::nullopt;
}

}  // namespace inferno::engine
