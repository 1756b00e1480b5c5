#pragma once

#include <cstdint>
#include <span>

namespace inferno::make_model {

// A stream of random numbers that is the same for the same seed with every
// compiler and standard library (std::normal_distribution is not).
class RandomValues {
 public:
  explicit RandomValues(std::uint64_t seed) : state_(seed) {}

  std::uint64_t next();
  // Uniform in [0, bound); bound at most 2^32.
  std::uint64_t below(std::uint64_t bound) { return ((next() >> 32) * bound) >> 32; }
  void fill_normal(std::span<float> values, float deviation);

 private:
  std::uint64_t state_;
};

}  // namespace inferno::make_model
