#pragma once

#include <cstddef>
#include <cstdint>

namespace inferno::engine {

// The inner loops of everything that is measured over a vocabulary: no allocation,
// no sorting, one pass each, compiled for several instruction sets of which the
// machine's best is taken at the first call. Stateless; any thread.
//
// A logit that is NaN or infinite counts as absent everywhere here.

// How many floats share one block maximum.
inline constexpr std::size_t kLogitBlock = 128;
inline constexpr std::size_t logit_blocks(std::size_t n) { return (n + kLogitBlock - 1) / kLogitBlock; }

struct ExpSums {
  double sum = 0;           // of e^(x - max)
  double weighted_sum = 0;  // of (x - max) e^(x - max)
};

// The greatest finite value of each block into `block_max` [logit_blocks(n)], -inf
// for a block without one. Returns the number of finite values.
std::size_t block_maxima(const float* values, std::size_t n, float* block_max);

// `max` must be the greatest finite value. Terms below e^-87 count as 0.
ExpSums exp_sums(const float* values, std::size_t n, float max);

// How many finite values are greater than `pivot`.
std::size_t count_above(const float* values, std::size_t n, float pivot);
std::size_t count_equal(const float* values, std::size_t n, float pivot);

}  // namespace inferno::engine
