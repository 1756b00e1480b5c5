#pragma once

#include <re2/re2.h>

#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/result.h"
#include "engine/breakpoints.h"

namespace inferno::engine {

// What breakpoints may refer to.
struct BreakpointScope {
  std::uint32_t n_vocab = 0;
  std::size_t n_stages = 0;
  bool traced = true;  // whether steps tell what the stages did
};

// Whether every condition has what its kind reads, in its range, and every pattern is a
// regular expression. Errors: kInvalidArgument, kTooLarge; they name the breakpoint.
Result<void> check_breakpoints(const std::vector<BreakpointSpec>& specs, const BreakpointScope& scope);

// How patterns are compiled: quietly, and with bounded memory.
RE2::Options pattern_options();

}  // namespace inferno::engine
