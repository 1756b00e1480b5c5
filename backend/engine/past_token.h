#pragma once

#include <cstdint>

namespace inferno::engine {

// A generated token of a run, as far as a sampler's state depends on it.
struct PastToken {
  std::int32_t id = 0;
  bool forced = false;
  bool drew = false;  // a random number was used up for it
};

}  // namespace inferno::engine
