// A run that stops: the token that waits, breakpoints, watches, and what can be changed
// at a stop.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <llama.h>
#include <re2/re2.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <map>
#include <random>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "engine/generation.h"
#include "engine/testing_breakpoints.h"
#include "engine/testing_chains.h"
#include "engine/testing_models.h"
#include "engine/testing_runs.h"
#include "engine/testing_steps.h"

namespace inferno::engine {
namespace {

using State = Generation::State;
using testing::ElementsAre;
using testing::HasSubstr;

RunSpec spec_of(const Model& model, const std::string& prompt, std::uint32_t n_predict, const NamedChain& chain) {
  RunSpec spec;
  spec.prompt = prompt_ids(model, prompt);
  spec.sampler = chain.stages;
  spec.seed = 11;
  spec.limits.n_predict = n_predict;
  spec.limits.ignore_eos = true;
  return spec;
}

void read_prompt(Generation& run, StepSink& sink) {
  while (run.state() == State::kPrompt) run.advance(sink);
}

void finish_run(Generation& run, StepSink& sink) {
  while (run.state() != State::kFinished) run.advance(sink);
}

// ---------------------------------------------------------------- stopped is as not stopped

struct PauseCase {
  const char* file;
  const char* prompt;
  bool tokenizer;
};

class AStoppedRun : public testing::TestWithParam<PauseCase> {};

// At random places the run waits, and what waits there is changed and changed back.
void expect_undisturbed(Model& model, const RunSpec& spec, const std::string& name) {
  KeepingSink straight;
  const Finish finish = run_to_end(model, spec, straight);
  if (finish.error) return;
  std::mt19937 random(spec.prompt.size() + straight.steps.size());
  KeepingSink stopped;
  const auto run = create_run(model, spec);
  read_prompt(*run, stopped);
  while (run->state() != State::kFinished) {
    if (random() % 2 == 0) {
      run->choose();
      ASSERT_NE(run->pending(), nullptr) << name;
      ASSERT_EQ(StepDifference(*run->pending(), straight.steps[stopped.steps.size()]).what(), "") << name;
      const std::int32_t chosen = run->pending()->token;
      if (random() % 2 == 0) {
        const Result<void> banned = run->ban({&chosen, 1}, 0);
        if (banned) {
          ASSERT_NE(run->pending()->token, chosen) << name;
          ASSERT_TRUE(run->ban({}, 0).ok());
        }
      }
      if (random() % 2 == 0) {
        const std::int32_t other = 5;
        if (run->force({&other, 1})) {
          ASSERT_EQ(run->pending()->token, 5) << name;
          ASSERT_EQ(run->pending()->chain_token, chosen) << name;
          ASSERT_TRUE(run->force(std::span<const std::int32_t>()).ok());
        }
      }
      ASSERT_EQ(StepDifference(*run->pending(), straight.steps[stopped.steps.size()]).what(), "") << name;
    }
    run->advance(stopped);
  }
  ASSERT_EQ(difference(stopped.steps, straight.steps), "") << name;
  EXPECT_EQ(run->finish().reason, finish.reason);
}

TEST_P(AStoppedRun, GoesOnTokenForTokenAsIfItHadNotBeenStopped) {
  INFERNO_NEEDS_MODEL(path, GetParam().file);
  const auto model = load_model(path);
  ASSERT_TRUE(model);
  for (const NamedChain& chain : chains_of_every_kind(GetParam().tokenizer))
    expect_undisturbed(*model, spec_of(*model, GetParam().prompt, 30, chain), chain.name);
  for (std::uint32_t seed = 1; seed <= 12; ++seed) {
    const NamedChain chain = random_chain(seed, GetParam().tokenizer);
    expect_undisturbed(*model, spec_of(*model, GetParam().prompt, 30, chain), chain.name);
  }
}

// A breakpoint at every token arms everything, and changes nothing.
TEST_P(AStoppedRun, GoesOnTokenForTokenBehindBreakpoints) {
  INFERNO_NEEDS_MODEL(path, GetParam().file);
  const auto model = load_model(path);
  ASSERT_TRUE(model);
  for (const NamedChain& chain : chains_of_every_kind(GetParam().tokenizer)) {
    RunSpec spec = spec_of(*model, GetParam().prompt, 30, chain);
    KeepingSink straight, broken;
    if (run_to_end(*model, spec, straight).error) continue;
    spec.breakpoints = {{.id = 9, .conditions = {condition_at(ConditionKind::kEveryNth, 3)}}};
    const auto run = create_run(*model, spec);
    std::size_t n_stops = 0;
    while (run->state() != State::kFinished) {
      run->advance(broken);
      if (run->pending() == nullptr) continue;
      ++n_stops;
      EXPECT_THAT(std::vector(run->hits().begin(), run->hits().end()), ElementsAre(9));
      ASSERT_EQ(StepDifference(*run->pending(), straight.steps[broken.steps.size()]).what(), "") << chain.name;
    }
    EXPECT_EQ(n_stops, 10u) << "it does not stop again at the token it stopped at";
    EXPECT_EQ(difference(broken.steps, straight.steps), "") << chain.name;
  }
}

INSTANTIATE_TEST_SUITE_P(Models, AStoppedRun,
                         testing::Values(PauseCase{"stories260K.gguf", "Once upon a time", true},
                                         PauseCase{"demo.gguf", "The ship", true},
                                         PauseCase{"gpt2-makemore-names-f32.gguf", "em", false},
                                         PauseCase{"rwkv6-tiny-730K-f32.gguf", "\"in", true}),
                         [](const auto& param) { return "model" + std::to_string(param.index); });

// ---------------------------------------------------------------- on the story model

class Debugging : public testing::Test {
 protected:
  void SetUp() override {
    INFERNO_NEEDS_MODEL(path, "stories260K.gguf");
    model_ = load_model(path);
    ASSERT_TRUE(model_);
  }
  RunSpec story(std::uint32_t n_predict = 60) {
    return spec_of(*model_, "Once upon a time", n_predict, {"default", {}});
  }
  std::vector<StepRecord> straight(const RunSpec& spec) {
    KeepingSink sink;
    run_to_end(*model_, spec, sink);
    return sink.steps;
  }
  // The run behind its prompt and `n` tokens, with the next one waiting.
  std::unique_ptr<Generation> waiting_behind(std::size_t n, RunSpec spec, KeepingSink& sink) {
    auto run = create_run(*model_, std::move(spec));
    read_prompt(*run, sink);
    while (sink.steps.size() < n) run->advance(sink);
    run->choose();
    return run;
  }
  std::string bytes(std::int32_t token) const { return std::string(model_->tokens().bytes(token)); }

  // Where a run with this one breakpoint stops: indices of generated tokens.
  std::vector<std::size_t> stops(const ConditionSpec& condition) {
    RunSpec spec = story();
    spec.breakpoints = {{.id = 1, .conditions = {condition}}};
    const auto run = create_run(*model_, spec);
    KeepingSink sink;
    std::vector<std::size_t> at;
    while (run->state() != State::kFinished) {
      run->advance(sink);
      if (run->pending() != nullptr) at.push_back(sink.steps.size());
    }
    return at;
  }
  // Where it should: told from the record of the run without it.
  std::vector<std::size_t> where(const std::function<bool(const std::vector<StepRecord>&, std::size_t)>& holds) {
    const std::vector<StepRecord> steps = straight(story());
    std::vector<std::size_t> at;
    for (std::size_t i = 0; i < steps.size(); ++i) {
      if (holds(steps, i)) at.push_back(i);
    }
    EXPECT_FALSE(at.empty()) << "this shows nothing";
    EXPECT_LT(at.size(), steps.size()) << "this shows nothing";
    return at;
  }
  std::string text_until(const std::vector<StepRecord>& steps, std::size_t end) const {
    std::string text;
    for (std::size_t i = 0; i < end; ++i) text += bytes(steps[i].token);
    return text;
  }

  std::unique_ptr<Model> model_;
};

using Breaking = Debugging;

TEST_F(Breaking, StopsWhereTheRecordSaysThatTheConditionHolds) {
  using Kind = ConditionKind;
  EXPECT_EQ(stops(condition_with(Kind::kRawProbBelow, 0.3f)),
            where([](const auto& steps, std::size_t i) { return std::exp(steps[i].raw_logprob) < 0.3f; }));
  EXPECT_EQ(stops(condition_with(Kind::kFinalProbBelow, 0.3f)),
            where([](const auto& steps, std::size_t i) { return steps[i].final_prob < 0.3f; }));
  EXPECT_EQ(stops(condition_with(Kind::kEntropyAbove, 2.5f)),
            where([](const auto& steps, std::size_t i) { return steps[i].entropy > 2.5f; }));
  EXPECT_EQ(stops(condition_at(Kind::kRankAbove, 2)),
            where([](const auto& steps, std::size_t i) { return steps[i].rank > 2; }));
  const std::int32_t third = straight(story())[2].token;
  ConditionSpec is_third;
  is_third.kind = Kind::kTokenIs;
  is_third.ids = {third};
  EXPECT_EQ(stops(is_third), where([&](const auto& steps, std::size_t i) { return steps[i].token == third; }));
  EXPECT_EQ(stops(condition_with(Kind::kNearTie, 0.15f)), where([](const auto& steps, std::size_t i) {
              std::vector<float> final;
              for (const CandidateRecord& c : steps[i].candidates)
                final.push_back(std::isnan(c.final_prob) ? 0 : c.final_prob);
              std::sort(final.rbegin(), final.rend());
              return final[1] > 0 && final[0] - final[1] < 0.15f;
            }));
  EXPECT_EQ(stops(condition_at(Kind::kPositionIs, 20)),
            where([](const auto& steps, std::size_t i) { return steps[i].position == 20; }));
}

TEST_F(Breaking, StopsAtTheTokenThatCompletesAText) {
  const std::string text = text_until(straight(story()), 60);
  const std::string wanted = text.substr(text.size() / 2, 7);
  ConditionSpec contains;
  contains.kind = ConditionKind::kTextMatches;
  contains.text = wanted;
  const auto completed = where([&](const auto& steps, std::size_t i) {
    const std::string before = text_until(steps, i), with = text_until(steps, i + 1);
    const std::size_t last = with.rfind(wanted);
    return last != std::string::npos && last + wanted.size() > before.size();
  });
  EXPECT_EQ(stops(contains), completed);
  ConditionSpec pattern;
  pattern.kind = ConditionKind::kPatternMatches;
  pattern.text = RE2::QuoteMeta(wanted);
  EXPECT_EQ(stops(pattern), completed);
}

TEST_F(Breaking, AddsUpTheRawProbabilityOfTheEndAndRanksTokensBeyondTheRecordedOnes) {
  // Told by the logits themselves, as libllama holds them when the step is published.
  std::vector<double> end_prob;
  std::vector<std::uint32_t> rank_of_300;
  KeepingSink sink;
  sink.on_publish = [&](const StepRecord& step) {
    if (step.is_prompt) return;
    const float* logits = llama_get_logits_ith(model_->context(), -1);
    double sum = 0, end = 0;
    std::uint32_t rank = 1;
    for (std::int32_t id = 0; id < 512; ++id) {
      const double e = std::exp(static_cast<double>(logits[id]));
      sum += e;
      if (llama_vocab_is_eog(model_->vocab(), id)) end += e;
      rank += logits[id] > logits[300] ? 1 : 0;
    }
    end_prob.push_back(end / sum);
    rank_of_300.push_back(rank);
  };
  run_to_end(*model_, story(), sink);
  std::vector<double> sorted = end_prob;
  std::sort(sorted.begin(), sorted.end());
  const double threshold = (sorted[50] + sorted[51]) / 2;
  std::vector<std::size_t> end_above, in_top;
  for (std::size_t i = 0; i < 60; ++i) {
    if (end_prob[i] > threshold) end_above.push_back(i);
    if (rank_of_300[i] <= 200) in_top.push_back(i);
  }
  ASSERT_EQ(end_above.size(), 9u);
  EXPECT_EQ(stops(condition_with(ConditionKind::kEndOfTextAbove, static_cast<float>(threshold))), end_above);
  ConditionSpec top;
  top.kind = ConditionKind::kTokenInTop;
  top.ids = {300};
  top.n = 200;
  ASSERT_FALSE(in_top.empty());
  EXPECT_EQ(stops(top), in_top);
}

TEST_F(Breaking, TakesNewBreakpointsDuringARunAndRefusesBadOnesWithoutLosingTheOthers) {
  KeepingSink sink;
  const auto run = waiting_behind(10, story(), sink);
  ASSERT_TRUE(run->set_breakpoints({{.id = 4, .conditions = {condition_at(ConditionKind::kEveryNth, 11)}}}).ok());
  EXPECT_TRUE(run->hits().empty()) << "the token that waits is not judged again";
  ConditionSpec bad;
  bad.kind = ConditionKind::kPatternMatches;
  bad.text = "(";
  const Result<void> refused = run->set_breakpoints({{.id = 5, .conditions = {bad}}});
  ASSERT_FALSE(refused.ok());
  EXPECT_THAT(refused.error().message, HasSubstr("Breakpoint 5"));
  run->advance(sink);
  while (run->pending() == nullptr && run->state() == State::kReady) run->advance(sink);
  EXPECT_EQ(sink.steps.size(), 21u);
  EXPECT_THAT(std::vector(run->hits().begin(), run->hits().end()), ElementsAre(4));
}

TEST_F(Breaking, StopsAtATokenThatWouldEndTheRunWhichEndsOnlyWhenItIsAccepted) {
  RunSpec spec = story(3);
  KeepingSink sink;
  const auto run = waiting_behind(2, spec, sink);
  EXPECT_EQ(run->state(), State::kReady);
  EXPECT_EQ(sink.steps.size(), 2u);
  run->advance(sink);
  EXPECT_EQ(run->state(), State::kFinished);
  EXPECT_EQ(run->finish().reason, FinishReason::kLimit);
  EXPECT_EQ(sink.steps.size(), 3u);
}

TEST_F(Breaking, ThatIsStoppedWhileATokenWaitsDoesNotPublishIt) {
  KeepingSink sink;
  const auto run = waiting_behind(2, story(), sink);
  run->stop();
  EXPECT_EQ(run->finish().n_generated, 2u);
  EXPECT_EQ(run->pending(), nullptr);
}

// ---------------------------------------------------------------- changing what waits

using Changing = Debugging;

TEST_F(Changing, APutTokenUsesUpNoRandomNumberWhetherOrNotOneWasChosenBefore) {
  const std::int32_t put = 300;
  KeepingSink before_choice, after_choice;
  const auto run = create_run(*model_, story());
  read_prompt(*run, before_choice);
  while (before_choice.steps.size() < 10) run->advance(before_choice);
  ASSERT_TRUE(run->force({&put, 1}).ok());
  finish_run(*run, before_choice);

  const auto other = waiting_behind(10, story(), after_choice);
  const std::int32_t chosen = other->pending()->token;
  ASSERT_TRUE(other->force({&put, 1}).ok());
  EXPECT_EQ(other->pending()->token, put);
  EXPECT_TRUE(other->pending()->forced);
  EXPECT_EQ(other->pending()->chain_token, chosen);
  finish_run(*other, after_choice);
  EXPECT_EQ(before_choice.steps[10].chain_token, -1) << "nothing had been chosen";
  after_choice.steps[10].chain_token = -1;
  EXPECT_EQ(difference(after_choice.steps, before_choice.steps), "");
}

TEST_F(Changing, SeveralTokensArePutOneAfterTheOther) {
  KeepingSink sink;
  const auto run = waiting_behind(5, story(20), sink);
  const std::vector<std::int32_t> put = {300, 301, 302};
  ASSERT_TRUE(run->force(put).ok());
  EXPECT_TRUE(run->has_forced());
  finish_run(*run, sink);
  for (std::size_t i = 0; i < 3; ++i) {
    EXPECT_EQ(sink.steps[5 + i].token, put[i]);
    EXPECT_TRUE(sink.steps[5 + i].forced);
  }
  EXPECT_FALSE(sink.steps[8].forced);
}

TEST_F(Changing, ABannedTokenIsNotChosenForSoLongAndTheModelsOwnNumbersStay) {
  const std::vector<StepRecord> free = straight(story());
  KeepingSink sink;
  const auto run = waiting_behind(10, story(), sink);
  const std::int32_t banned = run->pending()->token;
  ASSERT_TRUE(run->ban({&banned, 1}, 3).ok());
  const StepRecord& pending = *run->pending();
  EXPECT_NE(pending.token, banned);
  EXPECT_EQ(pending.entropy, free[10].entropy);
  EXPECT_EQ(pending.draw, free[10].draw) << "the same random number";
  std::size_t n_seen = 0;
  for (const CandidateRecord& candidate : pending.candidates) {
    if (candidate.id != banned) {
      EXPECT_FALSE(candidate.banned);
      continue;
    }
    ++n_seen;
    EXPECT_TRUE(candidate.banned);
    EXPECT_TRUE(std::isfinite(candidate.raw_logprob));
    EXPECT_TRUE(std::isnan(candidate.final_prob));
    EXPECT_EQ(candidate.removed_by, kNone) << "no stage removed it";
  }
  EXPECT_EQ(n_seen, 1u);
  EXPECT_EQ(pending.stages[0].n_in, 511u);
  finish_run(*run, sink);
  for (std::size_t i = 10; i < 13; ++i) EXPECT_NE(sink.steps[i].token, banned);
  for (const StepRecord& step : std::vector(sink.steps.begin() + 13, sink.steps.end())) {
    for (const CandidateRecord& candidate : step.candidates) EXPECT_FALSE(candidate.banned);
  }
}

TEST_F(Changing, TheFinalProbabilitiesOfWhatIsNotBannedAddUpToOne) {
  RunSpec spec = story();
  spec.sampler = {stage_of(StageKind::kDistribution)};
  spec.capture.n_candidates = 512;
  KeepingSink sink;
  const auto run = waiting_behind(10, spec, sink);
  std::vector<std::int32_t> likely;
  for (std::size_t i = 0; i < 5; ++i) likely.push_back(run->pending()->candidates[i].id);
  ASSERT_TRUE(run->ban(likely, 0).ok());
  double sum = 0;
  for (const CandidateRecord& candidate : run->pending()->candidates) {
    if (!std::isnan(candidate.final_prob)) sum += static_cast<double>(candidate.final_prob);
  }
  EXPECT_NEAR(sum, 1, 1e-5);
}

TEST_F(Changing, BanningEverythingIsRefusedAndChangesNothing) {
  const std::vector<StepRecord> free = straight(story());
  KeepingSink sink;
  const auto run = waiting_behind(10, story(), sink);
  std::vector<std::int32_t> all;
  for (std::int32_t id = 0; id < 512; ++id) all.push_back(id);
  EXPECT_FALSE(run->ban(all, 0).ok());
  const std::int32_t none = 512;
  EXPECT_FALSE(run->ban({&none, 1}, 0).ok());
  EXPECT_FALSE(run->force({&none, 1}).ok());
  EXPECT_FALSE(run->set_sampler({stage_of(StageKind::kTopK)}, {}).ok());
  EXPECT_EQ(StepDifference(*run->pending(), free[10]).what(), "");
  finish_run(*run, sink);
  EXPECT_EQ(difference(sink.steps, free), "");
}

TEST_F(Changing, ANewSamplerChoosesFromTheSameLogitsAndKnowsThePast) {
  const std::vector<StepRecord> drawn = straight(story());
  KeepingSink sink;
  const auto run = waiting_behind(10, story(), sink);
  ASSERT_TRUE(run->set_sampler(greedy_chain(), {}).ok());
  EXPECT_EQ(run->pending()->token, drawn[10].candidates[0].id);
  EXPECT_EQ(run->pending()->entropy, drawn[10].entropy);
  ASSERT_EQ(run->sampler().size(), 1u);

  // A strong penalty for what the text has already: libllama's own sampler, told of the
  // same tokens, says what it must choose.
  const auto penalties =
      stage_with(StageKind::kPenalties, [](StageSpec& s) { s.repeat = 1.0f, s.presence = 4.0f, s.last_n = -1; });
  ASSERT_TRUE(run->set_sampler({penalties, stage_of(StageKind::kGreedy)}, {}).ok());
  std::set<std::int32_t> told;
  const RunSpec spec = story();
  told.insert(spec.prompt.begin(), spec.prompt.end());
  for (const StepRecord& step : sink.steps) told.insert(step.token);
  const float* logits = llama_get_logits_ith(model_->context(), -1);
  std::int32_t best = 0;
  const auto penalised = [&](std::int32_t id) { return logits[id] - (told.contains(id) ? 4.0f : 0.0f); };
  for (std::int32_t id = 1; id < 512; ++id) {
    if (penalised(id) > penalised(best)) best = id;
  }
  EXPECT_EQ(run->pending()->token, best);
}

TEST_F(Changing, ANewSamplerBeginsItsRandomNumbersWithItsSeed) {
  KeepingSink sink, fresh;
  const auto run = waiting_behind(10, story(), sink);
  ASSERT_TRUE(run->set_sampler({}, 77).ok());
  EXPECT_EQ(run->seed(), 77u);
  finish_run(*run, sink);
  RunSpec spec = story();
  spec.seed = 77;
  run_to_end(*model_, spec, fresh);
  EXPECT_EQ(sink.steps[10].draw, fresh.steps[0].draw);
  EXPECT_EQ(sink.steps[20].draw, fresh.steps[10].draw);
  EXPECT_FALSE(run->set_sampler({}, {}).ok()) << "it has ended";
}

TEST_F(Changing, WhatAGrammarForbidsIsNotPut) {
  RunSpec spec = story();
  spec.sampler = {stage_with(StageKind::kGrammar, [](StageSpec& s) { s.grammar = "root ::= [a-z ]+ \".\""; }),
                  stage_of(StageKind::kDistribution)};
  KeepingSink sink;
  const auto run = waiting_behind(3, spec, sink);
  const StepRecord before = *run->pending();
  const std::int32_t eos = *model_->info().tokenizer.eos;
  EXPECT_FALSE(run->force({&eos, 1}).ok());  // libllama would abort the process
  EXPECT_EQ(StepDifference(*run->pending(), before).what(), "");
}

// ---------------------------------------------------------------- watches

using Watching = Debugging;

TEST_F(Watching, MeasuresTokensWhetherOrNotTheyAreChosen) {
  RunSpec spec = story();
  spec.watches = {{.id = 1, .ids = {300, 301, 400}}, {.id = 2, .word = "dog"}};
  KeepingSink sink;
  std::vector<double> expected;
  sink.on_publish = [&](const StepRecord& step) {
    if (step.is_prompt) return;
    const float* logits = llama_get_logits_ith(model_->context(), -1);
    double sum = 0;
    std::int32_t best = 300;
    std::uint32_t rank = 1;
    for (std::int32_t id = 0; id < 512; ++id) sum += std::exp(static_cast<double>(logits[id]));
    double part = 0;
    for (const std::int32_t id : {300, 301, 400}) {
      part += std::exp(static_cast<double>(logits[id])) / sum;
      if (logits[id] > logits[best]) best = id;
    }
    for (std::int32_t id = 0; id < 512; ++id) rank += logits[id] > logits[best] ? 1 : 0;
    ASSERT_EQ(step.watched.size(), 2u);
    EXPECT_NEAR(step.watched[0].raw_prob, part, 1e-6);
    EXPECT_EQ(step.watched[0].best, best);
    EXPECT_EQ(step.watched[0].best_rank, rank);
  };
  run_to_end(*model_, spec, sink);
  EXPECT_EQ(sink.steps.size(), 60u);
}

// For the tokenizer itself: the text of each is the beginning of the word, behind a space or not.
TEST_F(Watching, FollowsAWordsFirstTokenWithTheSpaceBeforeItAndWithout) {
  KeepingSink sink;
  const auto run = waiting_behind(3, story(), sink);
  ASSERT_TRUE(run->set_watches({{.id = 1, .word = "dog"}}).ok());
  const std::vector<std::int32_t> ids = run->watches()[0].ids;
  ASSERT_EQ(ids.size(), 2u);
  std::set<bool> behind_a_space;
  for (const std::int32_t id : ids) {
    std::string text = bytes(id);
    behind_a_space.insert(text[0] == ' ');
    if (text[0] == ' ') text.erase(0, 1);
    EXPECT_FALSE(text.empty());
    EXPECT_EQ(std::string("dog").substr(0, text.size()), text);
  }
  EXPECT_EQ(behind_a_space.size(), 2u);
  run->advance(sink);
  run->advance(sink);
  EXPECT_EQ(sink.steps.back().watched.size(), 1u);
}

TEST_F(Watching, RefusesWhatCannotBeFollowedAndKeepsWhatIsFollowed) {
  KeepingSink sink;
  const auto run = waiting_behind(1, story(), sink);
  ASSERT_TRUE(run->set_watches({{.id = 1, .ids = {5}}}).ok());
  EXPECT_FALSE(run->set_watches({{.id = 2, .ids = {512}}}).ok());
  EXPECT_FALSE(run->set_watches({{.id = 2}}).ok());
  EXPECT_FALSE(run->set_watches({{.id = 2, .word = "dog", .ids = {5}}}).ok());
  EXPECT_FALSE(run->set_watches(std::vector(kMaxWatches + 1, WatchSpec{.id = 2, .ids = {5}})).ok());
  ASSERT_EQ(run->watches().size(), 1u);
  EXPECT_EQ(run->watches()[0].id, 1u);
}

}  // namespace
}  // namespace inferno::engine
