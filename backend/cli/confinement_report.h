#pragma once

#include <string>
#include <vector>

#include "base/result.h"

namespace inferno::cli {

// What an engine could do although it should not, as its own check found.
struct ConfinementReport {
  std::vector<std::string> open_files;  // what Landlock should have kept it from
  std::vector<std::string> open_calls;  // likewise, seccomp
  bool tried = false;
};

// Has the engine program confine itself and try to break out; takes some milliseconds.
// Errors: kEngineDied if the program cannot be started.
Result<ConfinementReport> check_confinement(const std::string& engine);

}  // namespace inferno::cli
