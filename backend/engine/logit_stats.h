#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace inferno::engine {

struct RankedLogit {
  std::int32_t id = 0;
  float logit = 0;
};

// What a set of logits amounts to: the distribution that is their softmax.
struct Distribution {
  std::size_t n_finite = 0;  // 0: there is no distribution, and the rest means nothing
  float max = 0;
  double log_sum_exp = 0;  // natural logarithm
  double entropy = 0;      // bits

  double log_probability(float logit) const { return static_cast<double>(logit) - log_sum_exp; }
};

// The distribution of `n` logits whose block maxima are in `block_max`.
Distribution distribution_of(const float* logits, std::size_t n, float* block_max);

// Whole-vocabulary statistics of one position: the distribution, the exact top-k
// and the rank of any token, in a few linear passes, without sorting the vocabulary
// and without allocating after construction.
//
// Logits that are NaN or infinite take no part in the distribution and rank behind
// all others. Among equal logits the lower id ranks first.
// Keeps a view of the logits given to measure(), not a copy. Not thread safe.
class LogitStats {
 public:
  // Room for vocabularies of `n_vocab` tokens and top-k lists of up to `max_top`.
  LogitStats(std::size_t n_vocab, std::size_t max_top);

  // `logits` must stay valid and unchanged until the next call. Its size is that
  // of the vocabulary. `n_top` is cut to max_top and to the finite logits there are.
  void measure(std::span<const float> logits, std::size_t n_top);

  const Distribution& distribution() const { return distribution_; }
  std::size_t n_non_finite() const { return logits_.size() - distribution_.n_finite; }
  // Highest logit first.
  std::span<const RankedLogit> top() const { return {top_.data(), n_top_}; }
  // 1 for the greatest logit.
  std::uint32_t rank(std::int32_t id) const;
  float logit(std::int32_t id) const { return logits_[static_cast<std::size_t>(id)]; }
  std::span<const float> logits() const { return logits_; }
  // Raw probability of everything outside top().
  double tail_mass() const;

 private:
  float gathering_threshold(std::size_t n_top);
  void gather(float threshold, std::size_t n_top);
  std::uint32_t rank_behind_all(std::size_t id) const;

  std::span<const float> logits_;
  Distribution distribution_;
  std::size_t max_top_;
  std::size_t n_top_ = 0;
  std::vector<float> block_max_;
  std::vector<float> scratch_;    // block maxima, being partitioned
  std::vector<RankedLogit> top_;  // room for more than max_top while gathering
};

}  // namespace inferno::engine
