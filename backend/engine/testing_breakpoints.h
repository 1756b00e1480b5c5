#pragma once

#include <cstdint>
#include <limits>
#include <vector>

#include "engine/breakpoints.h"

namespace inferno::engine {

inline ConditionSpec condition_with(ConditionKind kind, float threshold) {
  ConditionSpec spec;
  spec.kind = kind;
  spec.threshold = threshold;
  return spec;
}

inline ConditionSpec condition_at(ConditionKind kind, std::uint32_t n) {
  ConditionSpec spec;
  spec.kind = kind;
  spec.n = n;
  return spec;
}

// All of them are judged at every token, and none stops.
inline std::vector<BreakpointSpec> one_of_every_kind() {
  std::vector<BreakpointSpec> all;
  for (auto kind = static_cast<std::uint8_t>(ConditionKind::kTokenIs);
       kind <= static_cast<std::uint8_t>(ConditionKind::kEveryNth); ++kind) {
    ConditionSpec condition;
    condition.kind = static_cast<ConditionKind>(kind);
    condition.ids = {5, 300};
    condition.text = "dragon [0-9]";
    condition.threshold = 0.5f;
    condition.n = 3;
    all.push_back({.id = kind, .conditions = {condition}, .ignore = std::numeric_limits<std::uint32_t>::max()});
  }
  return all;
}

}  // namespace inferno::engine
