// `inferno explore` beside what runs and scores give by themselves. Batches of other shapes
// differ in the last bits, which weights, keys and values of 32 bits leave where they are.

#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <optional>
#include <sstream>
#include <string>
#include <vector>

#include "cli/testing_command.h"
#include "protocol/json.h"

namespace inferno::cli {
namespace {

namespace fs = std::filesystem;
namespace pb = protocol;

using testing::inferno;
using testing::Outcome;

constexpr const char* kPrompt = "Once upon a time";
constexpr const char* kExact = " --cache-type-k f32 --cache-type-v f32 --flash-attn off ";

std::string joined(const std::vector<std::int32_t>& ids) {
  std::string list;
  for (const std::int32_t id : ids) list += (list.empty() ? "" : ",") + std::to_string(id);
  return list;
}

class Exploring : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!testing::programs_are_built()) GTEST_SKIP() << "needs inferno and inferno-engine built";
    const char* folder = std::getenv("INFERNO_TEST_MODELS");
    model_ =
        (fs::path(folder != nullptr ? folder : INFERNO_SOURCE_DIR "/../shared/models") / "stories260K.gguf").string();
    if (!fs::exists(model_)) GTEST_SKIP() << "needs the model stories260K.gguf, which is not here";
    std::istringstream ids(inferno("tokenize --ids " + model_ + " '" + kPrompt + "'").out);
    for (std::int32_t id = 0; ids >> id;) prompt_.push_back(id);
    ASSERT_FALSE(prompt_.empty());
  }

  // What `explore --json` says.
  std::optional<pb::EnvelopeT> explored(const std::string& flags) const {
    const Outcome outcome = inferno("explore " + model_ + " -p '" + kPrompt + "' --json" + kExact + flags);
    EXPECT_EQ(outcome.status, 0) << outcome.err;
    const auto message = pb::envelope_from_json(outcome.out, outcome.out.size());
    EXPECT_TRUE(message) << message.error().message;
    if (!message) return std::nullopt;
    return std::move(*std::unique_ptr<pb::EnvelopeT>(pb::envelope_of(*message).UnPack()));
  }

  std::vector<std::int32_t> behind_prompt(const std::vector<std::int32_t>& tokens) const {
    std::vector<std::int32_t> all = prompt_;
    all.insert(all.end(), tokens.begin(), tokens.end());
    return all;
  }

  // The numbers behind a key, one of each line of JSON that has it.
  static std::vector<double> numbers(const std::string& lines, const std::string& key) {
    std::vector<double> found;
    std::istringstream stream(lines);
    for (std::string line; std::getline(stream, line);) {
      const auto at = line.find("\"" + key + "\":");
      if (at != std::string::npos) found.push_back(std::stod(line.substr(at + key.size() + 3)));
    }
    return found;
  }

  // The tokens of a run behind the prompt and a first token, that one included.
  std::vector<std::int32_t> run_on(std::int32_t first, const std::string& flags) const {
    const Outcome run =
        inferno("run " + model_ + " --ids " + joined(behind_prompt({first})) + " --ignore-eos --json" + kExact + flags);
    EXPECT_EQ(run.status, 0) << run.err;
    std::vector<std::int32_t> tokens;
    for (const double id : numbers(run.out, "token\":{\"id")) tokens.push_back(static_cast<std::int32_t>(id));
    tokens.erase(tokens.begin(), tokens.begin() + static_cast<std::ptrdiff_t>(prompt_.size()));
    return tokens;
  }

  static std::vector<std::int32_t> tokens_of(const pb::ExploredBranchT& branch) {
    std::vector<std::int32_t> tokens;
    for (const auto& step : branch.steps) tokens.push_back(step->token->id);
    return tokens;
  }

  // The raw log-probability of a path behind the prompt, read as one text.
  double score(const std::vector<std::int32_t>& path) const {
    const Outcome run = inferno("run " + model_ + " --ids " + joined(behind_prompt(path)) + " -n 0 --json" + kExact);
    EXPECT_EQ(run.status, 0) << run.err;
    const auto logprobs = numbers(run.out, "raw_logprob");
    double sum = 0;
    for (std::size_t i = logprobs.size() - path.size(); i < logprobs.size(); ++i) sum += logprobs[i];
    return sum;
  }

  std::string model_;
  std::vector<std::int32_t> prompt_;
};

TEST_F(Exploring, GreedyBranchesAreTheRunsThatBeginWithTheirFirstTokens) {
  const auto envelope = explored("--branches 6 --tokens 16");
  ASSERT_TRUE(envelope);
  const auto& branches = envelope->body.AsExplored()->branches;
  ASSERT_EQ(branches.size(), 6u);
  double before = 0;
  for (const auto& branch : branches) {
    const auto tokens = tokens_of(*branch);
    EXPECT_EQ(tokens, run_on(tokens.front(), "--temp 0 -n " + std::to_string(tokens.size() - 1)));
    EXPECT_EQ(branch->end_of_text, tokens.size() < 16);
    EXPECT_NEAR(branch->sum_logprob, score(tokens), 1e-3);
    EXPECT_LE(*branch->steps.front()->raw_logprob, before);  // the most probable first token comes first
    before = static_cast<double>(*branch->steps.front()->raw_logprob);
  }
}

TEST_F(Exploring, SampledBranchesAreTheRunsWithTheirSeeds) {
  const auto envelope = explored("--branches 4 --tokens 12 --sampled --seed 40 --temp 1.1 --top-k 0");
  ASSERT_TRUE(envelope);
  const auto& branches = envelope->body.AsExplored()->branches;
  ASSERT_EQ(branches.size(), 4u);
  for (std::size_t i = 0; i < branches.size(); ++i) {
    const auto tokens = tokens_of(*branches[i]);
    EXPECT_EQ(tokens, run_on(tokens.front(), "--temp 1.1 --top-k 0 --seed " + std::to_string(41 + i) + " -n " +
                                                 std::to_string(tokens.size() - 1)));
  }
}

TEST_F(Exploring, TheTreeHoldsEveryPathAboveTheBoundWithItsProbability) {
  constexpr double kMinProb = 0.01;
  const auto envelope = explored("--tree --depth 4 --min-prob 0.01 --children 64 --nodes 2000");
  ASSERT_TRUE(envelope);
  const auto& tree = *envelope->body.AsTree();
  ASSERT_TRUE(tree.complete);
  ASSERT_GT(tree.nodes.size(), 4u);
  double mass = 0;
  std::vector<std::vector<std::int32_t>> paths;
  for (const auto& node : tree.nodes) {
    std::vector<std::int32_t> path = node->parent ? paths.at(*node->parent) : std::vector<std::int32_t>();
    path.push_back(node->token->id);
    EXPECT_GE(std::exp(static_cast<double>(node->path_logprob)), kMinProb);
    EXPECT_LE(path.size(), 4u);
    EXPECT_NEAR(static_cast<double>(node->path_logprob), score(path), 1e-3);
    if (!node->parent) mass += std::exp(static_cast<double>(node->raw_logprob));
    paths.push_back(std::move(path));
  }
  EXPECT_NEAR(static_cast<double>(*tree.root_mass), mass, 1e-5);

  // None is missing at the root: the candidates of a run's first step say so.
  const auto step = explored("--branches 1 --tokens 1 --candidates 64");
  ASSERT_TRUE(step);
  std::size_t n_above = 0;
  for (const auto& candidate : step->body.AsExplored()->branches.at(0)->steps.at(0)->candidates)
    n_above += std::exp(static_cast<double>(*candidate->raw_logprob)) >= kMinProb ? 1 : 0;
  std::size_t n_roots = 0;
  for (const auto& node : tree.nodes) n_roots += node->parent ? 0 : 1;
  EXPECT_EQ(n_roots, n_above);
}

}  // namespace
}  // namespace inferno::cli
