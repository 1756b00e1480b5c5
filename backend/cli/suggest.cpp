#include "cli/suggest.h"

#include <algorithm>

namespace inferno::cli {

namespace {

// Insertions, deletions, replacements and exchanges of neighbours that turn one word
// into the other.
std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::vector<std::size_t>> d(a.size() + 1, std::vector<std::size_t>(b.size() + 1));
  for (std::size_t i = 0; i <= a.size(); ++i) d[i][0] = i;
  for (std::size_t j = 0; j <= b.size(); ++j) d[0][j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t replaced = d[i - 1][j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
      d[i][j] = std::min({d[i - 1][j] + 1, d[i][j - 1] + 1, replaced});
      const bool exchanged = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
      if (exchanged) d[i][j] = std::min(d[i][j], d[i - 2][j - 2] + 1);
    }
  }
  return d[a.size()][b.size()];
}

}  // namespace

std::optional<std::string> did_you_mean(std::string_view word, const std::vector<std::string>& candidates) {
  const auto nearest = std::min_element(
      candidates.begin(), candidates.end(),
      [word](const std::string& a, const std::string& b) { return edit_distance(word, a) < edit_distance(word, b); });
  if (nearest == candidates.end()) return std::nullopt;
  const std::size_t near_enough = std::max<std::size_t>(1, word.size() / 3);
  if (edit_distance(word, *nearest) > near_enough) return std::nullopt;
  return *nearest;
}

std::string suggestion(std::string_view word, const std::vector<std::string>& candidates) {
  const auto meant = did_you_mean(word, candidates);
  return meant ? "; did you mean '" + *meant + "'?" : ".";
}

}  // namespace inferno::cli
