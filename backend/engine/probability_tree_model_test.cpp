#include "engine/probability_tree.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <map>
#include <numeric>

#include "engine/explorer.h"
#include "engine/testing_models.h"
#include "engine/testing_runs.h"

namespace inferno::engine {
namespace {

// Batches of other shapes differ in the last bits.
constexpr double kTolerance = 1e-3;

using Path = std::vector<std::int32_t>;

ProbabilityTree expanded(Explorer& explorer, const TreeSpec& spec) {
  Result<ProbabilityTree> tree = explorer.expand(spec);
  EXPECT_TRUE(tree.ok()) << (tree.ok() ? "" : tree.error().message);
  return tree.ok() ? std::move(*tree) : ProbabilityTree{};
}

Path path_of(const ProbabilityTree& tree, std::size_t node) {
  Path path;
  for (std::optional<std::uint32_t> at = static_cast<std::uint32_t>(node); at; at = tree.nodes[*at].parent)
    path.push_back(tree.nodes[*at].token);
  std::reverse(path.begin(), path.end());
  return path;
}

// The natural logarithms of the softmax, in double.
std::vector<double> log_softmax(const float* logits, std::size_t n) {
  const double max = static_cast<double>(*std::max_element(logits, logits + n));
  double sum = 0;
  for (std::size_t i = 0; i < n; ++i) sum += std::exp(static_cast<double>(logits[i]) - max);
  std::vector<double> out(n);
  for (std::size_t i = 0; i < n; ++i) out[i] = static_cast<double>(logits[i]) - max - std::log(sum);
  return out;
}

// llama.cpp alone, one sequence after the other from an empty cache.
class Oracle {
 public:
  Oracle(const std::string& path, Path prefix) : bare_(path), prefix_(std::move(prefix)) {}

  std::vector<double> after(const Path& path) {
    llama_memory_clear(llama_get_memory(bare_.context()), true);
    Path all = prefix_;
    all.insert(all.end(), path.begin(), path.end());
    return log_softmax(bare_.feed(all), bare_.n_vocab());
  }
  // The sum over a plain loop, one token after the other.
  double logprob(const Path& path) {
    double sum = 0;
    std::vector<double> next = after({});
    for (std::int32_t token : path) {
      sum += next[static_cast<std::size_t>(token)];
      Path one = {token};
      next = log_softmax(bare_.feed(one), bare_.n_vocab());
    }
    return sum;
  }
  bool ends_text(std::int32_t token) const { return llama_vocab_is_eog(bare_.vocab(), token); }

  // All paths that a tree of these bounds holds, with their log-probabilities.
  std::map<Path, double> all_paths(const TreeSpec& spec) {
    std::map<Path, double> found;
    add_paths({}, 0, spec, found);
    return found;
  }

 private:
  void add_paths(const Path& path, double logprob, const TreeSpec& spec, std::map<Path, double>& found) {
    const std::vector<double> next = after(path);
    Path order(next.size());
    std::iota(order.begin(), order.end(), 0);
    std::stable_sort(order.begin(), order.end(), [&](auto a, auto b) {
      return next[static_cast<std::size_t>(a)] > next[static_cast<std::size_t>(b)];
    });
    for (std::size_t i = 0; i < std::min<std::size_t>(spec.max_children, order.size()); ++i) {
      const double longer = logprob + next[static_cast<std::size_t>(order[i])];
      if (longer < std::log(spec.min_prob)) continue;
      Path child = path;
      child.push_back(order[i]);
      found[child] = longer;
      if (child.size() < spec.max_depth && !ends_text(order[i])) add_paths(child, longer, spec, found);
    }
  }

  BareLlama bare_;
  Path prefix_;
};

struct TreeCase {
  const char* file;  // with a slash: beside the sources
  const char* prompt;
  std::uint32_t max_depth;
  double min_prob;
  std::uint32_t max_children;
};

std::string path_to(const std::string& file) {
  return file == "demo" ? std::string(INFERNO_SOURCE_DIR) + "/models/demo.gguf" : test_model(file);
}

class WholeTree : public testing::TestWithParam<TreeCase> {};

// Every path there is within the bounds, none besides, in order: against a walk through
// all of them with llama.cpp alone.
TEST_P(WholeTree, HoldsExactlyThePathsThatBruteForceFinds) {
  const std::string path = path_to(GetParam().file);
  if (path.empty()) GTEST_SKIP() << "there is no ../shared/models/" << GetParam().file;
  const auto model = load_model(path);
  ASSERT_TRUE(model);
  TreeSpec spec;
  spec.prefix = prompt_ids(*model, GetParam().prompt);
  spec.max_depth = GetParam().max_depth;
  spec.min_prob = GetParam().min_prob;
  spec.max_children = GetParam().max_children;
  spec.max_nodes = kMaxTreeNodes;
  Explorer explorer(*model);
  const ProbabilityTree tree = expanded(explorer, spec);
  EXPECT_TRUE(tree.complete);
  ASSERT_GT(tree.nodes.size(), 20u);

  Oracle oracle(path, spec.prefix);
  std::map<Path, double> expected = oracle.all_paths(spec);
  std::vector<double> mass(tree.nodes.size(), 0.0);
  double root_mass = 0;
  for (std::size_t i = 0; i < tree.nodes.size(); ++i) {
    const TreeNode& node = tree.nodes[i];
    const auto found = expected.find(path_of(tree, i));
    if (found == expected.end()) {
      EXPECT_NEAR(node.path_logprob, std::log(spec.min_prob), kTolerance) << "only at the border may they differ";
      continue;
    }
    EXPECT_NEAR(node.path_logprob, found->second, kTolerance);
    expected.erase(found);
    const double before = node.parent ? tree.nodes[*node.parent].path_logprob : 0;
    EXPECT_NEAR(node.raw_logprob, node.path_logprob - before, 1e-9);
    EXPECT_LT(node.parent.value_or(0), i + 1);
    EXPECT_LE(node.path_logprob, i == 0 ? 0 : tree.nodes[i - 1].path_logprob) << "most probable first";
    EXPECT_EQ(node.end_of_text, oracle.ends_text(node.token));
    (node.parent ? mass[*node.parent] : root_mass) += std::exp(node.raw_logprob);
  }
  for (const auto& [missing, logprob] : expected) EXPECT_NEAR(logprob, std::log(spec.min_prob), kTolerance);

  EXPECT_NEAR(tree.root.children_mass, root_mass, 1e-9);
  for (std::size_t i = 0; i < tree.nodes.size(); ++i) {
    const bool goes_on = path_of(tree, i).size() < spec.max_depth && !tree.nodes[i].end_of_text;
    ASSERT_EQ(tree.nodes[i].follows.has_value(), goes_on) << "what follows is asked unless nothing may follow";
    if (!goes_on) continue;
    EXPECT_NEAR(tree.nodes[i].follows->children_mass, mass[i], 1e-9);
    if (i % 7 != 0) continue;  // some of them
    const std::vector<double> next = oracle.after(path_of(tree, i));
    double entropy = 0;
    for (const double l : next) entropy -= std::exp(l) * l / std::log(2.0);
    EXPECT_NEAR(tree.nodes[i].follows->entropy, entropy, kTolerance);
  }
}

INSTANTIATE_TEST_SUITE_P(Models, WholeTree,
                         testing::Values(TreeCase{"stories260K.gguf", "Once upon a time", 4, 0.002, 64},
                                         TreeCase{"stories260K.gguf", "The", 2, 0.0005, 64},
                                         TreeCase{"gpt2-makemore-names-f32.gguf", "em", 4, 0.001, 5},
                                         TreeCase{"rwkv6-tiny-730K-f32.gguf", "\"in", 4, 0.002, 8},
                                         TreeCase{"demo", "Once upon a time", 3, 0.003, 16}));

TEST(ProbabilityTree, WithFewerNodesHoldsTheMostProbableOfThem) {
  INFERNO_NEEDS_MODEL(path, "stories260K.gguf");
  const auto model = load_model(path);
  ASSERT_TRUE(model);
  Explorer explorer(*model);
  TreeSpec spec;
  spec.prefix = prompt_ids(*model, "Once upon a time");
  spec.min_prob = 0.0005;
  spec.max_nodes = 400;
  const ProbabilityTree all = expanded(explorer, spec);
  ASSERT_GT(all.nodes.size(), 50u);
  for (const std::uint32_t n : {1u, 2u, 17u, 50u}) {
    spec.max_nodes = n;
    const ProbabilityTree some = expanded(explorer, spec);
    EXPECT_FALSE(some.complete);
    ASSERT_EQ(some.nodes.size(), n);
    for (std::size_t i = 0; i < n; ++i) {
      EXPECT_EQ(path_of(some, i), path_of(all, i));
      EXPECT_NEAR(some.nodes[i].path_logprob, all.nodes[i].path_logprob, kTolerance);
    }
  }
}

// More paths are open than the context keeps: those it gave up are decoded again.
TEST(ProbabilityTree, IsRightWherePathsHadToBeGivenUp) {
  for (const char* file : {"stories260K.gguf", "rwkv6-tiny-730K-f32.gguf"}) {
    INFERNO_NEEDS_MODEL(path, file);
    const auto model = load_model(path);
    ASSERT_TRUE(model);
    Explorer explorer(*model);
    TreeSpec spec;
    spec.prefix = prompt_ids(*model, "One day");
    spec.max_depth = kMaxTreeDepth;
    spec.min_prob = 0;
    spec.max_children = 3;
    spec.max_nodes = 200;
    const ProbabilityTree tree = expanded(explorer, spec);
    ASSERT_EQ(tree.nodes.size(), 200u);
    Oracle oracle(path, spec.prefix);
    for (std::size_t i = 0; i < tree.nodes.size(); i += 29) {
      // Up to 64 steps add up, and keys and values are kept in 16 bits.
      EXPECT_NEAR(tree.nodes[i].path_logprob, oracle.logprob(path_of(tree, i)), 10 * kTolerance) << file;
    }
  }
}

TEST(ProbabilityTree, DecodesOnlyWhatIsNewSinceTheLastQuestion) {
  INFERNO_NEEDS_MODEL(path, "stories260K.gguf");
  const auto model = load_model(path);
  ASSERT_TRUE(model);
  Explorer explorer(*model);
  TreeSpec spec;
  spec.prefix = prompt_ids(*model, "Once upon a time there was a little girl");
  const std::uint32_t first = expanded(explorer, spec).n_decoded;
  const std::uint32_t second = expanded(explorer, spec).n_decoded;
  EXPECT_EQ(first - second, spec.prefix.size());
  const ProbabilityTree tree = expanded(explorer, spec);
  const auto n_asked = std::count_if(tree.nodes.begin(), tree.nodes.end(),
                                     [](const TreeNode& node) { return node.follows.has_value(); });
  EXPECT_GE(second, n_asked);
  EXPECT_LE(second, n_asked + 16) << "what was asked ahead of its turn and not needed";
}

TEST(ProbabilityTree, RefusesBoundsBeyondTheLimitsAndNamesThem) {
  INFERNO_NEEDS_MODEL(path, "stories260K.gguf");
  const auto model = load_model(path);
  ASSERT_TRUE(model);
  Explorer explorer(*model);
  const auto error_of = [&](const std::function<void(TreeSpec&)>& spoil) {
    TreeSpec spec;
    spec.prefix = prompt_ids(*model, "Once");
    spoil(spec);
    const auto tree = explorer.expand(spec);
    EXPECT_FALSE(tree.ok());
    return tree.ok() ? Error{} : tree.error();
  };
  EXPECT_EQ(error_of([](auto& s) { s.max_depth = 65; }).hint, "It can be 64 at most.");
  EXPECT_EQ(error_of([](auto& s) { s.max_children = 65; }).hint, "It can be 64 at most.");
  EXPECT_EQ(error_of([](auto& s) { s.max_nodes = 2001; }).hint, "It can be 2000 at most.");
  EXPECT_EQ(error_of([](auto& s) { s.max_depth = 0; }).code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(error_of([](auto& s) { s.min_prob = std::nan(""); }).code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(error_of([](auto& s) { s.min_prob = 1.5; }).code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(error_of([](auto& s) { s.prefix.clear(); }).code, ErrorCode::kInvalidArgument);
}

}  // namespace
}  // namespace inferno::engine
