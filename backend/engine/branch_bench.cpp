#include "engine/branch_bench.h"

#include <utility>
#include <vector>

namespace inferno::engine {
namespace {

void add(const Exploration& exploration, BranchBenchRound& round) {
  for (const ExploredBranch& branch : exploration.branches)
    round.n_tokens += static_cast<std::uint32_t>(branch.steps.size());
  round.total_us += exploration.decode_ms * 1000;
}

// The same branches whichever way they are decoded.
std::vector<std::int32_t> first_tokens(const Exploration& exploration) {
  std::vector<std::int32_t> firsts;
  for (const ExploredBranch& branch : exploration.branches) firsts.push_back(branch.steps.front().token);
  return firsts;
}

Result<BranchBenchRound> run_round(Explorer& explorer, ExploreSpec spec, bool together) {
  BranchBenchRound round;
  round.together = together;
  const std::vector<std::int32_t> firsts = together ? std::vector<std::int32_t>{} : std::exchange(spec.tokens, {});
  for (std::size_t i = 0; i < (together ? 1 : firsts.size()); ++i) {
    if (!together) spec.tokens = {firsts[i]};
    const Result<Exploration> exploration = explorer.explore(spec);
    if (!exploration) return exploration.error();
    add(*exploration, round);
  }
  return round;
}

}  // namespace

Result<void> run_branch_bench(Explorer& explorer, const BranchBenchSpec& asked,
                              const std::function<void(const BranchBenchRound&)>& on_round) {
  if (asked.n_rounds == 0) return Error{ErrorCode::kInvalidArgument, "A bench needs at least one round.", ""};
  ExploreSpec spec;
  spec.prefix = asked.prompt;
  spec.n_prompt = static_cast<std::uint32_t>(asked.prompt.size());
  spec.n_branches = asked.n_branches;
  spec.n_tokens = asked.n_tokens;
  const Result<Exploration> first = explorer.explore(spec);
  if (!first) return first.error();
  spec.tokens = first_tokens(*first);
  for (std::uint32_t i = 0; i <= asked.n_rounds; ++i) {
    for (const bool together : {i % 2 == 0, i % 2 != 0}) {
      Result<BranchBenchRound> round = run_round(explorer, spec, together);
      if (!round) return round.error();
      if (i == 0) continue;
      round->round = i - 1;
      on_round(*round);
    }
  }
  return {};
}

}  // namespace inferno::engine
