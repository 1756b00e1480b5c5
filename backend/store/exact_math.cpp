#include "store/exact_math.h"

#include <bit>
#include <cstdint>

namespace inferno::store {

namespace {

// ln 2 in two parts: k times the first is exact for the k that occur.
constexpr double kLn2High = 0x1.62e42fee00000p-1;
constexpr double kLn2Low = 0x1.a39ef35793c76p-33;
constexpr double kLog2E = 0x1.71547652b82fep+0;
constexpr int kExponentBias = 1023;
constexpr int kMantissaBits = 52;

double power_of_two(int exponent) {
  return std::bit_cast<double>(static_cast<std::uint64_t>(exponent + kExponentBias) << kMantissaBits);
}

}  // namespace

double exact_exp(double x) {
  const double scaled = x * kLog2E;
  const int k = static_cast<int>(scaled < 0 ? scaled - 0.5 : scaled + 0.5);
  const double r = (x - k * kLn2High) - k * kLn2Low;  // |r| <= ln 2 / 2
  double sum = 1;
  for (int n = 13; n >= 1; --n) sum = 1 + sum * r / n;
  return sum * power_of_two(k);
}

double exact_log(double x) {
  const auto bits = std::bit_cast<std::uint64_t>(x);
  int k = static_cast<int>(bits >> kMantissaBits) - kExponentBias;
  double m = std::bit_cast<double>((bits & ((std::uint64_t{1} << kMantissaBits) - 1)) |
                                   (static_cast<std::uint64_t>(kExponentBias) << kMantissaBits));
  if (m > 1.4142135623730951) {
    m = m / 2;
    k = k + 1;
  }
  const double s = (m - 1) / (m + 1);
  const double square = s * s;
  double sum = 0;
  for (int n = 23; n >= 1; n -= 2) sum = sum * square + 1.0 / n;
  return 2 * s * sum + k * kLn2Low + k * kLn2High;
}

}  // namespace inferno::store
