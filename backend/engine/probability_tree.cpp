#include "engine/probability_tree.h"

#include <algorithm>
#include <cmath>
#include <set>
#include <span>
#include <utility>

#include "base/check.h"
#include "engine/logit_stats.h"

namespace inferno::engine {
namespace {

constexpr std::uint32_t kPathsAtOnce = 16;      // decoded in one batch
constexpr std::uint32_t kPathPositions = 2048;  // kept in the context, about

constexpr std::size_t kRoot = 0;  // of Tree::places_
constexpr std::int32_t kNoSequence = -1;

// A path: one that is in the tree, or one that waits to be.
struct Place {
  std::size_t parent = kRoot;
  std::uint32_t depth = 0;  // tokens of the path
  TreeNode node;
  std::optional<std::uint32_t> index;   // in the tree
  std::vector<std::size_t> children;    // once asked what follows; they wait when this is in the tree
  std::uint32_t n_unasked = 0;          // children that may yet be asked what follows them
  std::int32_t sequence = kNoSequence;  // that holds the path
};

class Tree {
 public:
  Tree(Model& model, BranchContext& context, std::uint32_t n_paths, const TreeSpec& spec)
      : model_(model),
        context_(context),
        spec_(spec),
        min_logprob_(std::log(spec.min_prob)),
        stats_(model.info().n_vocab, spec.max_children),
        waiting_(Better{&places_}),
        holders_(n_paths, kRoot) {}

  Result<ProbabilityTree> expand() {
    places_.emplace_back().sequence = 0;
    if (auto known = learn(kRoot, context_.prefix_logits()); !known) return known.error();
    line_up_children(kRoot);
    tree_.complete = true;
    while (!waiting_.empty()) {
      const std::size_t next = *waiting_.begin();
      if (tree_.nodes.size() == spec_.max_nodes) {
        tree_.complete = false;
        break;
      }
      waiting_.erase(waiting_.begin());
      put_into_tree(next);
      if (!may_go_on(next)) continue;
      if (tree_.nodes.size() == spec_.max_nodes && !places_[next].node.follows) {
        tree_.complete = false;
        break;
      }
      if (auto asked = ask(next); !asked) return asked.error();
      line_up_children(next);
    }
    return finish();
  }

 private:
  // The most probable first; among equals the one that was found first.
  struct Better {
    const std::vector<Place>* places;
    bool operator()(std::size_t a, std::size_t b) const {
      const double first = (*places)[a].node.path_logprob;
      const double second = (*places)[b].node.path_logprob;
      return first != second ? first > second : a < b;
    }
  };

  bool may_go_on(std::size_t place) const {
    return places_[place].depth < spec_.max_depth && !places_[place].node.end_of_text;
  }

  // What follows the path, from the logits behind it.
  Result<void> learn(std::size_t place, std::span<const float> logits) {
    stats_.measure(logits, spec_.max_children);
    const Distribution& distribution = stats_.distribution();
    if (distribution.n_finite == 0) {
      return Error{ErrorCode::kNonFiniteLogits, "The model computed no finite number for any token.",
                   "Its weights may be damaged; try another quantisation, or flash attention off."};
    }
    places_[place].node.follows = {distribution.entropy, 0};
    std::uint32_t rank = 0;
    for (const RankedLogit& ranked : stats_.top()) {
      const double raw = distribution.log_probability(ranked.logit);
      ++rank;
      if (places_[place].node.path_logprob + raw < min_logprob_) break;
      add_child(place, ranked.id, raw, rank);
    }
    return {};
  }

  void add_child(std::size_t parent, std::int32_t token, double raw_logprob, std::uint32_t rank) {
    Place child;
    child.parent = parent;
    child.depth = places_[parent].depth + 1;
    child.node.token = token;
    child.node.raw_logprob = raw_logprob;
    child.node.path_logprob = places_[parent].node.path_logprob + raw_logprob;
    child.node.rank = rank;
    child.node.end_of_text = model_.tokens().is_end_of_generation(token);
    const std::size_t place = places_.size();
    places_.push_back(std::move(child));
    places_[parent].children.push_back(place);
    if (may_go_on(place)) ++places_[parent].n_unasked;
  }

  void line_up_children(std::size_t place) {
    for (const std::size_t child : places_[place].children) waiting_.insert(child);
  }

  void put_into_tree(std::size_t place) {
    Place& own = places_[place];
    own.index = static_cast<std::uint32_t>(tree_.nodes.size());
    own.node.parent = places_[own.parent].index;
    places_[own.parent].node.follows->children_mass += std::exp(own.node.raw_logprob);
    tree_.nodes.push_back(own.node);
  }

  // Has the model tell what follows the place, and others that are likely to be next.
  Result<void> ask(std::size_t place) {
    if (places_[place].node.follows) return {};
    asked_.assign(1, place);
    const std::size_t n_left = spec_.max_nodes - tree_.nodes.size();
    const std::size_t n_at_once =
        std::min<std::size_t>({kPathsAtOnce, std::max<std::size_t>(1, n_left), holders_.size()});
    for (auto it = waiting_.begin(); it != waiting_.end() && asked_.size() < n_at_once; ++it) {
      if (may_go_on(*it) && !places_[*it].node.follows) asked_.push_back(*it);
    }
    batch_.clear();
    for (std::size_t i = 0; i < asked_.size(); ++i) add_to_batch(i);

    std::size_t n_learned = 0;
    Result<void> learned;
    const auto on_logits = [&](std::size_t, std::span<const float> logits) {
      if (learned) learned = learn(asked_[n_learned++], logits);
    };
    if (auto decoded = context_.decode(batch_, on_logits); !decoded) return decoded;
    if (!learned) return learned;
    for (const std::size_t one : asked_) {
      forget_if_useless(one);
      --places_[places_[one].parent].n_unasked;
      forget_if_useless(places_[one].parent);
    }
    return {};
  }

  // A sequence for the path, branched off the nearest ancestor that has one, and the
  // tokens that it lacks.
  void add_to_batch(std::size_t i) {
    const std::size_t place = asked_[i];
    missing_.clear();
    std::size_t ancestor = place;
    while (places_[ancestor].sequence == kNoSequence) {
      missing_.push_back(ancestor);
      ancestor = places_[ancestor].parent;
    }
    const std::int32_t from = places_[ancestor].sequence;
    const std::int32_t to = free_sequence(ancestor);
    context_.branch(from, to);
    places_[place].sequence = to;
    holders_[static_cast<std::size_t>(to) - 1] = place;
    for (auto it = missing_.rbegin(); it != missing_.rend(); ++it) {
      const auto position = static_cast<std::uint32_t>(spec_.prefix.size() + places_[*it].depth - 1);
      batch_.push_back({places_[*it].node.token, to, position, *it == place});
    }
  }

  // One that holds nothing, or else the one with the least probable path, unless it is
  // in this batch or needed for it right now.
  std::int32_t free_sequence(std::size_t needed) {
    std::optional<std::size_t> found;
    for (std::size_t i = 0; i < holders_.size(); ++i) {
      const std::size_t holder = holders_[i];
      if (holder == kRoot) {
        found = i;
        break;
      }
      if (holder == needed || std::find(asked_.begin(), asked_.end(), holder) != asked_.end()) continue;
      if (!found || Better{&places_}(holders_[*found], holder)) found = i;
    }
    INFERNO_CHECK(found.has_value());
    const auto sequence = static_cast<std::int32_t>(*found) + 1;
    if (holders_[*found] != kRoot) places_[holders_[*found]].sequence = kNoSequence;
    return sequence;
  }

  void forget_if_useless(std::size_t place) {
    Place& own = places_[place];
    if (place == kRoot || own.n_unasked > 0 || own.sequence == kNoSequence) return;
    context_.drop(own.sequence);
    holders_[static_cast<std::size_t>(own.sequence) - 1] = kRoot;
    own.sequence = kNoSequence;
  }

  ProbabilityTree finish() {
    for (const Place& place : places_) {
      if (place.index) tree_.nodes[*place.index].follows = place.node.follows;
    }
    tree_.root = *places_[kRoot].node.follows;
    return std::move(tree_);
  }

  Model& model_;
  BranchContext& context_;
  const TreeSpec& spec_;
  double min_logprob_;
  LogitStats stats_;
  std::vector<Place> places_;
  std::set<std::size_t, Better> waiting_;  // to be put into the tree
  std::vector<std::size_t> holders_;       // of sequence i + 1; kRoot: none
  ProbabilityTree tree_;

  // Of the batch in the making.
  std::vector<std::size_t> asked_;
  std::vector<std::size_t> missing_;
  std::vector<BranchToken> batch_;
};

}  // namespace

std::uint32_t paths_kept(const ModelInfo& info, const TreeSpec& spec) {
  // Each costs a state of its own in a recurrent model.
  if (info.capabilities.recurrent || info.capabilities.hybrid) return kPathsAtOnce + 1;
  return std::clamp(kPathPositions / std::max(1u, spec.max_depth), 2 * kPathsAtOnce, 4 * kPathsAtOnce);
}

Result<ProbabilityTree> expand_tree(Model& model, BranchContext& context, std::uint32_t n_paths, const TreeSpec& spec) {
  return Tree(model, context, n_paths, spec).expand();
}

}  // namespace inferno::engine
