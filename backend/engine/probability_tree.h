#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "base/result.h"
#include "engine/branch_context.h"
#include "engine/model.h"
#include "engine/model_info.h"

namespace inferno::engine {

inline constexpr std::uint32_t kMaxTreeDepth = 64;
inline constexpr std::uint32_t kMaxTreeChildren = 64;
inline constexpr std::uint32_t kMaxTreeNodes = 2000;

struct TreeSpec {
  std::vector<std::int32_t> prefix;  // token ids
  std::uint32_t max_depth = 5;       // tokens of a path
  double min_prob = 0.01;            // paths less probable than this are left out
  std::uint32_t max_children = 5;    // of a node
  std::uint32_t max_nodes = 200;
};

// What the model says about the token after a path; absent where it was not asked.
struct WhatFollows {
  double entropy = 0;        // bits
  double children_mass = 0;  // raw probability of the children in the tree, given the path
};

struct TreeNode {
  std::optional<std::uint32_t> parent;  // index, smaller than its own; absent: at the root
  std::int32_t token = 0;
  double raw_logprob = 0;  // given the path before it
  double path_logprob = 0;
  std::uint32_t rank = 0;  // among its siblings, chosen or not: 1 = most probable
  bool end_of_text = false;
  std::optional<WhatFollows> follows;
};

struct ProbabilityTree {
  std::vector<TreeNode> nodes;
  WhatFollows root;
  bool complete = false;
  std::uint32_t n_decoded = 0;
  double ms = 0;
};

// How many decoded paths expand_tree() keeps in the context, besides the prefix, so that
// what continues them need not decode them again.
std::uint32_t paths_kept(const ModelInfo& info, const TreeSpec& spec);

// The most probable continuations by raw probability: the nodes are the most probable
// paths there are, most probable first, among those of at most max_depth tokens, of at
// least min_prob, each token among the max_children most probable where it stands; an
// end of text has no continuation. All of them if `complete`, else max_nodes of them.
//
// The next path in that order can only be known once all before it were asked what
// follows them. So that several are decoded in one batch, the most probable of those
// that wait are asked ahead of their turn; the result is the same.
// `context` stands at the prefix and has `n_paths` sequences besides. Errors: as
// BranchContext::decode, kNonFiniteLogits. Leaves n_decoded and ms to the caller.
Result<ProbabilityTree> expand_tree(Model& model, BranchContext& context, std::uint32_t n_paths, const TreeSpec& spec);

}  // namespace inferno::engine
