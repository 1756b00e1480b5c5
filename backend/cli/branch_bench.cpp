#include "cli/branch_bench.h"

#include <map>
#include <memory>
#include <optional>
#include <vector>

#include <fmt/format.h>

#include "cli/bench_figures.h"
#include "cli/json_object.h"
#include "cli/progress_bar.h"

namespace inferno::cli {

namespace {

namespace pb = protocol;

struct Round {
  std::optional<double> together;  // tokens per second
  std::optional<double> one_by_one;

  bool is_whole() const { return together && one_by_one; }
  double ratio() const { return *together / *one_by_one; }
};
using Rounds = std::map<std::uint32_t, Round>;

void print(const pb::ModelInfoT& info, const BranchBenchOptions& options, const Rounds& rounds, const Spread& ratio) {
  fmt::print("{}: {} branches of {} tokens, {} rounds\n\n", info.description, options.n_branches, options.n_tokens,
             rounds.size());
  fmt::print("round    one by one tok/s   together tok/s    ratio\n");
  for (const auto& [number, round] : rounds) {
    if (!round.is_whole()) continue;
    fmt::print("{:>5} {:>19.1f} {:>16.1f} {:>8.2f}\n", number, *round.one_by_one, *round.together, round.ratio());
  }
  fmt::print("\nratio: median {:.2f}, quartiles {:.2f}..{:.2f}, range {:.2f}..{:.2f}\n", ratio.median,
             ratio.lower_quartile, ratio.upper_quartile, ratio.min, ratio.max);
}

void print_json(const pb::ModelInfoT& info, const BranchBenchOptions& options, const Rounds& rounds,
                const Spread& ratio) {
  std::string all;
  for (const auto& [number, round] : rounds) {
    all += all.empty() ? "" : ",";
    all += JsonObject()
               .add("round", number)
               .add("one_by_one_tokens_per_s", round.one_by_one)
               .add("together_tokens_per_s", round.together)
               .text();
  }
  fmt::print("{}\n", JsonObject()
                         .add("model", info.path)
                         .add("description", info.description)
                         .add("branches", options.n_branches)
                         .add("tokens_per_branch", options.n_tokens)
                         .add_raw("ratio", spread_json(ratio))
                         .add_raw("rounds", "[" + all + "]")
                         .text());
}

}  // namespace

Result<void> bench_branches(EngineSession& session, const pb::ModelInfoT& info, const BranchBenchOptions& options) {
  pb::BenchBranchesT bench;
  bench.prompt = std::make_unique<pb::PromptT>();
  bench.prompt->text = options.prompt;
  bench.n_branches = options.n_branches;
  bench.n_tokens = options.n_tokens;
  bench.n_rounds = options.n_rounds;
  Rounds rounds;
  ProgressBar bar(true);
  const auto done = session.bench_branches(std::move(bench), [&](const pb::WorkerMessage& message) {
    const auto* told = message.body_as_BranchRound();
    if (told == nullptr) return;
    Round& round = rounds[told->round()];
    (told->together() ? round.together : round.one_by_one) = told->n_tokens() / (told->total_us() / 1e6);
    bar.update(static_cast<double>(rounds.size()) / options.n_rounds, fmt::format("round {}", rounds.size()));
  });
  bar.clear();
  if (!done) return done.error();
  std::vector<double> ratios;
  for (const auto& [number, round] : rounds) {
    if (round.is_whole()) ratios.push_back(round.ratio());
  }
  if (ratios.empty()) return Error{ErrorCode::kInternal, "The engine reported no complete round.", {}};
  (options.json ? print_json : print)(info, options, rounds, spread_of(ratios));
  return {};
}

}  // namespace inferno::cli
