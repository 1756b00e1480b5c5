#include "engine/logit_kernels.h"

#include <cstring>
#include <limits>

namespace inferno::engine {
namespace {

constexpr float kMinusInfinity = -std::numeric_limits<float>::infinity();
constexpr std::int32_t kExponentMask = 0x7f800000;
// Below it e^x is no longer a normal float; such a term is nothing beside 1.
constexpr float kSmallestExponent = -87.0f;

// What every x86-64 (SSE2) and every 64-bit ARM (NEON) has.
namespace baseline {
#define INFERNO_LANES 4
#include "engine/logit_kernels.inc"
#undef INFERNO_LANES
}  // namespace baseline

#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__)
#define INFERNO_WIDE_KERNELS

#pragma GCC push_options
#pragma GCC target("avx2,fma")
namespace avx2 {
#define INFERNO_LANES 8
#include "engine/logit_kernels.inc"
#undef INFERNO_LANES
}  // namespace avx2
#pragma GCC pop_options

#pragma GCC push_options
#pragma GCC target("avx512f,avx512dq")
namespace avx512 {
#define INFERNO_LANES 16
#include "engine/logit_kernels.inc"
#undef INFERNO_LANES
}  // namespace avx512
#pragma GCC pop_options
#endif

struct Kernels {
  decltype(&baseline::block_maxima) block_maxima = baseline::block_maxima;
  decltype(&baseline::exp_sums) exp_sums = baseline::exp_sums;
  decltype(&baseline::count_above) count_above = baseline::count_above;
  decltype(&baseline::count_equal) count_equal = baseline::count_equal;
};

Kernels kernels_of_this_machine() {
#ifdef INFERNO_WIDE_KERNELS
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq")) {
    return {avx512::block_maxima, avx512::exp_sums, avx512::count_above, avx512::count_equal};
  }
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) {
    return {avx2::block_maxima, avx2::exp_sums, avx2::count_above, avx2::count_equal};
  }
#endif
  return {};
}

const Kernels& kernels() {
  static const Kernels chosen = kernels_of_this_machine();
  return chosen;
}

}  // namespace

std::size_t block_maxima(const float* values, std::size_t n, float* block_max) {
  return kernels().block_maxima(values, n, block_max);
}

ExpSums exp_sums(const float* values, std::size_t n, float max) { return kernels().exp_sums(values, n, max); }

std::size_t count_above(const float* values, std::size_t n, float pivot) {
  return kernels().count_above(values, n, pivot);
}

std::size_t count_equal(const float* values, std::size_t n, float pivot) {
  return kernels().count_equal(values, n, pivot);
}

}  // namespace inferno::engine
