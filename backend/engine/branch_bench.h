#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "base/result.h"
#include "engine/explorer.h"

namespace inferno::engine {

struct BranchBenchSpec {
  std::vector<std::int32_t> prompt;
  std::uint32_t n_branches = 16;
  std::uint32_t n_tokens = 32;  // of each branch
  std::uint32_t n_rounds = 5;   // of each kind
};

// Of one round, the prompt left out.
struct BranchBenchRound {
  std::uint32_t round = 0;  // counted for each kind
  bool together = false;
  std::uint32_t n_tokens = 0;
  double total_us = 0;
};

// Measures what decoding branches together is worth: in one process and one context it
// alternates rounds that explore all branches in one batch with rounds that explore the
// same branches one after the other. The prompt stands in the context already. One round
// of each, unreported, warms up; which kind goes first alternates, too.
// `on_round` is told of each round. Errors: Explorer's; kInvalidArgument.
Result<void> run_branch_bench(Explorer& explorer, const BranchBenchSpec& spec,
                              const std::function<void(const BranchBenchRound&)>& on_round);

}  // namespace inferno::engine
