#pragma once

#include <cstdint>
#include <vector>

#include "base/result.h"
#include "engine/branch_context.h"
#include "engine/model.h"
#include "engine/sampler_spec.h"
#include "engine/step.h"

namespace inferno::engine {

inline constexpr std::uint32_t kMaxBranches = 64;
inline constexpr std::uint32_t kMaxBranchTokens = 256;

struct ExploreSpec {
  std::vector<std::int32_t> prefix;  // token ids, of which …
  std::uint32_t n_prompt = 0;        // … the first so many are a prompt; the rest was generated
  std::vector<std::int32_t> tokens;  // first tokens of the branches; empty: the n_branches most probable
  std::uint32_t n_branches = 8;
  std::uint32_t n_tokens = 20;  // of each branch, the first included
  bool sampled = false;         // with the chain; else the most probable token each time
  std::uint32_t n_candidates = 8;
  std::vector<StageSpec> sampler;
  std::uint32_t seed = 0;
};

struct ExploredBranch {
  std::vector<StepRecord> steps;
  double sum_logprob = 0;  // raw, of all its tokens
  bool end_of_text = false;
};

struct Exploration {
  std::vector<ExploredBranch> branches;
  double prefix_ms = 0;
  double decode_ms = 0;
};

// Continues all branches together, one token of each per batch. A sampled branch has a
// chain of its own, told of the prefix as a run's chain would have been, with a seed of
// its own: branch b draws with the run's seed + b + 1 (where a stage names a seed, that
// one + b + 1), so the same question gives the same answer. The first tokens are given,
// so they have no final probability; where a grammar forbids one, or a stage bans it, it is
// not offered, or refused if it was asked for.
// `context` stands at the prefix already and has a sequence per branch besides. Errors:
// as BranchContext::decode and SamplerChain::create, kNonFiniteLogits, kBadGrammar,
// kInvalidArgument. Leaves the times to the caller.
Result<Exploration> explore_branches(Model& model, BranchContext& context, const ExploreSpec& spec);

}  // namespace inferno::engine
