#include "cli/score_windows.h"

#include <algorithm>

#include "base/check.h"

namespace inferno::cli {

std::vector<ScoreWindow> score_windows(std::size_t n_tokens, std::size_t size, std::size_t stride) {
  INFERNO_CHECK(stride > 0 && stride <= size);
  std::vector<ScoreWindow> windows;
  std::size_t scored = 0;
  for (std::size_t begin = 0; scored < n_tokens; begin += stride) {
    const std::size_t end = std::min(begin + size, n_tokens);
    windows.push_back({begin, end, scored});
    scored = end;
  }
  return windows;
}

}  // namespace inferno::cli
