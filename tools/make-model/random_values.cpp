#include "random_values.h"

#include <cmath>
#include <cstddef>
#include <numbers>

namespace inferno::make_model {

// SplitMix64 (Steele, Lea, Flood 2014).
std::uint64_t RandomValues::next() {
  std::uint64_t z = (state_ += 0x9E3779B97F4A7C15ULL);
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ULL;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBULL;
  return z ^ (z >> 31);
}

// Box and Muller's transform: two uniform numbers give two normal ones.
void RandomValues::fill_normal(std::span<float> values, float deviation) {
  for (std::size_t i = 0; i < values.size(); i += 2) {
    const double u = (static_cast<double>(next() >> 11) + 0.5) * 0x1p-53;
    const double angle = 2.0 * std::numbers::pi * static_cast<double>(next() >> 11) * 0x1p-53;
    const double radius = deviation * std::sqrt(-2.0 * std::log(u));
    values[i] = static_cast<float>(radius * std::cos(angle));
    if (i + 1 < values.size()) values[i + 1] = static_cast<float>(radius * std::sin(angle));
  }
}

}  // namespace inferno::make_model
