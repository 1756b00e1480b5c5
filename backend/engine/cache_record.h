#pragma once

#include <cstdint>
#include <vector>

namespace inferno::engine {

// The tokens of a context's one sequence and the pieces in which they were, or are to
// be, decoded: the last bits of a logit depend on the size of the piece it came from.
struct CacheRecord {
  std::vector<std::int32_t> tokens;
  std::vector<std::uint32_t> pieces;  // sizes, in order; their sum is tokens.size()

  void clear() {
    tokens.clear();
    pieces.clear();
  }
};

}  // namespace inferno::engine
