#pragma once

#include <cstdint>
#include <string>

#include "base/result.h"
#include "cli/engine_session.h"

namespace inferno::cli {

struct BranchBenchOptions {
  std::string prompt;
  std::uint32_t n_branches = 0;
  std::uint32_t n_tokens = 0;  // of each
  std::uint32_t n_rounds = 0;
  bool json = false;
};

// `inferno bench --branches N`: has a session with a loaded model measure branches
// decoded together against the same ones one after the other, and prints the figures.
Result<void> bench_branches(EngineSession& session, const protocol::ModelInfoT& info,
                            const BranchBenchOptions& options);

}  // namespace inferno::cli
