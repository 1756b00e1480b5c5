#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <random>

#include "engine/generation.h"
#include "engine/testing_models.h"
#include "engine/testing_runs.h"

namespace inferno::engine {
namespace {

using State = Generation::State;

StageSpec with(StageKind kind, const std::function<void(StageSpec&)>& set) {
  StageSpec spec = stage_of(kind);
  set(spec);
  return spec;
}

// Of every kind that keeps a state.
std::vector<std::vector<StageSpec>> chains() {
  const StageSpec draw = stage_of(StageKind::kDistribution);
  return {
      greedy_chain(),
      {},
      {stage_of(StageKind::kDry), stage_of(StageKind::kPenalties), stage_of(StageKind::kTopP), draw},
      {stage_of(StageKind::kPenalties), stage_of(StageKind::kXtc), stage_of(StageKind::kTypical),
       stage_of(StageKind::kMirostat2)},
      {stage_of(StageKind::kXtc), draw},
      {stage_of(StageKind::kTopNSigma), stage_of(StageKind::kDynamicTemperature), stage_of(StageKind::kMirostat1)},
      {stage_of(StageKind::kMinP), stage_of(StageKind::kAdaptiveP)},
      {with(StageKind::kGrammar, [](StageSpec& s) { s.grammar = "root ::= ([A-Za-z ,'] | \".\" | \"\\n\")+"; }),
       stage_of(StageKind::kTopK), draw},
  };
}

RunSpec run_of(const Model& model, const std::vector<StageSpec>& chain, std::uint32_t n_predict, std::uint32_t seed) {
  RunSpec spec;
  spec.prompt = prompt_ids(model, "Once upon a time");
  spec.sampler = chain;
  spec.seed = seed;
  spec.limits.n_predict = n_predict;
  spec.limits.ignore_eos = true;
  return spec;
}

void expect_same_step(const StepRecord& a, const StepRecord& b, const std::string& where) {
  ASSERT_EQ(a.token, b.token) << where;
  EXPECT_EQ(a.position, b.position) << where;
  EXPECT_EQ(a.logit, b.logit) << where;
  EXPECT_EQ(a.log_sum_exp, b.log_sum_exp) << where;
  EXPECT_EQ(a.forced, b.forced) << where;
  if (!a.forced) {
    EXPECT_EQ(a.final_prob, b.final_prob) << where;
  }
  if (!std::isnan(a.draw) || !std::isnan(b.draw)) {
    EXPECT_EQ(a.draw, b.draw) << where;
  }
  ASSERT_EQ(a.candidates.size(), b.candidates.size()) << where;
  for (std::size_t i = 0; i < a.candidates.size(); ++i) {
    EXPECT_EQ(a.candidates[i].id, b.candidates[i].id) << where;
    EXPECT_EQ(a.candidates[i].logit, b.candidates[i].logit) << where;
  }
  ASSERT_EQ(a.stages.size(), b.stages.size()) << where;
  for (std::size_t i = 0; i < a.stages.size(); ++i) {
    if (!std::isnan(a.stages[i].value) || !std::isnan(b.stages[i].value)) {
      EXPECT_EQ(a.stages[i].value, b.stages[i].value) << where << " stage " << i;
    }
  }
}

void expect_same(const std::vector<StepRecord>& a, const std::vector<StepRecord>& b, const std::string& what) {
  ASSERT_EQ(a.size(), b.size()) << what;
  for (std::size_t i = 0; i < a.size(); ++i) expect_same_step(a[i], b[i], what + ", step " + std::to_string(i));
}

std::vector<PastToken> past_of(const std::vector<StepRecord>& steps, std::size_t n) {
  std::vector<PastToken> past;
  for (std::size_t i = 0; i < n; ++i) past.push_back({steps[i].token, steps[i].forced, !std::isnan(steps[i].draw)});
  return past;
}

BreakpointSpec break_on(ConditionKind kind, const std::function<void(ConditionSpec&)>& set) {
  ConditionSpec condition;
  condition.kind = kind;
  set(condition);
  return {.id = 1, .conditions = {condition}};
}

// Advances until something is pending because of a breakpoint, or the end.
bool to_break(Generation& run, StepSink& sink) {
  while (run.state() != State::kFinished) {
    run.advance(sink);
    if (run.state() == State::kReady && !run.hits().empty()) return true;
  }
  return false;
}

TEST(PendingToken, ResumingWithoutAChangeEqualsNeverHavingStopped) {
  INFERNO_NEEDS_MODEL(path, "stories260K.gguf");
  const auto model = load_model(path);
  ASSERT_TRUE(model);
  std::size_t i_chain = 0;
  for (const auto& chain : chains()) {
    const RunSpec spec = run_of(*model, chain, 60, 5);
    KeepingSink whole, stopped;
    run_to_end(*model, spec, whole);
    const auto run = create_run(*model, spec);
    ASSERT_TRUE(run);
    while (run->state() == State::kPrompt) run->advance(stopped);
    for (std::size_t i = 0; run->state() == State::kReady; ++i) {
      if (i % 3 == 0) {
        run->choose();
        ASSERT_NE(run->pending(), nullptr);
        EXPECT_EQ(run->pending()->token, whole.steps[i].token);
      }
      run->advance(stopped);
    }
    expect_same(whole.steps, stopped.steps, "chain " + std::to_string(i_chain++));
  }
}

TEST(PendingToken, PutAsideUsesUpNothing) {
  INFERNO_NEEDS_MODEL(path, "stories260K.gguf");
  const auto model = load_model(path);
  ASSERT_TRUE(model);
  std::size_t i_chain = 0;
  for (const auto& chain : chains()) {
    const RunSpec spec = run_of(*model, chain, 40, 9);
    KeepingSink whole, changed;
    run_to_end(*model, spec, whole);
    const auto run = create_run(*model, spec);
    while (run->state() == State::kPrompt) run->advance(changed);
    for (std::size_t i = 0; run->state() == State::kReady; ++i) {
      if (i % 4 == 1) {
        run->choose();
        const std::int32_t chosen = run->pending()->token;
        // Banned and allowed again: the same choice as if nothing had happened.
        ASSERT_TRUE(run->ban({&chosen, 1}, 1));
        EXPECT_NE(run->pending()->token, chosen);
        ASSERT_TRUE(run->ban({}, 0));
        EXPECT_EQ(run->pending()->token, chosen);
      }
      run->advance(changed);
    }
    expect_same(whole.steps, changed.steps, "chain " + std::to_string(i_chain++));
  }
}

TEST(PendingToken, ForcedInItsPlaceTellsWhatTheChainChose) {
  INFERNO_NEEDS_MODEL(path, "stories260K.gguf");
  const auto model = load_model(path);
  ASSERT_TRUE(model);
  KeepingSink sink;
  const auto run = create_run(*model, run_of(*model, {}, 10, 1));
  while (run->state() == State::kPrompt) run->advance(sink);
  run->choose();
  const std::int32_t chosen = run->pending()->token;
  const std::vector<std::int32_t> put = {(chosen + 1) % 512, (chosen + 2) % 512};
  ASSERT_TRUE(run->force(put));
  EXPECT_TRUE(run->pending()->forced);
  while (run->state() == State::kReady) run->advance(sink);
  EXPECT_EQ(sink.steps[0].token, put[0]);
  EXPECT_EQ(sink.steps[0].chain_token, chosen);
  EXPECT_EQ(sink.steps[1].token, put[1]);
  EXPECT_TRUE(sink.steps[1].forced);
  EXPECT_FALSE(sink.steps[2].forced);
}

TEST(PendingToken, BannedTokensKeepTheirRawNumbersAndHaveNoFinalProbability) {
  INFERNO_NEEDS_MODEL(path, "stories260K.gguf");
  const auto model = load_model(path);
  ASSERT_TRUE(model);
  KeepingSink sink;
  const auto run = create_run(*model, run_of(*model, {}, 10, 1));
  while (run->state() == State::kPrompt) run->advance(sink);
  run->choose();
  const StepRecord before = *run->pending();
  const std::int32_t top = before.candidates[0].id;
  ASSERT_TRUE(run->ban({&top, 1}, 2));
  const StepRecord& after = *run->pending();
  EXPECT_EQ(after.candidates[0].id, top);
  EXPECT_EQ(after.candidates[0].raw_logprob, before.candidates[0].raw_logprob);
  EXPECT_TRUE(std::isnan(after.candidates[0].final_prob));
  EXPECT_TRUE(after.candidates[0].banned);
  EXPECT_EQ(after.stages[0].n_in, before.stages[0].n_in - 1);
  double sum = 0;
  for (const CandidateRecord& candidate : after.candidates) {
    if (!std::isnan(candidate.final_prob)) sum += static_cast<double>(candidate.final_prob);
  }
  EXPECT_NEAR(sum, 1, 1e-5);
}

TEST(PendingToken, BanningEverythingIsRefusedAndChangesNothing) {
  INFERNO_NEEDS_MODEL(path, "stories260K.gguf");
  const auto model = load_model(path);
  ASSERT_TRUE(model);
  KeepingSink sink;
  const auto run = create_run(*model, run_of(*model, {}, 3, 1));
  while (run->state() == State::kPrompt) run->advance(sink);
  run->choose();
  const std::int32_t chosen = run->pending()->token;
  std::vector<std::int32_t> all(512);
  for (std::int32_t i = 0; i < 512; ++i) all[static_cast<std::size_t>(i)] = i;
  EXPECT_FALSE(run->ban(all, 0));
  EXPECT_EQ(run->pending()->token, chosen);
  while (run->state() == State::kReady) run->advance(sink);
  EXPECT_EQ(sink.steps.size(), 3u);
}

TEST(PendingToken, IsChosenAnewByANewSampler) {
  INFERNO_NEEDS_MODEL(path, "stories260K.gguf");
  const auto model = load_model(path);
  ASSERT_TRUE(model);
  KeepingSink sink;
  const auto run = create_run(*model, run_of(*model, {}, 20, 3));
  while (run->state() == State::kPrompt) run->advance(sink);
  run->advance(sink);
  run->choose();
  ASSERT_TRUE(run->set_sampler(greedy_chain(), std::nullopt));
  EXPECT_EQ(run->pending()->token, run->pending()->candidates[0].id);
  while (run->state() == State::kReady) run->advance(sink);
  for (std::size_t i = 1; i < sink.steps.size(); ++i) EXPECT_EQ(sink.steps[i].rank, 1u);
  EXPECT_FALSE(run->set_sampler({}, std::nullopt)) << "it has finished";
}

// ---------------------------------------------------------------- breakpoints

TEST(Breakpoints, StopBeforeTheTokenIsAcceptedAndNotTwice) {
  INFERNO_NEEDS_MODEL(path, "stories260K.gguf");
  const auto model = load_model(path);
  ASSERT_TRUE(model);
  KeepingSink whole, sink;
  RunSpec spec = run_of(*model, greedy_chain(), 50, 1);
  run_to_end(*model, spec, whole);
  spec.breakpoints = {break_on(ConditionKind::kEveryNth, [](ConditionSpec& c) { c.n = 10; })};
  const auto run = create_run(*model, spec);
  std::size_t n_stops = 0;
  while (to_break(*run, sink)) {
    ++n_stops;
    EXPECT_EQ(sink.steps.size(), 10 * n_stops - 1);
    EXPECT_EQ(run->pending()->token, whole.steps[sink.steps.size()].token);
    run->advance(sink);
    EXPECT_EQ(sink.steps.size(), 10 * n_stops);
  }
  EXPECT_EQ(n_stops, 5u);
  expect_same(whole.steps, sink.steps, "with stops");
}

// Every kind stops where the recorded steps of an unstopped run say that it must.
TEST(Breakpoints, StopWhereTheRecordedStepsSay) {
  INFERNO_NEEDS_MODEL(path, "stories260K.gguf");
  const auto model = load_model(path);
  ASSERT_TRUE(model);
  RunSpec spec = run_of(*model, {}, 120, 11);
  KeepingSink whole;
  run_to_end(*model, spec, whole);
  const auto text_to = [&](std::size_t i) {
    std::string text;
    for (std::size_t k = 0; k <= i; ++k) text += model->tokens().bytes(whole.steps[k].token);
    return text;
  };
  struct Case {
    const char* name;
    BreakpointSpec spec;
    std::function<bool(std::size_t)> expected;
  };
  const auto step = [&](std::size_t i) -> const StepRecord& { return whole.steps[i]; };
  const std::int32_t some = whole.steps[20].token;
  const std::uint32_t n_prompt = static_cast<std::uint32_t>(spec.prompt.size());
  const std::vector<Case> cases = {
      {"token", break_on(ConditionKind::kTokenIs, [&](auto& c) { c.ids = {some}; }),
       [&](std::size_t i) { return step(i).token == some; }},
      {"text", break_on(ConditionKind::kTextMatches, [](auto& c) { c.text = "she "; }),
       [&](std::size_t i) {
         const std::string before = i == 0 ? "" : text_to(i - 1), after = text_to(i);
         return after.find("she ", before.size() < 3 ? 0 : before.size() - 3) != std::string::npos;
       }},
      {"pattern", break_on(ConditionKind::kPatternMatches, [](auto& c) { c.text = "[A-Z][a-z]+ (was|had|went)"; }),
       nullptr},
      {"raw", break_on(ConditionKind::kRawProbBelow, [](auto& c) { c.threshold = 0.1f; }),
       [&](std::size_t i) { return std::exp(step(i).raw_logprob) < 0.1f; }},
      {"final", break_on(ConditionKind::kFinalProbBelow, [](auto& c) { c.threshold = 0.2f; }),
       [&](std::size_t i) { return step(i).final_prob < 0.2f; }},
      {"entropy", break_on(ConditionKind::kEntropyAbove, [](auto& c) { c.threshold = 2.5f; }),
       [&](std::size_t i) { return step(i).entropy > 2.5f; }},
      {"rank", break_on(ConditionKind::kRankAbove, [](auto& c) { c.n = 2; }),
       [&](std::size_t i) { return step(i).rank > 2; }},
      {"position", break_on(ConditionKind::kPositionIs, [&](auto& c) { c.n = n_prompt + 7; }),
       [&](std::size_t i) { return i == 7; }},
      {"in top",
       break_on(ConditionKind::kTokenInTop,
                [&](auto& c) {
                  c.ids = {some};
                  c.n = 5;
                }),
       [&](std::size_t i) {
         for (std::size_t k = 0; k < 5; ++k) {
           if (step(i).candidates[k].id == some) return true;
         }
         return false;
       }},
      {"in top 200",
       break_on(ConditionKind::kTokenInTop,
                [&](auto& c) {
                  c.ids = {some};
                  c.n = 200;
                }),
       nullptr},
      {"tie", break_on(ConditionKind::kNearTie, [](auto& c) { c.threshold = 0.05f; }),
       [&](std::size_t i) {
         std::vector<float> final;
         for (const auto& c : step(i).candidates) {
           if (!std::isnan(c.final_prob)) final.push_back(c.final_prob);
         }
         std::sort(final.rbegin(), final.rend());
         if (final.size() < 2)
           return std::exp(step(i).candidates[0].raw_logprob) - std::exp(step(i).candidates[1].raw_logprob) < 0.05f;
         return final[0] - final[1] < 0.05f;
       }},
      {"end of text", break_on(ConditionKind::kEndOfTextAbove, [](auto& c) { c.threshold = 0.0001f; }), nullptr},
  };
  for (const Case& one : cases) {
    spec.breakpoints = {one.spec};
    const auto run = create_run(*model, spec);
    ASSERT_TRUE(run) << one.name;
    KeepingSink sink;
    std::vector<std::size_t> stops, expected;
    while (to_break(*run, sink)) {
      stops.push_back(sink.steps.size());
      run->advance(sink);
    }
    expect_same(whole.steps, sink.steps, one.name);
    if (!one.expected) continue;
    for (std::size_t i = 0; i < whole.steps.size(); ++i) {
      if (one.expected(i)) expected.push_back(i);
    }
    EXPECT_EQ(stops, expected) << one.name;
    EXPECT_FALSE(expected.empty()) << one.name << " tells nothing on this run";
  }
}

TEST(Breakpoints, StopWhenWordsGoRoundInACircle) {
  const auto model = load_model(std::string(INFERNO_SOURCE_DIR) + "/models/demo.gguf");
  ASSERT_TRUE(model);
  RunSpec spec = run_of(*model, greedy_chain(), 30, 1);
  spec.prompt = prompt_ids(*model, "The wheels of the cart went round and round");
  spec.breakpoints = {break_on(ConditionKind::kRepetition, [](ConditionSpec& c) { c.n = 4; })};
  const auto run = create_run(*model, spec);
  KeepingSink sink;
  ASSERT_TRUE(to_break(*run, sink));
  std::vector<std::int32_t> all = tokens_of(sink.steps);
  all.push_back(run->pending()->token);
  ASSERT_GE(all.size(), 8u);
  EXPECT_TRUE(std::equal(all.end() - 4, all.end(), all.end() - 8));
  EXPECT_EQ(all.size(), 8u) << "it went round before the prompt's end, but what counts is what was generated";
}

TEST(Breakpoints, CountDownIgnoredHitsStopOnceAndTellAllThatHit) {
  INFERNO_NEEDS_MODEL(path, "stories260K.gguf");
  const auto model = load_model(path);
  ASSERT_TRUE(model);
  RunSpec spec = run_of(*model, greedy_chain(), 30, 1);
  BreakpointSpec third = break_on(ConditionKind::kEveryNth, [](ConditionSpec& c) { c.n = 1; });
  third.id = 3;
  third.ignore = 2;
  third.once = true;
  BreakpointSpec also = break_on(ConditionKind::kEveryNth, [](ConditionSpec& c) { c.n = 3; });
  also.id = 8;
  also.once = true;
  spec.breakpoints = {third, also};
  const auto run = create_run(*model, spec);
  KeepingSink sink;
  ASSERT_TRUE(to_break(*run, sink));
  EXPECT_EQ(sink.steps.size(), 2u);
  EXPECT_EQ(std::vector<std::uint32_t>(run->hits().begin(), run->hits().end()), (std::vector<std::uint32_t>{3, 8}));
  run->advance(sink);
  EXPECT_FALSE(to_break(*run, sink));
  EXPECT_TRUE(run->breakpoints()[0].disabled);
}

// ---------------------------------------------------------------- watches

TEST(Watches, MeasureWhatTheCandidatesSay) {
  INFERNO_NEEDS_MODEL(path, "stories260K.gguf");
  const auto model = load_model(path);
  ASSERT_TRUE(model);
  RunSpec spec = run_of(*model, {}, 20, 2);
  spec.watches = {{.id = 1, .word = "she", .ids = {}}, {.id = 2, .word = "", .ids = {5, 300}}};
  KeepingSink sink;
  const auto run = create_run(*model, spec);
  ASSERT_TRUE(run);
  const std::vector<std::int32_t> ids = run->watches()[0].ids;
  bool with_space = false;
  for (const std::int32_t id : ids) with_space = with_space || model->tokens().bytes(id) == " she";
  EXPECT_TRUE(with_space);
  while (run->state() != State::kFinished) run->advance(sink);
  for (const StepRecord& step : sink.steps) {
    ASSERT_EQ(step.watched.size(), 2u);
    double sum = 0;
    bool complete = true;
    for (const std::int32_t id : {5, 300}) {
      const auto found =
          std::find_if(step.candidates.begin(), step.candidates.end(), [&](auto& c) { return c.id == id; });
      complete = complete && found != step.candidates.end();
      if (found != step.candidates.end()) sum += std::exp(static_cast<double>(found->raw_logprob));
    }
    if (complete) EXPECT_NEAR(step.watched[1].raw_prob, sum, 1e-6);
    EXPECT_GE(step.watched[1].raw_prob + 1e-6f, static_cast<float>(sum));
  }
}

// ---------------------------------------------------------------- forks and replays

struct ForkCase {
  const char* file;
  const char* prompt;
};

class Forks : public testing::TestWithParam<ForkCase> {};

TEST_P(Forks, EqualTheirParentBitForBitForEveryChain) {
  INFERNO_NEEDS_MODEL(path, GetParam().file);
  const auto model = load_model(path);
  ASSERT_TRUE(model);
  std::size_t i_chain = 0;
  for (const auto& chain : chains()) {
    RunSpec spec = run_of(*model, chain, 12, 21);
    spec.prompt = prompt_ids(*model, GetParam().prompt);
    KeepingSink whole;
    const Finish end = run_to_end(*model, spec, whole);
    // A grammar may have come to its end on a model that does not write letters.
    if (end.reason != FinishReason::kLimit) continue;
    for (const std::size_t n_past : {0u, 1u, 7u, 11u}) {
      for (const bool cached : {true, false}) {
        if (!cached) {
          KeepingSink other;
          RunSpec another = spec;
          another.prompt = {spec.prompt.back()};
          run_to_end(*model, another, other);
        }
        RunSpec fork = spec;
        fork.fork.emplace();
        fork.fork->past = past_of(whole.steps, n_past);
        KeepingSink sink;
        const Finish finish = run_to_end(*model, fork, sink);
        EXPECT_EQ(finish.n_generated, 12u);
        EXPECT_TRUE(sink.prompt.empty());
        const std::vector<StepRecord> rest(whole.steps.begin() + static_cast<std::ptrdiff_t>(n_past),
                                           whole.steps.end());
        expect_same(rest, sink.steps,
                    "chain " + std::to_string(i_chain) + " from " + std::to_string(n_past) + (cached ? "" : " anew"));
      }
    }
    ++i_chain;
  }
  EXPECT_GE(i_chain, 5u);
}

INSTANTIATE_TEST_SUITE_P(Models, Forks,
                         testing::Values(ForkCase{"stories260K.gguf", "Once upon a time"},
                                         ForkCase{"stories260K-q4_0.gguf", "Once upon a time"},
                                         ForkCase{"gpt2-makemore-names-f32.gguf", "em"},
                                         ForkCase{"rwkv6-tiny-730K-f32.gguf", "\"in"}));

TEST(Forks, PutTheirTokensAndGoOn) {
  INFERNO_NEEDS_MODEL(path, "stories260K.gguf");
  const auto model = load_model(path);
  ASSERT_TRUE(model);
  RunSpec spec = run_of(*model, greedy_chain(), 20, 1);
  KeepingSink whole, sink, plain;
  run_to_end(*model, spec, whole);
  RunSpec fork = spec;
  fork.fork.emplace();
  fork.fork->past = past_of(whole.steps, 5);
  fork.fork->then = {whole.steps[5].candidates[1].id};
  run_to_end(*model, fork, sink);
  ASSERT_EQ(sink.steps.size(), 15u);
  EXPECT_TRUE(sink.steps[0].forced);
  EXPECT_EQ(sink.steps[0].token, fork.fork->then[0]);
  // As if all of it had been the prompt, but for rounding.
  RunSpec all = spec;
  for (std::size_t i = 0; i < 5; ++i) all.prompt.push_back(whole.steps[i].token);
  all.prompt.push_back(fork.fork->then[0]);
  all.limits.n_predict = 14;
  run_to_end(*model, all, plain);
  for (std::size_t i = 0; i < 14; ++i) EXPECT_EQ(sink.steps[i + 1].token, plain.steps[i].token) << i;
}

TEST(Replays, FindTheSameOnTheSameModelAndTellWhatAnotherChooses) {
  INFERNO_NEEDS_MODEL(path, "stories260K.gguf");
  INFERNO_NEEDS_MODEL(other_path, "stories260K-q4_0.gguf");
  const auto model = load_model(path);
  const auto other = load_model(other_path);
  ASSERT_TRUE(model && other);
  for (const auto& chain : chains()) {
    RunSpec spec = run_of(*model, chain, 40, 2);
    KeepingSink whole, again, elsewhere;
    run_to_end(*model, spec, whole);
    spec.fork.emplace();
    spec.fork->replay = true;
    spec.fork->past = past_of(whole.steps, whole.steps.size());
    run_to_end(*model, spec, again);
    EXPECT_EQ(again.prompt.size(), whole.prompt.size());
    expect_same(whole.steps, again.steps, "replay");
    for (const StepRecord& step : again.steps) EXPECT_EQ(step.chain_token, -1);
    if (chain.size() == 8) continue;
    run_to_end(*other, spec, elsewhere);
    EXPECT_EQ(tokens_of(elsewhere.steps), tokens_of(whole.steps)) << "what was recorded is put in any case";
  }
}

}  // namespace
}  // namespace inferno::engine
