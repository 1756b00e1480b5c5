#include "cli/bench_figures.h"

#include <algorithm>
#include <cmath>

#include "base/check.h"
#include "cli/json_object.h"

namespace inferno::cli {

Spread spread_of(std::vector<double> values) {
  INFERNO_CHECK(!values.empty());
  std::sort(values.begin(), values.end());
  const auto at = [&values](double part) {
    const double place = part * static_cast<double>(values.size() - 1);
    const auto below = static_cast<std::size_t>(std::floor(place));
    const std::size_t above = std::min(below + 1, values.size() - 1);
    return std::lerp(values[below], values[above], place - static_cast<double>(below));
  };
  return {at(0), at(0.25), at(0.5), at(0.75), at(1)};
}

std::string spread_json(const Spread& s) {
  return JsonObject()
      .add("min", s.min)
      .add("lower_quartile", s.lower_quartile)
      .add("median", s.median)
      .add("upper_quartile", s.upper_quartile)
      .add("max", s.max)
      .text();
}

}  // namespace inferno::cli
