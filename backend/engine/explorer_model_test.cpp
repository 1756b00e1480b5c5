#include "engine/explorer.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <fstream>
#include <set>
#include <thread>

#include "engine/sampler_chain.h"
#include "engine/testing_models.h"
#include "engine/testing_runs.h"

namespace inferno::engine {
namespace {

ExploreSpec question(std::vector<std::int32_t> prefix, std::uint32_t n_branches, std::uint32_t n_tokens) {
  ExploreSpec spec;
  spec.n_prompt = static_cast<std::uint32_t>(prefix.size());
  spec.prefix = std::move(prefix);
  spec.n_branches = n_branches;
  spec.n_tokens = n_tokens;
  return spec;
}

Exploration explored(Explorer& explorer, const ExploreSpec& spec) {
  Result<Exploration> exploration = explorer.explore(spec);
  EXPECT_TRUE(exploration.ok()) << (exploration.ok() ? "" : exploration.error().message);
  return exploration.ok() ? std::move(*exploration) : Exploration{};
}

// The run that would have been: the branch's first token at the end of the prompt.
KeepingSink run_alone(Model& model, const ExploreSpec& spec, std::int32_t first, std::vector<StageSpec> sampler,
                      std::uint32_t seed, const std::vector<std::int32_t>& banned = {}) {
  RunSpec run;
  run.prompt = spec.prefix;
  run.prompt.push_back(first);
  run.sampler = std::move(sampler);
  run.seed = seed;
  run.limits.n_predict = spec.n_tokens - 1;
  run.capture.n_candidates = spec.n_candidates;
  KeepingSink sink;
  const auto alone = create_run(model, std::move(run));
  if (!alone) return sink;
  EXPECT_TRUE(banned.empty() || alone->ban(banned, 0).ok());
  while (alone->state() != Generation::State::kFinished) alone->advance(sink);
  return sink;
}

// Batches of other shapes differ in the last bits; by much more where keys and values
// are kept in 16 bits or weights are quantised, so these tests do without.
constexpr double kTolerance = 1e-3;

std::unique_ptr<Model> load_exact(const std::string& path) {
  EngineOptions options;
  options.cache_type_k = options.cache_type_v = "f32";
  options.flash_attention = FlashAttention::kOff;
  return load_model(path, options);
}

void expect_same_steps(const std::vector<StepRecord>& branch, const KeepingSink& alone, const std::string& where) {
  ASSERT_EQ(branch.size(), alone.steps.size() + 1) << where;
  std::vector<StepRecord> expected = {alone.prompt.back()};
  expected.insert(expected.end(), alone.steps.begin(), alone.steps.end());
  for (std::size_t i = 0; i < branch.size(); ++i) {
    const std::string at = where + ", step " + std::to_string(i);
    EXPECT_EQ(branch[i].position, expected[i].position) << at;
    ASSERT_EQ(branch[i].token, expected[i].token) << at;
    EXPECT_NEAR(branch[i].raw_logprob, expected[i].raw_logprob, kTolerance) << at;
    EXPECT_NEAR(branch[i].entropy, expected[i].entropy, kTolerance) << at;
    EXPECT_EQ(branch[i].rank, expected[i].rank) << at;
    EXPECT_EQ(branch[i].end_of_text, expected[i].end_of_text) << at;
    EXPECT_EQ(std::isnan(branch[i].final_prob), i == 0 || std::isnan(expected[i].final_prob)) << at;
    if (i == 0 || std::isnan(expected[i].final_prob)) continue;
    EXPECT_NEAR(branch[i].final_prob, expected[i].final_prob, kTolerance) << at;
  }
}

// ---------------------------------------------------------------- the same as one by one

struct BranchCase {
  const char* file;
  const char* prompt;
  std::uint32_t n_branches;
  std::uint32_t n_tokens;
};

class ExploredTogether : public testing::TestWithParam<BranchCase> {};

TEST_P(ExploredTogether, GreedyBranchesAreWhatRunsWouldHaveGivenOneAfterTheOther) {
  INFERNO_NEEDS_MODEL(path, GetParam().file);
  const auto model = load_exact(path);
  ASSERT_TRUE(model);
  Explorer explorer(*model);
  const ExploreSpec spec = question(prompt_ids(*model, GetParam().prompt), GetParam().n_branches, GetParam().n_tokens);
  const Exploration exploration = explored(explorer, spec);
  ASSERT_EQ(exploration.branches.size(), GetParam().n_branches);
  for (std::size_t b = 0; b < exploration.branches.size(); ++b) {
    const ExploredBranch& branch = exploration.branches[b];
    ASSERT_FALSE(branch.steps.empty());
    EXPECT_EQ(branch.steps[0].rank, b + 1) << "the most probable first tokens, best first";
    if (branch.steps.size() == 1) continue;
    KeepingSink alone = run_alone(*model, spec, branch.steps[0].token, greedy_chain(), 1);
    for (StepRecord& step : alone.steps) step.final_prob = kNotKnown;
    expect_same_steps(branch.steps, alone, "branch " + std::to_string(b));
    double sum = 0;
    for (const StepRecord& step : branch.steps) sum += static_cast<double>(step.raw_logprob);
    EXPECT_NEAR(branch.sum_logprob, sum, 1e-9);
    EXPECT_EQ(branch.end_of_text, branch.steps.back().end_of_text);
  }
}

INSTANTIATE_TEST_SUITE_P(Models, ExploredTogether,
                         testing::Values(BranchCase{"stories260K.gguf", "Once upon a time", 16, 40},
                                         BranchCase{"stories260K.gguf", "Once upon a time", 64, 10},
                                         BranchCase{"gpt2-makemore-names-f32.gguf", "em", 8, 10},
                                         BranchCase{"rwkv6-tiny-730K-f32.gguf", "\"in", 8, 20}));

TEST(Explorer, SampledBranchesAreWhatRunsWithTheirSeedsWouldHaveGiven) {
  INFERNO_NEEDS_MODEL(path, "stories260K.gguf");
  const auto model = load_exact(path);
  ASSERT_TRUE(model);
  Explorer explorer(*model);
  const std::vector<std::vector<StageSpec>> chains = {
      default_chain(),
      {stage_of(StageKind::kPenalties), stage_of(StageKind::kDry), stage_of(StageKind::kDistribution)},
      {stage_of(StageKind::kTemperature), stage_of(StageKind::kMirostat2)}};
  for (const std::vector<StageSpec>& chain : chains) {
    ExploreSpec spec = question(prompt_ids(*model, "Once upon a time there was"), 6, 30);
    spec.sampled = true;
    spec.sampler = chain;
    spec.seed = 7;
    const Exploration exploration = explored(explorer, spec);
    ASSERT_EQ(exploration.branches.size(), 6u);
    for (std::uint32_t b = 0; b < 6; ++b) {
      const ExploredBranch& branch = exploration.branches[b];
      const KeepingSink alone = run_alone(*model, spec, branch.steps[0].token, chain, 7 + b + 1);
      expect_same_steps(branch.steps, alone, "branch " + std::to_string(b));
    }
  }
}

TEST(Explorer, WhatAStageBansNeitherBeginsABranchNorIsDrawnAsIfARunHadBannedIt) {
  INFERNO_NEEDS_MODEL(path, "stories260K.gguf");
  const auto model = load_exact(path);
  ASSERT_TRUE(model);
  Explorer explorer(*model);
  ExploreSpec spec = question(prompt_ids(*model, "Once upon a time there was"), 6, 30);
  const Exploration before = explored(explorer, spec);
  ASSERT_EQ(before.branches.size(), 6u);
  const std::vector<std::int32_t> banned = {before.branches[0].steps[0].token, before.branches[1].steps[1].token,
                                            before.branches[2].steps[5].token};
  spec.sampled = true;
  spec.seed = 7;
  spec.sampler = default_chain();
  StageSpec bans = stage_of(StageKind::kLogitBias);
  for (const std::int32_t id : std::set<std::int32_t>(banned.begin(), banned.end()))
    bans.biases.push_back({.id = id, .ban = true});
  spec.sampler.insert(spec.sampler.begin(), bans);
  const Exploration exploration = explored(explorer, spec);
  ASSERT_GE(exploration.branches.size(), 3u);
  EXPECT_LT(exploration.branches.size(), 6u);
  for (std::uint32_t b = 0; b < exploration.branches.size(); ++b) {
    const ExploredBranch& branch = exploration.branches[b];
    for (const StepRecord& step : branch.steps)
      EXPECT_EQ(std::count(banned.begin(), banned.end(), step.token), 0) << step.token;
    const KeepingSink alone = run_alone(*model, spec, branch.steps[0].token, default_chain(), 7 + b + 1, banned);
    expect_same_steps(branch.steps, alone, "branch " + std::to_string(b));
  }
  spec.tokens = {banned[0]};
  const auto refused = explorer.explore(spec);
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code, ErrorCode::kInvalidArgument);
}

// RunStarted names every stage's seed, so the branches' own have to replace those.
TEST(Explorer, BranchesThatBeginAlikeAreDrawnWithSeedsOfTheirOwnAndTheSameEachTime) {
  INFERNO_NEEDS_MODEL(path, "stories260K.gguf");
  const auto model = load_model(path);
  ASSERT_TRUE(model);
  Explorer explorer(*model);
  ExploreSpec spec = question(prompt_ids(*model, "Once"), 0, 20);
  spec.tokens.assign(4, prompt_ids(*model, "Once upon").back());
  spec.sampled = true;
  spec.sampler = {stage_of(StageKind::kDistribution)};
  spec.sampler[0].seed = 42;
  const Exploration first = explored(explorer, spec);
  std::set<std::vector<std::int32_t>> texts;
  for (const ExploredBranch& branch : first.branches) texts.insert(tokens_of(branch.steps));
  EXPECT_EQ(texts.size(), 4u);
  const Exploration second = explored(explorer, spec);
  for (std::size_t b = 0; b < 4; ++b)
    EXPECT_EQ(tokens_of(first.branches[b].steps), tokens_of(second.branches[b].steps));
}

TEST(Explorer, AGrammarGoesOnFromWhatWasGeneratedAndLetsOnlyItsTokensBegin) {
  INFERNO_NEEDS_MODEL(path, "stories260K.gguf");
  const auto model = load_model(path);
  ASSERT_TRUE(model);
  Explorer explorer(*model);
  const std::vector<std::int32_t> prompt = prompt_ids(*model, "Once");
  const std::vector<std::int32_t> all = prompt_ids(*model, "Once upon a time");
  ExploreSpec spec = question(all, 32, 12);
  spec.n_prompt = static_cast<std::uint32_t>(prompt.size());
  spec.sampled = true;
  StageSpec grammar = stage_of(StageKind::kGrammar);
  grammar.grammar = "root ::= \" upon a time\" [ a-z]+ \"!\"";
  spec.sampler = {grammar, stage_of(StageKind::kDistribution)};
  const Exploration exploration = explored(explorer, spec);
  ASSERT_FALSE(exploration.branches.empty());
  EXPECT_LT(exploration.branches.size(), 32u) << "tokens with capitals and stops are among the 32 most probable";
  for (const ExploredBranch& branch : exploration.branches) {
    for (const StepRecord& step : branch.steps) {
      if (step.end_of_text) continue;
      for (const char c : model->tokens().bytes(step.token))
        EXPECT_TRUE(c == ' ' || c == '!' || (c >= 'a' && c <= 'z')) << c;
    }
  }
  spec.tokens = {prompt_ids(*model, "Once upon a time.").back()};
  const auto refused = explorer.explore(spec);
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code, ErrorCode::kInvalidArgument);
  spec.tokens.clear();
  spec.sampler[0].grammar = "root ::= [0-9]+";
  const auto contradicted = explorer.explore(spec);
  ASSERT_FALSE(contradicted.ok());
  EXPECT_EQ(contradicted.error().code, ErrorCode::kBadGrammar);
}

// ---------------------------------------------------------------- the second context

TEST(Explorer, LeavesARunAsItStandsToTheBit) {
  for (const char* file : {"stories260K.gguf", "rwkv6-tiny-730K-f32.gguf"}) {
    INFERNO_NEEDS_MODEL(path, file);
    const auto model = load_model(path);
    ASSERT_TRUE(model);
    RunSpec spec;
    spec.prompt = prompt_ids(*model, "Once upon a time");
    spec.seed = 3;
    spec.limits.n_predict = 60;
    spec.limits.ignore_eos = true;
    KeepingSink straight;
    run_to_end(*model, spec, straight);

    Explorer explorer(*model);
    KeepingSink interrupted;
    const auto run = create_run(*model, spec);
    while (run->state() != Generation::State::kFinished) {
      run->advance(interrupted);
      if (interrupted.steps.size() != 20 && interrupted.steps.size() != 40) continue;
      std::vector<std::int32_t> prefix = spec.prompt;
      for (const StepRecord& step : interrupted.steps) prefix.push_back(step.token);
      explored(explorer, question(prefix, 8, 12));
      TreeSpec tree;
      tree.prefix = prefix;
      EXPECT_TRUE(explorer.expand(tree).ok());
    }
    ASSERT_EQ(tokens_of(interrupted.steps), tokens_of(straight.steps));
    for (std::size_t i = 0; i < straight.steps.size(); ++i)
      EXPECT_EQ(interrupted.steps[i].logit, straight.steps[i].logit) << file << ", step " << i;
  }
}

TEST(Explorer, GivesTheSameWhereverItStoodBefore) {
  for (const char* file : {"stories260K.gguf", "rwkv6-tiny-730K-f32.gguf"}) {
    INFERNO_NEEDS_MODEL(path, file);
    const auto model = load_model(path);
    ASSERT_TRUE(model);
    const std::vector<std::int32_t> all = prompt_ids(*model, "Once upon a time there was a little girl");
    const std::vector<std::int32_t> other = prompt_ids(*model, "One day a dog went out");
    const auto beginning = [&](std::size_t n) {
      return question({all.begin(), all.begin() + static_cast<std::ptrdiff_t>(n)}, 5, 8);
    };
    Explorer fresh(*model), used(*model);
    const Exploration expected = explored(fresh, beginning(6));
    for (const ExploreSpec& before : {beginning(3), beginning(9), question(other, 2, 3), beginning(6)}) {
      explored(used, before);
      const Exploration again = explored(used, beginning(6));
      ASSERT_EQ(again.branches.size(), expected.branches.size());
      for (std::size_t b = 0; b < expected.branches.size(); ++b) {
        EXPECT_EQ(tokens_of(again.branches[b].steps), tokens_of(expected.branches[b].steps)) << file;
        EXPECT_NEAR(again.branches[b].sum_logprob, expected.branches[b].sum_logprob, kTolerance) << file;
      }
    }
  }
}

TEST(Explorer, TakesOverWhatTheModelsOwnContextHoldsOfThePrefix) {
  INFERNO_NEEDS_MODEL(path, "stories260K.gguf");
  const auto model = load_exact(path);
  ASSERT_TRUE(model);
  RunSpec run;
  run.prompt = prompt_ids(*model, "Once upon a time");
  run.sampler = greedy_chain();
  run.limits.n_predict = 120;
  KeepingSink sink;
  const auto going_on = create_run(*model, run);
  while (sink.steps.size() < 100) going_on->advance(sink);
  TreeSpec spec;
  spec.prefix = run.prompt;
  for (const StepRecord& step : sink.steps) spec.prefix.push_back(step.token);
  spec.prefix.resize(90);
  Explorer explorer(*model);
  const auto taken_over = explorer.expand(spec);
  ASSERT_TRUE(taken_over.ok()) << taken_over.error().message;

  const auto other = load_exact(path);
  Explorer elsewhere(*other);
  const auto decoded = elsewhere.expand(spec);
  ASSERT_TRUE(decoded.ok());
  EXPECT_EQ(decoded->n_decoded - taken_over->n_decoded, 89u) << "all of the prefix but its last token";
  ASSERT_EQ(taken_over->nodes.size(), decoded->nodes.size());
  for (std::size_t i = 0; i < decoded->nodes.size(); ++i) {
    EXPECT_EQ(taken_over->nodes[i].token, decoded->nodes[i].token);
    EXPECT_NEAR(taken_over->nodes[i].path_logprob, decoded->nodes[i].path_logprob, kTolerance);
  }
}

TEST(Explorer, IsStoppedInTheMiddleAndWorksAgainAfterwards) {
  INFERNO_NEEDS_MODEL(path, "stories260K.gguf");
  EngineOptions options;
  options.n_ctx = 32768;
  const auto model = load_model(path, options);
  ASSERT_TRUE(model);
  Explorer explorer(*model);
  const std::vector<std::int32_t> story = prompt_ids(*model, "Once upon a time");
  ExploreSpec spec = question(story, 4, 4);
  spec.prefix.resize(30000, story.back());  // seconds of work
  std::chrono::steady_clock::time_point asked;
  std::thread stopper([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(60));
    asked = std::chrono::steady_clock::now();
    explorer.request_stop();
  });
  const auto stopped = explorer.explore(spec);
  const auto waited = std::chrono::steady_clock::now();
  stopper.join();
  ASSERT_FALSE(stopped.ok());
  EXPECT_EQ(stopped.error().code, ErrorCode::kCancelled);
  EXPECT_LT(waited - asked, std::chrono::milliseconds(250));

  explorer.clear_stop();
  EXPECT_EQ(explored(explorer, question(story, 4, 4)).branches.size(), 4u);
  model->request_abort();
  const auto aborted = explorer.explore(question(story, 4, 5));
  ASSERT_FALSE(aborted.ok()) << "the model's own abort counts, too";
  EXPECT_EQ(aborted.error().code, ErrorCode::kCancelled);
}

TEST(Explorer, CountsAsTheModelsActivity) {
  INFERNO_NEEDS_MODEL(path, "stories260K.gguf");
  const auto model = load_model(path);
  ASSERT_TRUE(model);
  Explorer explorer(*model);
  const std::uint64_t before = model->activity();
  explored(explorer, question(prompt_ids(*model, "Once"), 4, 4));
  EXPECT_GT(model->activity(), before);
}

TEST(BranchContext, SaysWithNumbersThatAContextDoesNotFitTheMemory) {
  INFERNO_NEEDS_MODEL(path, "stories260K.gguf");
  const auto model = load_model(path);
  ASSERT_TRUE(model);
  const std::atomic<bool> stop{false};
  const auto made = BranchContext::create(*model, {2'000'000'000, 65}, stop);
  ASSERT_FALSE(made.ok());
  EXPECT_EQ(made.error().code, ErrorCode::kNotEnoughMemory);
  EXPECT_NE(made.error().message.find("MiB"), std::string::npos) << made.error().message;
}

// ---------------------------------------------------------------- what is refused

TEST(Explorer, RefusesInWordsWhatCannotBeExplored) {
  INFERNO_NEEDS_MODEL(path, "stories260K.gguf");
  const auto model = load_model(path);
  ASSERT_TRUE(model);
  Explorer explorer(*model);
  const std::vector<std::int32_t> story = prompt_ids(*model, "Once upon a time");
  const auto error_of = [&](const std::function<void(ExploreSpec&)>& spoil) {
    ExploreSpec spec = question(story, 4, 4);
    spoil(spec);
    const auto exploration = explorer.explore(spec);
    EXPECT_FALSE(exploration.ok());
    return exploration.ok() ? Error{} : exploration.error();
  };
  EXPECT_EQ(error_of([](auto& s) { s.prefix.clear(); }).code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(error_of([](auto& s) { s.prefix.push_back(512); }).code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(error_of([](auto& s) { s.tokens = {-1}; }).code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(error_of([](auto& s) { s.n_branches = 0; }).code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(error_of([](auto& s) { s.n_tokens = 0; }).code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(error_of([](auto& s) { s.n_branches = 65; }).hint, "It can be 64 at most.");
  EXPECT_EQ(error_of([](auto& s) { s.tokens.assign(65, 300); }).hint, "It can be 64 at most.");
  EXPECT_EQ(error_of([](auto& s) { s.n_tokens = 257; }).hint, "It can be 256 at most.");
  EXPECT_EQ(error_of([](auto& s) { s.n_candidates = 1025; }).code, ErrorCode::kTooLarge);
  EXPECT_EQ(error_of([](auto& s) {
              s.n_branches = 64;
              s.n_tokens = 70;
            }).code,
            ErrorCode::kTooLarge);
  const Error full = error_of([](auto& s) { s.prefix.resize(2046, 300); });
  EXPECT_EQ(full.code, ErrorCode::kContextFull);
  EXPECT_NE(full.hint.find("2 tokens at most"), std::string::npos) << full.hint;

  ExploreSpec whole = question(story, 100'000, 1);
  whole.n_branches = 64;
  EXPECT_EQ(explored(explorer, whole).branches.size(), 64u);
}

TEST(Explorer, SaysThatAVocabularyAloneTellsNothing) {
  INFERNO_NEEDS_MODEL(path, "vocab/ggml-vocab-llama-spm.gguf");
  auto model = Model::load_vocabulary(path);
  ASSERT_TRUE(model.ok());
  Explorer explorer(**model);
  const auto exploration = explorer.explore(question({1, 2}, 2, 2));
  ASSERT_FALSE(exploration.ok());
  EXPECT_EQ(exploration.error().code, ErrorCode::kVocabularyOnly);
}

TEST(Explorer, SaysThatDamagedWeightsGiveNoNumbers) {
  INFERNO_NEEDS_MODEL(path, "stories260K.gguf");
  std::ifstream file(path, std::ios::binary);
  std::string bytes{std::istreambuf_iterator<char>(file), {}};
  // The end of the file is weights.
  std::fill(bytes.end() - static_cast<std::ptrdiff_t>(bytes.size() / 10), bytes.end(), '\xff');
  const std::string broken = testing::TempDir() + "nan-weights-explored.gguf";
  std::ofstream(broken, std::ios::binary) << bytes;
  const auto model = load_model(broken);
  ASSERT_TRUE(model);
  Explorer explorer(*model);
  const auto exploration = explorer.explore(question(prompt_ids(*model, "Once"), 2, 2));
  ASSERT_FALSE(exploration.ok());
  EXPECT_EQ(exploration.error().code, ErrorCode::kNonFiniteLogits);
  TreeSpec tree;
  tree.prefix = prompt_ids(*model, "Once");
  EXPECT_EQ(explorer.expand(tree).error().code, ErrorCode::kNonFiniteLogits);
  std::remove(broken.c_str());
}

}  // namespace
}  // namespace inferno::engine
