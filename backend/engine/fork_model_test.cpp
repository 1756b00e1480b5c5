// Branches and replays: what begins with another run's past equals that run, to the bit.

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "engine/generation.h"
#include "engine/testing_chains.h"
#include "engine/testing_models.h"
#include "engine/testing_runs.h"
#include "engine/testing_steps.h"

namespace inferno::engine {
namespace {

RunSpec spec_of(const Model& model, const std::string& prompt, std::uint32_t n_predict, const NamedChain& chain) {
  RunSpec spec;
  spec.prompt = prompt_ids(model, prompt);
  spec.sampler = chain.stages;
  spec.seed = 11;
  spec.limits.n_predict = n_predict;
  spec.limits.ignore_eos = true;
  return spec;
}

// A run to its end, in which some tokens are put by hand.
struct Parent {
  RunSpec spec;
  std::vector<StepRecord> prompt;
  std::vector<StepRecord> steps;
  Finish finish;
};

Parent run_parent(Model& model, RunSpec spec, const std::vector<std::size_t>& forced_at = {}) {
  Parent parent;
  KeepingSink sink;
  const auto run = create_run(model, spec);
  while (run && run->state() != Generation::State::kFinished) {
    if (run->state() == Generation::State::kReady &&
        std::count(forced_at.begin(), forced_at.end(), sink.steps.size())) {
      const std::int32_t token = 3 + static_cast<std::int32_t>(sink.steps.size()) % 20;
      (void)run->force({&token, 1});
    }
    run->advance(sink);
  }
  parent.spec = std::move(spec);
  parent.prompt = sink.prompt;
  parent.steps = sink.steps;
  if (run) parent.finish = run->finish();
  return parent;
}

RunSpec fork_at(const Parent& parent, std::size_t n_past) {
  RunSpec spec = parent.spec;
  spec.fork.emplace();
  spec.fork->past = past_of(parent.steps, n_past);
  for (std::size_t i = 0; i < n_past; ++i)
    spec.fork->past_sum_logprob += static_cast<double>(parent.steps[i].raw_logprob);
  spec.fork->prompt_sum_logprob = parent.finish.prompt_sum_logprob;
  spec.fork->n_prompt_scored = parent.finish.n_prompt_scored;
  return spec;
}

std::vector<StepRecord> from(const std::vector<StepRecord>& steps, std::size_t first) {
  return {steps.begin() + static_cast<std::ptrdiff_t>(first), steps.end()};
}

// Something else in the cache.
void decode_something_else(Model& model) {
  KeepingSink sink;
  RunSpec spec;
  spec.prompt = {3, 5, 4, 3, 5};
  spec.limits.n_predict = 9;
  run_to_end(model, spec, sink);
}

// Branches at places behind what was put by hand, up to the last, with the run still in
// the cache and with another one there.
void expect_branches_equal(Model& model, const Parent& parent, const std::string& name) {
  const std::size_t n = parent.steps.size();
  std::size_t first = n;
  while (first > 0 && !parent.steps[first - 1].forced) --first;
  ASSERT_GT(n, first + 4) << name;
  for (const std::size_t place : std::set<std::size_t>{first, first + 1, (first + n) / 2, n - 1}) {
    for (const bool in_cache : {true, false}) {
      if (!in_cache) decode_something_else(model);
      KeepingSink sink;
      const Finish finish = run_to_end(model, fork_at(parent, place), sink);
      ASSERT_EQ(finish.reason, parent.finish.reason) << name << (finish.error ? finish.error->message : "");
      EXPECT_TRUE(sink.prompt.empty()) << "the prompt is in the other run's record";
      ASSERT_EQ(difference(sink.steps, from(parent.steps, place)), "")
          << name << ", branch at " << place << (in_cache ? ", from the cache" : ", decoded again");
      EXPECT_EQ(finish.n_generated, n);
      EXPECT_NEAR(finish.sum_logprob, parent.finish.sum_logprob, 1e-4);
      EXPECT_EQ(finish.prompt_sum_logprob, parent.finish.prompt_sum_logprob);
    }
  }
}

struct ForkCase {
  const char* file;
  const char* prompt;
  bool tokenizer;  // DRY and grammars can be asked for
};

class ABranch : public testing::TestWithParam<ForkCase> {};

TEST_P(ABranch, EqualsItsParentToTheBitWithEveryKindOfChain) {
  INFERNO_NEEDS_MODEL(path, GetParam().file);
  const auto model = load_model(path);
  ASSERT_TRUE(model);
  for (const NamedChain& chain : chains_of_every_kind(GetParam().tokenizer)) {
    const Parent parent = run_parent(*model, spec_of(*model, GetParam().prompt, 24, chain));
    if (parent.finish.error) continue;  // a grammar can leave nothing in a strange vocabulary
    expect_branches_equal(*model, parent, chain.name);
  }
}

TEST_P(ABranch, EqualsItsParentWithRandomChainsAndTokensPutByHand) {
  INFERNO_NEEDS_MODEL(path, GetParam().file);
  const auto model = load_model(path);
  ASSERT_TRUE(model);
  for (std::uint32_t seed = 1; seed <= 12; ++seed) {
    const NamedChain chain = random_chain(seed, GetParam().tokenizer);
    const Parent parent = run_parent(*model, spec_of(*model, GetParam().prompt, 16, chain), {3, 4, 9});
    ASSERT_FALSE(parent.finish.error) << chain.name;
    ASSERT_TRUE(parent.steps[3].forced);
    expect_branches_equal(*model, parent, chain.name);
  }
}

INSTANTIATE_TEST_SUITE_P(Models, ABranch,
                         testing::Values(ForkCase{"stories260K.gguf", "Once upon a time", true},
                                         ForkCase{"stories260K-q4_0.gguf", "Once upon a time", true},
                                         ForkCase{"demo.gguf", "The ship", true},
                                         ForkCase{"gpt2-makemore-names-f32.gguf", "em", false},
                                         ForkCase{"rwkv6-tiny-730K-f32.gguf", "\"in", true}),
                         [](const auto& param) { return "model" + std::to_string(param.index); });

class Branches : public testing::Test {
 protected:
  void SetUp() override {
    INFERNO_NEEDS_MODEL(path, "stories260K.gguf");
    model_ = load_model(path);
    ASSERT_TRUE(model_);
  }
  Parent parent(std::uint32_t n_predict = 24) {
    return run_parent(*model_, spec_of(*model_, "Once upon a time", n_predict, {"default", {}}));
  }
  std::unique_ptr<Model> model_;
};

TEST_F(Branches, EqualTheirParentWhenAPromptIsReadInSeveralPieces) {
  EngineOptions options;
  options.n_batch = options.n_ubatch = 8;
  const auto model = load_model(test_model("stories260K.gguf"), options);
  ASSERT_TRUE(model);
  const std::string prompt = "Once upon a time there was a little dog who wanted to see the big sea and its ships";
  for (const bool scored : {true, false}) {
    RunSpec spec = spec_of(*model, prompt, 16, {"default", {}});
    spec.capture.prompt = scored;
    ASSERT_GT(spec.prompt.size(), 16u);
    expect_branches_equal(*model, run_parent(*model, spec), scored ? "scored" : "not scored");
  }
}

TEST_F(Branches, KeepWhatTheCacheHoldsOfTheirPast) {
  const Parent run = parent();
  ASSERT_EQ(model_->cache().tokens.size(), run.spec.prompt.size() + run.steps.size() - 1);
  const auto branch = create_run(*model_, fork_at(run, 10));
  // The newest token is decoded again, for its logits.
  EXPECT_EQ(model_->cache().tokens.size(), run.spec.prompt.size() + 9);
  KeepingSink sink;
  branch->advance(sink);
  EXPECT_EQ(branch->state(), Generation::State::kReady) << "there was one token to decode";
}

TEST_F(Branches, StandAtTheStepThatWasRecorded) {
  const Parent run = parent();
  for (const std::size_t place : {std::size_t{0}, std::size_t{7}, run.steps.size() - 1}) {
    const auto branch = create_run(*model_, fork_at(run, place));
    KeepingSink sink;
    while (branch->state() == Generation::State::kPrompt) branch->advance(sink);
    EXPECT_EQ(branch->next_position(), run.spec.prompt.size() + place);
    branch->choose();
    ASSERT_NE(branch->pending(), nullptr);
    EXPECT_EQ(StepDifference(*branch->pending(), run.steps[place]).what(), "");
    EXPECT_TRUE(sink.steps.empty());
  }
}

TEST_F(Branches, PutTheirTokensFirstAndGoOnAsIfTheyHadBeenPutByHand) {
  const Parent run = parent();
  const std::vector<std::int32_t> put = {300, 301};
  KeepingSink by_hand;
  const auto parent_again = create_run(*model_, run.spec);
  while (by_hand.steps.size() < 9) parent_again->advance(by_hand);
  ASSERT_TRUE(parent_again->force(put).ok());
  while (parent_again->state() != Generation::State::kFinished) parent_again->advance(by_hand);

  RunSpec spec = fork_at(run, 9);
  spec.fork->then = put;
  KeepingSink sink;
  run_to_end(*model_, spec, sink);
  EXPECT_EQ(sink.steps[0].token, 300);
  EXPECT_TRUE(sink.steps[1].forced);
  EXPECT_EQ(difference(sink.steps, from(by_hand.steps, 9)), "");
  EXPECT_NE(tokens_of(sink.steps), tokens_of(from(run.steps, 9)));
}

TEST_F(Branches, OfABranchEqualItToo) {
  const Parent run = parent();
  RunSpec spec = fork_at(run, 5);
  spec.fork->then = {300};
  Parent branch;
  KeepingSink sink;
  branch.finish = run_to_end(*model_, spec, sink);
  branch.spec = run.spec;
  branch.steps = {run.steps.begin(), run.steps.begin() + 5};
  branch.steps.insert(branch.steps.end(), sink.steps.begin(), sink.steps.end());
  expect_branches_equal(*model_, branch, "of a branch");
}

TEST_F(Branches, InsideThePromptAreRunsWithTheBeginningOfIt) {
  const Parent run = parent();
  RunSpec shorter = run.spec;
  shorter.prompt.resize(3);
  KeepingSink fresh, branched;
  run_to_end(*model_, shorter, fresh);
  decode_something_else(*model_);
  shorter.fork.emplace();
  run_to_end(*model_, shorter, branched);
  EXPECT_TRUE(branched.prompt.empty());
  EXPECT_EQ(difference(branched.steps, fresh.steps), "");
}

TEST_F(Branches, WithANewSeedTakeTheSamplerFromThereOn) {
  const Parent run = parent(40);
  RunSpec spec = fork_at(run, 12);
  spec.seed = 99;
  spec.fork->n_earlier = 12;
  KeepingSink sink, again;
  run_to_end(*model_, spec, sink);
  run_to_end(*model_, spec, again);
  EXPECT_EQ(difference(sink.steps, again.steps), "");
  EXPECT_NE(tokens_of(sink.steps), tokens_of(from(run.steps, 12)));
  // Its random numbers begin with the first of that seed.
  KeepingSink fresh;
  RunSpec new_run = run.spec;
  new_run.seed = 99;
  run_to_end(*model_, new_run, fresh);
  EXPECT_EQ(sink.steps[0].draw, fresh.steps[0].draw);
  EXPECT_EQ(sink.steps[5].draw, fresh.steps[5].draw);
}

TEST_F(Branches, BehindAChangeOfSamplerEqualTheirParent) {
  const std::vector<StageSpec> later = {stage_of(StageKind::kPenalties),
                                        stage_with(StageKind::kTemperature, [](StageSpec& s) { s.temperature = 1.2f; }),
                                        stage_of(StageKind::kDistribution)};
  for (const auto& stages : {later, std::vector<StageSpec>{stage_of(StageKind::kMirostat2)}}) {
    Parent run;
    run.spec = spec_of(*model_, "Once upon a time", 24, {"default", {}});
    KeepingSink sink;
    const auto changed = create_run(*model_, run.spec);
    while (sink.steps.size() < 8) changed->advance(sink);
    changed->choose();
    ASSERT_TRUE(changed->set_sampler(stages, 5).ok());
    while (changed->state() != Generation::State::kFinished) changed->advance(sink);
    RunSpec spec = run.spec;
    spec.sampler = stages;
    spec.seed = 5;
    for (const std::size_t place : {std::size_t{8}, std::size_t{9}, std::size_t{16}}) {
      spec.fork.emplace();
      spec.fork->past = past_of(sink.steps, place);
      spec.fork->n_earlier = 8;
      KeepingSink branch;
      run_to_end(*model_, spec, branch);
      EXPECT_EQ(difference(branch.steps, from(sink.steps, place)), "") << place;
    }
  }
}

TEST_F(Branches, EndAtAStopStringThatBeganInTheirPast) {
  const Parent run = parent(40);
  std::string text;
  for (const StepRecord& step : run.steps) text += model_->tokens().bytes(step.token);
  RunSpec stopped = run.spec;
  stopped.limits.stop = {text.substr(25, 12)};
  KeepingSink sink;
  Parent short_run = run_parent(*model_, stopped);
  ASSERT_EQ(short_run.finish.reason, FinishReason::kStopString);
  const std::size_t n = short_run.steps.size();
  const Finish finish = run_to_end(*model_, fork_at(short_run, n - 1), sink);
  EXPECT_EQ(finish.reason, FinishReason::kStopString);
  EXPECT_EQ(finish.text_bytes, short_run.finish.text_bytes);
  EXPECT_EQ(sink.steps.size(), 1u);
}

TEST_F(Branches, StopWhileTheyDecodeTheirPastAndLeaveACacheThatIsNotTrusted) {
  const Parent run = parent();
  decode_something_else(*model_);
  {
    const auto branch = create_run(*model_, fork_at(run, 20));
    KeepingSink sink;
    branch->advance(sink);
    branch->advance(sink);
    model_->request_abort();
    while (branch->state() != Generation::State::kFinished) branch->advance(sink);
    model_->clear_abort();
    EXPECT_EQ(branch->finish().reason, FinishReason::kStopped);
    EXPECT_TRUE(sink.steps.empty());
  }
  KeepingSink sink;
  run_to_end(*model_, fork_at(run, 20), sink);
  EXPECT_EQ(difference(sink.steps, from(run.steps, 20)), "");
}

TEST_F(Branches, RefuseAPastThatIsNone) {
  const Parent run = parent();
  RunSpec spec = fork_at(run, 5);
  spec.fork->past[2].id = 512;
  EXPECT_FALSE(Generation::create(*model_, spec).ok());
  spec = fork_at(run, 5);
  spec.fork->n_earlier = 6;
  EXPECT_FALSE(Generation::create(*model_, spec).ok());
  spec = fork_at(run, 5);
  spec.fork->then = {-1};
  const auto branch = Generation::create(*model_, spec);
  if (!branch.ok()) return;
  KeepingSink sink;
  while ((*branch)->state() != Generation::State::kFinished) (*branch)->advance(sink);
  EXPECT_EQ((*branch)->finish().reason, FinishReason::kFailed);
}

// ---------------------------------------------------------------- replay

TEST_P(ABranch, ThatIsAReplayPublishesEverythingAndFindsEveryBitAgain) {
  INFERNO_NEEDS_MODEL(path, GetParam().file);
  const auto model = load_model(path);
  ASSERT_TRUE(model);
  for (const NamedChain& chain : chains_of_every_kind(GetParam().tokenizer)) {
    const Parent parent = run_parent(*model, spec_of(*model, GetParam().prompt, 20, chain));
    if (parent.finish.error) continue;
    RunSpec spec = fork_at(parent, parent.steps.size());
    spec.fork->replay = true;
    KeepingSink sink;
    const Finish finish = run_to_end(*model, spec, sink);
    ASSERT_FALSE(finish.error) << chain.name << ": " << finish.error->message;
    ASSERT_EQ(difference(sink.prompt, parent.prompt), "") << chain.name;
    ASSERT_EQ(difference(sink.steps, parent.steps), "") << chain.name;
    EXPECT_EQ(finish.sum_logprob, parent.finish.sum_logprob);
    EXPECT_EQ(finish.n_generated, parent.finish.n_generated);
  }
}

TEST_F(Branches, ThatAreReplaysTellWhereTheChainChoosesAnotherTokenNow) {
  const Parent run = parent();
  RunSpec spec = fork_at(run, run.steps.size());
  spec.fork->replay = true;
  spec.fork->past[6].id = 300;
  KeepingSink sink;
  run_to_end(*model_, spec, sink);
  ASSERT_EQ(sink.steps.size(), run.steps.size());
  for (std::size_t i = 0; i < 6; ++i) EXPECT_EQ(StepDifference(sink.steps[i], run.steps[i]).what(), "");
  EXPECT_EQ(sink.steps[6].token, 300);
  EXPECT_EQ(sink.steps[6].chain_token, run.steps[6].token);
  EXPECT_EQ(sink.steps[6].draw, run.steps[6].draw);
  EXPECT_FALSE(sink.steps[6].forced);
  // What was recorded goes on, whatever the chain says of it now.
  EXPECT_EQ(tokens_of(from(sink.steps, 7)), tokens_of(from(run.steps, 7)));
}

TEST_F(Branches, ThatAreReplaysFollowTheRecordOnAnotherFileToo) {
  INFERNO_NEEDS_MODEL(path, "stories260K-q4_0.gguf");
  const auto other = load_model(path);
  ASSERT_TRUE(other);
  const Parent run = parent();
  RunSpec spec = fork_at(run, run.steps.size());
  spec.fork->replay = true;
  KeepingSink sink;
  run_to_end(*other, spec, sink);
  EXPECT_EQ(tokens_of(sink.steps), tokens_of(run.steps));
  EXPECT_NE(difference(sink.steps, run.steps), "");
}

TEST_F(Branches, ThatAreReplaysPutByHandWhatWasPutByHand) {
  const Parent run = run_parent(*model_, spec_of(*model_, "Once upon a time", 20, {"default", {}}), {4, 5, 11});
  ASSERT_TRUE(run.steps[4].forced);
  RunSpec spec = fork_at(run, run.steps.size());
  spec.fork->replay = true;
  KeepingSink sink;
  run_to_end(*model_, spec, sink);
  EXPECT_EQ(difference(sink.steps, run.steps), "");
}

}  // namespace
}  // namespace inferno::engine
