#include "engine/logit_stats.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>

#include "base/check.h"
#include "engine/logit_kernels.h"

namespace inferno::engine {
namespace {

constexpr float kMinusInfinity = -std::numeric_limits<float>::infinity();

bool ranks_before(const RankedLogit& a, const RankedLogit& b) {
  return a.logit != b.logit ? a.logit > b.logit : a.id < b.id;
}

}  // namespace

Distribution distribution_of(const float* logits, std::size_t n, float* block_max) {
  Distribution result;
  result.n_finite = block_maxima(logits, n, block_max);
  if (result.n_finite == 0) return result;
  result.max = *std::max_element(block_max, block_max + logit_blocks(n));
  const ExpSums sums = exp_sums(logits, n, result.max);
  const double log_sum = std::log(sums.sum);
  result.log_sum_exp = static_cast<double>(result.max) + log_sum;
  // H = -sum p ln p with ln p = (x - max) - ln(sum).
  result.entropy = std::max(0.0, (log_sum - sums.weighted_sum / sums.sum) / std::numbers::ln2);
  return result;
}

LogitStats::LogitStats(std::size_t n_vocab, std::size_t max_top) : max_top_(max_top) {
  block_max_.resize(logit_blocks(n_vocab));
  scratch_.resize(block_max_.size());
  top_.resize(4 * max_top + 256);
}

void LogitStats::measure(std::span<const float> logits, std::size_t n_top) {
  INFERNO_CHECK(logit_blocks(logits.size()) <= block_max_.size());
  logits_ = logits;
  distribution_ = distribution_of(logits.data(), logits.size(), block_max_.data());
  n_top = std::min({n_top, max_top_, distribution_.n_finite});
  n_top_ = 0;
  if (n_top > 0) gather(gathering_threshold(n_top), n_top);
}

// A value that at least `n_top` logits reach: the n_top-th greatest block maximum,
// for each of those blocks holds one such logit.
float LogitStats::gathering_threshold(std::size_t n_top) {
  const std::size_t n_blocks = logit_blocks(logits_.size());
  if (n_blocks < n_top) return kMinusInfinity;
  const auto begin = scratch_.begin();
  const auto end = std::copy_n(block_max_.begin(), n_blocks, begin);
  std::nth_element(begin, begin + static_cast<std::ptrdiff_t>(n_top) - 1, end, std::greater<>());
  return scratch_[n_top - 1];
}

// Collects what reaches the threshold. When the room is used up (many equal or
// rising logits) the best n_top are kept and the threshold rises above the worst of
// them; what comes later and equals it has a higher id and ranks behind.
void LogitStats::gather(float threshold, std::size_t n_top) {
  std::size_t n = 0;
  const auto keep_best = [&] {
    std::nth_element(top_.begin(), top_.begin() + static_cast<std::ptrdiff_t>(n_top) - 1,
                     top_.begin() + static_cast<std::ptrdiff_t>(n), ranks_before);
    n = n_top;
  };
  for (std::size_t start = 0, block = 0; start < logits_.size(); start += kLogitBlock, ++block) {
    if (block_max_[block] < threshold || block_max_[block] == kMinusInfinity) continue;
    const std::size_t end = std::min(logits_.size(), start + kLogitBlock);
    for (std::size_t i = start; i < end; ++i) {
      if (!(logits_[i] >= threshold) || !std::isfinite(logits_[i])) continue;
      top_[n++] = {static_cast<std::int32_t>(i), logits_[i]};
      if (n < top_.size()) continue;
      keep_best();
      threshold = std::nextafter(top_[n_top - 1].logit, std::numeric_limits<float>::infinity());
    }
  }
  if (n > n_top) keep_best();
  n_top_ = n;
  std::sort(top_.begin(), top_.begin() + static_cast<std::ptrdiff_t>(n), ranks_before);
}

std::uint32_t LogitStats::rank(std::int32_t id) const {
  const auto index = static_cast<std::size_t>(id);
  INFERNO_CHECK(id >= 0 && index < logits_.size());
  const float pivot = logits_[index];
  if (!std::isfinite(pivot)) return rank_behind_all(index);
  for (std::size_t i = 0; i < n_top_; ++i) {
    if (top_[i].id == id) return static_cast<std::uint32_t>(i + 1);
  }
  const std::size_t n_above = count_above(logits_.data(), logits_.size(), pivot);
  const std::size_t n_equal = count_equal(logits_.data(), index, pivot);
  return static_cast<std::uint32_t>(n_above + n_equal + 1);
}

std::uint32_t LogitStats::rank_behind_all(std::size_t id) const {
  const auto n_before = std::count_if(logits_.begin(), logits_.begin() + static_cast<std::ptrdiff_t>(id),
                                      [](float logit) { return !std::isfinite(logit); });
  return static_cast<std::uint32_t>(distribution_.n_finite + static_cast<std::size_t>(n_before) + 1);
}

double LogitStats::tail_mass() const {
  if (distribution_.n_finite <= n_top_) return 0;
  double mass = 1;
  for (const RankedLogit& ranked : top()) mass -= std::exp(distribution_.log_probability(ranked.logit));
  return std::max(0.0, mass);
}

}  // namespace inferno::engine
