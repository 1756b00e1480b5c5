#pragma once

#include <string>
#include <vector>

namespace inferno::cli {

// How a set of figures spreads.
struct Spread {
  double min = 0, lower_quartile = 0, median = 0, upper_quartile = 0, max = 0;
};

// Quartiles by linear interpolation between neighbours. `values` must not be empty.
Spread spread_of(std::vector<double> values);

std::string spread_json(const Spread& spread);

}  // namespace inferno::cli
