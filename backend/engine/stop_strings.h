#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace inferno::engine {

inline constexpr std::size_t kMaxStopStrings = 64;
inline constexpr std::size_t kMaxStopBytes = 4096;

struct StopMatch {
  std::size_t index = 0;    // of the stop string
  std::uint64_t start = 0;  // of the match, in bytes from the beginning of the text
};

// Watches a text that comes in pieces for the first of several strings to be
// completed, over bytes and across the borders of pieces. Holds nothing back and
// keeps no text (Knuth, Morris and Pratt's automaton per string); allocates only when
// it is made. Of several strings completed by the same byte the longest is met.
class StopStrings {
 public:
  // Errors: kInvalidArgument (an empty string), kTooLarge.
  static Result<StopStrings> create(std::vector<std::string> strings);

  // Takes the next piece. After a match it begins anew behind the piece.
  std::optional<StopMatch> feed(std::string_view piece);
  const std::string& string(std::size_t index) const { return watched_[index].text; }

 private:
  struct Watched {
    std::string text;
    std::vector<std::uint32_t> fallback;  // [i]: length of the longest border of text[0, i)
    std::size_t matched = 0;
  };

  static Watched watch(std::string text);
  static bool advance(Watched& watched, char byte);

  std::vector<Watched> watched_;
  std::uint64_t n_bytes_ = 0;
};

}  // namespace inferno::engine
