#include "engine/generation.h"

#include <gtest/gtest.h>

#include <chrono>
#include <cmath>
#include <cstdio>
#include <fstream>
#include <thread>

#include "engine/sampler_chain.h"
#include "engine/testing_models.h"
#include "engine/testing_runs.h"

namespace inferno::engine {
namespace {

RunSpec greedy_run(const Model& model, const std::string& prompt, std::uint32_t n_predict) {
  RunSpec spec;
  spec.prompt = prompt_ids(model, prompt);
  spec.sampler = greedy_chain();
  spec.limits.n_predict = n_predict;
  return spec;
}

RunSpec drawn_run(const Model& model, const std::string& prompt, std::uint32_t n_predict, std::uint32_t seed) {
  RunSpec spec = greedy_run(model, prompt, n_predict);
  spec.sampler.clear();
  spec.seed = seed;
  return spec;
}

std::string text_of(const Model& model, const std::vector<StepRecord>& steps) {
  std::string text;
  for (const StepRecord& step : steps) text += model.tokens().bytes(step.token);
  return text;
}

struct Float64Softmax {
  Float64Softmax(const float* logits, std::size_t n) : log_p(n) {
    double max = -INFINITY, sum = 0;
    for (std::size_t i = 0; i < n; ++i) max = std::max(max, static_cast<double>(logits[i]));
    for (std::size_t i = 0; i < n; ++i) sum += std::exp(static_cast<double>(logits[i]) - max);
    log_sum_exp = max + std::log(sum);
    for (std::size_t i = 0; i < n; ++i) log_p[i] = static_cast<double>(logits[i]) - log_sum_exp;
    for (const double l : log_p) entropy -= std::exp(l) * l / std::log(2.0);
  }
  std::vector<double> log_p;
  double log_sum_exp = 0;
  double entropy = 0;
};

// ---------------------------------------------------------------- the same tokens

struct GreedyCase {
  const char* file;
  const char* prompt;
  std::uint32_t n_tokens;
};

class GreedyText : public testing::TestWithParam<GreedyCase> {};

TEST_P(GreedyText, EqualsABareLoopTokenForToken) {
  INFERNO_NEEDS_MODEL(path, GetParam().file);
  const auto model = load_model(path);
  ASSERT_TRUE(model);
  const RunSpec spec = greedy_run(*model, GetParam().prompt, GetParam().n_tokens);
  KeepingSink sink;
  const Finish finish = run_to_end(*model, spec, sink);
  EXPECT_EQ(finish.n_generated, sink.steps.size());
  BareLlama bare(path);
  EXPECT_EQ(tokens_of(sink.steps), bare.greedy(spec.prompt, GetParam().n_tokens));
  EXPECT_EQ(tokens_of(sink.prompt), spec.prompt);
}

INSTANTIATE_TEST_SUITE_P(Models, GreedyText,
                         testing::Values(GreedyCase{"stories260K.gguf", "Once upon a time", 200},
                                         GreedyCase{"stories260K-f16.gguf", "Once upon a time", 200},
                                         GreedyCase{"stories260K-q8_0.gguf", "Once upon a time", 200},
                                         GreedyCase{"stories260K-q4_0.gguf", "Once upon a time", 200},
                                         GreedyCase{"gpt2-makemore-names-f32.gguf", "em", 12},
                                         GreedyCase{"rwkv6-tiny-730K-f32.gguf", "\"in", 100}));

StageSpec with(StageKind kind, const std::function<void(StageSpec&)>& set) {
  StageSpec spec = stage_of(kind);
  set(spec);
  return spec;
}

std::vector<std::vector<StageSpec>> chains_that_look_back() {
  const StageSpec draw = stage_of(StageKind::kDistribution);
  return {
      {},
      {stage_of(StageKind::kDry), stage_of(StageKind::kPenalties), stage_of(StageKind::kTopP), draw},
      {stage_of(StageKind::kPenalties), stage_of(StageKind::kXtc), stage_of(StageKind::kTypical),
       stage_of(StageKind::kMirostat2)},
      {stage_of(StageKind::kTopNSigma), stage_of(StageKind::kDynamicTemperature), stage_of(StageKind::kMirostat1)},
      {stage_of(StageKind::kMinP), stage_of(StageKind::kAdaptiveP)},
      {with(StageKind::kGrammar, [](StageSpec& s) { s.grammar = "root ::= ([a-z ]+ \".\")+"; }),
       stage_of(StageKind::kTopK), draw},
  };
}

TEST(Generation, ChoosesWhatLlamaSamplerSampleChoosesWithTheSameChainAndSeed) {
  INFERNO_NEEDS_MODEL(path, "stories260K.gguf");
  const auto model = load_model(path);
  ASSERT_TRUE(model);
  for (const std::vector<StageSpec>& stages : chains_that_look_back()) {
    RunSpec spec = drawn_run(*model, "Once upon a time", 200, 42);
    spec.sampler = stages;
    spec.limits.ignore_eos = true;
    KeepingSink sink;
    const Finish finish = run_to_end(*model, spec, sink);
    ASSERT_EQ(finish.reason, FinishReason::kLimit) << (finish.error ? finish.error->message : "");

    Result<SamplerChain> chain = SamplerChain::create(
        stages, model->vocab(), {.n_vocab = model->info().n_vocab, .n_ctx = llama_n_ctx(model->context()), .seed = 42});
    ASSERT_TRUE(chain.ok());
    chain->accept_prompt(spec.prompt);
    llama_memory_clear(llama_get_memory(model->context()), true);
    std::vector<llama_token> next = spec.prompt;
    for (std::size_t i = 0; i < sink.steps.size(); ++i) {
      llama_decode(model->context(), llama_batch_get_one(next.data(), static_cast<std::int32_t>(next.size())));
      const llama_token token = llama_sampler_sample(chain->chain(), model->context(), -1);
      ASSERT_EQ(sink.steps[i].token, token) << "step " << i << " of a chain with " << stages.size() << " stages";
      next = {token};
    }
  }
}

TEST(Generation, StartsEveryRunFromAnEmptyCache) {
  for (const char* file : {"stories260K.gguf", "rwkv6-tiny-730K-f32.gguf"}) {
    INFERNO_NEEDS_MODEL(path, file);
    const auto model = load_model(path);
    ASSERT_TRUE(model);
    KeepingSink first, other, again;
    run_to_end(*model, drawn_run(*model, "in the", 60, 1), first);
    run_to_end(*model, drawn_run(*model, "something else", 30, 2), other);
    run_to_end(*model, drawn_run(*model, "in the", 60, 1), again);
    EXPECT_EQ(tokens_of(first.steps), tokens_of(again.steps));
    EXPECT_NE(tokens_of(first.steps), tokens_of(other.steps));
  }
}

// ---------------------------------------------------------------- the right numbers

TEST(Generation, RecordsTheDistributionThatPredictedEachToken) {
  INFERNO_NEEDS_MODEL(path, "stories260K.gguf");
  const auto model = load_model(path);
  ASSERT_TRUE(model);
  const std::size_t n_vocab = model->info().n_vocab;
  KeepingSink sink;
  double sum_logprob = 0;
  std::vector<float> last_tops;
  sink.on_publish = [&](const StepRecord& step) {
    if (step.is_prompt) return;
    // The logits the model computed last are those this step was chosen from.
    const float* logits = llama_get_logits_ith(model->context(), -1);
    const Float64Softmax expected(logits, n_vocab);
    const auto token = static_cast<std::size_t>(step.token);
    EXPECT_EQ(step.logit, logits[token]);
    EXPECT_NEAR(step.raw_logprob, expected.log_p[token], 1e-5);
    EXPECT_NEAR(step.log_sum_exp, expected.log_sum_exp, 1e-5);
    EXPECT_NEAR(step.entropy, expected.entropy, 1e-4);
    EXPECT_EQ(step.rank, 1 + std::count_if(logits, logits + n_vocab, [&](float l) { return l > logits[token]; }));
    double mass = 0;
    for (const CandidateRecord& candidate : step.candidates) {
      EXPECT_NEAR(candidate.raw_logprob, expected.log_p[static_cast<std::size_t>(candidate.id)], 1e-5);
      mass += std::exp(static_cast<double>(candidate.raw_logprob));
    }
    EXPECT_NEAR(mass + static_cast<double>(step.tail_mass), 1.0, 1e-5);
    EXPECT_GE(step.final_prob, 0.0f);
    EXPECT_LE(step.final_prob, 1.0f);
    sum_logprob += static_cast<double>(step.raw_logprob);
    EXPECT_NE(last_tops.empty() ? -1.0f : last_tops.back(), step.candidates[0].logit)
        << "the step before's numbers again";
    last_tops.push_back(step.candidates[0].logit);
  };
  const Finish finish = run_to_end(*model, drawn_run(*model, "Once upon a time", 100, 3), sink);
  EXPECT_EQ(finish.n_generated, 100u);
  EXPECT_NEAR(finish.sum_logprob, sum_logprob, 1e-9);
  for (std::size_t i = 0; i < sink.steps.size(); ++i) EXPECT_EQ(sink.steps[i].position, finish.n_prompt + i);
}

TEST(Generation, MeetsTheRwkvOracle) {
  INFERNO_NEEDS_MODEL(path, "rwkv6-tiny-730K-f32.gguf");
  INFERNO_NEEDS_MODEL(oracle, "expected-logits-5v2-730K.bin");
  std::vector<float> expected(256);
  std::ifstream(oracle, std::ios::binary).read(reinterpret_cast<char*>(expected.data()), 1024);
  const auto model = load_model(path);
  ASSERT_TRUE(model);
  RunSpec spec = greedy_run(*model, "\"in", 1);
  ASSERT_EQ(spec.prompt.size(), 3u);
  spec.capture.n_candidates = 256;
  KeepingSink sink;
  run_to_end(*model, spec, sink);
  ASSERT_EQ(sink.steps.size(), 1u);
  ASSERT_EQ(sink.steps[0].candidates.size(), 256u);
  for (const CandidateRecord& candidate : sink.steps[0].candidates) {
    EXPECT_NEAR(candidate.logit, expected[static_cast<std::size_t>(candidate.id)], 1e-5);
  }
}

TEST(Generation, ScoresEachPromptTokenByTheOneBeforeIt) {
  INFERNO_NEEDS_MODEL(path, "stories260K.gguf");
  const auto model = load_model(path);
  ASSERT_TRUE(model);
  KeepingSink sink;
  const RunSpec spec = greedy_run(*model, "Once upon a time, there was a little girl named Lily.", 0);
  const Finish finish = run_to_end(*model, spec, sink);
  EXPECT_EQ(finish.reason, FinishReason::kLimit);
  ASSERT_EQ(sink.prompt.size(), spec.prompt.size());
  EXPECT_TRUE(sink.steps.empty());
  // The first has nothing before it that could predict it.
  EXPECT_TRUE(std::isnan(sink.prompt[0].raw_logprob));
  EXPECT_TRUE(std::isnan(sink.prompt[0].entropy));
  EXPECT_EQ(sink.prompt[0].rank, 0u);
  EXPECT_TRUE(sink.prompt[0].candidates.empty());
  EXPECT_EQ(finish.n_prompt_scored, spec.prompt.size() - 1);

  BareLlama bare(path);
  double sum = 0;
  for (std::size_t i = 0; i + 1 < spec.prompt.size(); ++i) {
    std::vector<llama_token> one = {spec.prompt[i]};
    const Float64Softmax expected(bare.feed(one), bare.n_vocab());
    const StepRecord& next = sink.prompt[i + 1];
    EXPECT_NEAR(next.raw_logprob, expected.log_p[static_cast<std::size_t>(next.token)], 2e-3) << "position " << i + 1;
    EXPECT_TRUE(std::isnan(next.final_prob));
    EXPECT_TRUE(next.stages.empty());
    sum += static_cast<double>(next.raw_logprob);
  }
  EXPECT_NEAR(finish.prompt_sum_logprob.value_or(0), sum, 1e-9);
}

TEST(Generation, ScoresALongPromptAlikeHoweverItIsCut) {
  INFERNO_NEEDS_MODEL(path, "stories260K.gguf");
  std::vector<std::vector<StepRecord>> prompts;
  for (const std::uint32_t n_ubatch : {512, 32, 7}) {
    EngineOptions options;
    options.n_batch = options.n_ubatch = n_ubatch;
    // What is rounded to f16 on the way alone makes differences of 0.01.
    options.cache_type_k = options.cache_type_v = "f32";
    options.flash_attention = FlashAttention::kOff;
    const auto model = load_model(path, options);
    ASSERT_TRUE(model);
    std::string text;
    for (int i = 0; i < 12; ++i)
      text += "Once upon a time there was a dog and a cat number " + std::to_string(i) + ". ";
    KeepingSink sink;
    const Finish finish = run_to_end(*model, greedy_run(*model, text, 1), sink);
    EXPECT_EQ(finish.n_prompt_scored, sink.prompt.size() - 1);
    for (std::size_t i = 0; i < sink.prompt.size(); ++i) ASSERT_EQ(sink.prompt[i].position, i);
    prompts.push_back(sink.prompt);
  }
  ASSERT_GT(prompts[0].size(), 200u);
  for (const std::vector<StepRecord>& cut : prompts) {
    ASSERT_EQ(tokens_of(cut), tokens_of(prompts[0]));
    for (std::size_t i = 1; i < cut.size(); ++i) EXPECT_NEAR(cut[i].raw_logprob, prompts[0][i].raw_logprob, 1e-3) << i;
  }
}

TEST(Generation, PublishesThePromptWithoutNumbersWhenTheyAreNotWanted) {
  INFERNO_NEEDS_MODEL(path, "stories260K.gguf");
  const auto model = load_model(path);
  ASSERT_TRUE(model);
  RunSpec spec = greedy_run(*model, "Once upon a time", 20);
  KeepingSink with_numbers, without;
  run_to_end(*model, spec, with_numbers);
  spec.capture.prompt = false;
  const Finish finish = run_to_end(*model, spec, without);
  EXPECT_EQ(tokens_of(without.prompt), spec.prompt);
  for (const StepRecord& step : without.prompt) EXPECT_TRUE(std::isnan(step.raw_logprob));
  EXPECT_FALSE(finish.prompt_sum_logprob);
  EXPECT_EQ(finish.n_prompt_scored, 0u);
  EXPECT_EQ(tokens_of(without.steps), tokens_of(with_numbers.steps));
}

TEST(Generation, AppendsTheChosenTokenWhenItIsNotAmongTheTop) {
  INFERNO_NEEDS_MODEL(path, "stories260K.gguf");
  const auto model = load_model(path);
  ASSERT_TRUE(model);
  RunSpec spec = drawn_run(*model, "Once upon a time", 200, 5);
  spec.sampler = {with(StageKind::kTemperature, [](StageSpec& s) { s.temperature = 2.0f; }),
                  stage_of(StageKind::kDistribution)};
  spec.capture.n_candidates = 2;
  spec.limits.ignore_eos = true;
  KeepingSink sink;
  run_to_end(*model, spec, sink);
  std::size_t n_appended = 0;
  for (const StepRecord& step : sink.steps) {
    ASSERT_EQ(step.n_top, 2u);
    if (step.candidates.size() == 2) continue;
    ++n_appended;
    ASSERT_EQ(step.candidates.size(), 3u);
    EXPECT_EQ(step.candidates[2].id, step.token);
    EXPECT_EQ(step.candidates[2].raw_logprob, step.raw_logprob);
    EXPECT_EQ(step.candidates[2].final_prob, step.final_prob);
    EXPECT_GT(step.rank, 2u);
  }
  EXPECT_GT(n_appended, 10u);
}

TEST(Generation, FailsInWordsWhenTheModelComputesNoFiniteNumber) {
  INFERNO_NEEDS_MODEL(path, "stories260K.gguf");
  std::ifstream file(path, std::ios::binary);
  std::string bytes{std::istreambuf_iterator<char>(file), {}};
  // Half of the file and more are weights: make the last tenth NaN.
  std::fill(bytes.end() - static_cast<std::ptrdiff_t>(bytes.size() / 10), bytes.end(), '\xff');
  const std::string broken = testing::TempDir() + "nan-weights.gguf";
  std::ofstream(broken, std::ios::binary) << bytes;
  const auto model = load_model(broken);
  ASSERT_TRUE(model);
  KeepingSink sink;
  const Finish finish = run_to_end(*model, greedy_run(*model, "Once upon a time", 5), sink);
  std::remove(broken.c_str());
  ASSERT_EQ(finish.reason, FinishReason::kFailed);
  ASSERT_TRUE(finish.error);
  EXPECT_EQ(finish.error->code, ErrorCode::kNonFiniteLogits);
  EXPECT_TRUE(sink.steps.empty());
}

// ---------------------------------------------------------------- the end of a run

TEST(Generation, EndsAtAStopStringWithOneStepPerToken) {
  INFERNO_NEEDS_MODEL(path, "stories260K.gguf");
  const auto model = load_model(path);
  ASSERT_TRUE(model);
  KeepingSink all;
  run_to_end(*model, greedy_run(*model, "Once upon a time", 60), all);
  const std::string text = text_of(*model, all.steps);
  const std::string stop = text.substr(31, 9);  // begins and ends inside tokens
  RunSpec spec = greedy_run(*model, "Once upon a time", 60);
  spec.limits.stop = {"never met", stop};
  KeepingSink sink;
  const Finish finish = run_to_end(*model, spec, sink);
  EXPECT_EQ(finish.reason, FinishReason::kStopString);
  EXPECT_EQ(finish.stop_string, stop);
  ASSERT_TRUE(finish.text_bytes);
  EXPECT_EQ(*finish.text_bytes, text.find(stop));
  const std::string told = text_of(*model, sink.steps);
  EXPECT_EQ(told, text.substr(0, told.size()));
  EXPECT_GE(told.size(), text.find(stop) + stop.size());
  const std::string before_last = text_of(*model, {sink.steps.begin(), sink.steps.end() - 1});
  EXPECT_EQ(before_last.find(stop), std::string::npos);
}

TEST(Generation, EndsAtTheEndOfTextAndGoesOnIfToldTo) {
  INFERNO_NEEDS_MODEL(path, "stories260K.gguf");
  const auto model = load_model(path);
  ASSERT_TRUE(model);
  const std::int32_t eos = *model->info().tokenizer.eos;
  RunSpec spec = greedy_run(*model, "Once upon a time", 50);
  const auto run = create_run(*model, spec);
  KeepingSink sink;
  while (run->state() == Generation::State::kPrompt) run->advance(sink);
  ASSERT_TRUE(run->force(eos).ok());
  run->advance(sink);
  ASSERT_EQ(run->state(), Generation::State::kFinished);
  EXPECT_EQ(run->finish().reason, FinishReason::kEndOfText);
  EXPECT_TRUE(sink.steps.back().end_of_text);
  EXPECT_TRUE(sink.steps.back().forced);

  spec.limits.ignore_eos = true;
  const auto longer = create_run(*model, spec);
  while (longer->state() == Generation::State::kPrompt) longer->advance(sink);
  ASSERT_TRUE(longer->force(eos).ok());
  longer->advance(sink);
  EXPECT_EQ(longer->state(), Generation::State::kReady);
}

TEST(Generation, NeverGrowsBeyondTheContext) {
  INFERNO_NEEDS_MODEL(path, "stories260K.gguf");
  EngineOptions options;
  options.n_ctx = 256;
  const auto model = load_model(path, options);
  ASSERT_TRUE(model);
  const std::uint32_t n_ctx = llama_n_ctx_seq(model->context());
  RunSpec spec = greedy_run(*model, "Once", 0);
  spec.limits.n_predict.reset();
  spec.limits.ignore_eos = true;
  KeepingSink sink;
  const Finish finish = run_to_end(*model, spec, sink);
  EXPECT_EQ(finish.reason, FinishReason::kContextFull);
  EXPECT_EQ(finish.n_prompt + finish.n_generated, n_ctx);

  spec.prompt.assign(n_ctx, spec.prompt.back());
  KeepingSink full;
  EXPECT_EQ(run_to_end(*model, spec, full).reason, FinishReason::kContextFull);
  EXPECT_EQ(full.prompt.size(), n_ctx);
  EXPECT_TRUE(full.steps.empty());
  spec.prompt.push_back(1);
  const auto refused = Generation::create(*model, spec);
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code, ErrorCode::kContextFull);
}

TEST(Generation, EndsWhenItsTimeIsUp) {
  INFERNO_NEEDS_MODEL(path, "stories260K.gguf");
  const auto model = load_model(path);
  ASSERT_TRUE(model);
  RunSpec spec = greedy_run(*model, "Once", 100000);
  spec.limits.ignore_eos = true;
  spec.limits.time_ms = 30;
  KeepingSink sink;
  const Finish finish = run_to_end(*model, spec, sink);
  EXPECT_EQ(finish.reason, FinishReason::kTimeLimit);
}

TEST(Generation, StopsAtOnceInALongPrompt) {
  INFERNO_NEEDS_MODEL(path, "stories260K.gguf");
  EngineOptions options;
  options.n_ctx = 32768;
  options.n_batch = 32768;
  options.n_ubatch = 512;
  const auto model = load_model(path, options);
  ASSERT_TRUE(model);
  RunSpec spec = greedy_run(*model, "Once", 5);
  spec.capture.prompt = false;
  spec.prompt.assign(llama_n_ctx_seq(model->context()) - 8, spec.prompt.back());  // seconds of work
  const auto run = create_run(*model, spec);
  std::chrono::steady_clock::time_point asked;
  std::thread stopper([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(60));
    asked = std::chrono::steady_clock::now();
    model->request_abort();
  });
  KeepingSink sink;
  while (run->state() != Generation::State::kFinished) run->advance(sink);
  const auto waited = std::chrono::steady_clock::now();
  stopper.join();
  EXPECT_EQ(run->finish().reason, FinishReason::kStopped);
  EXPECT_TRUE(sink.steps.empty());
  EXPECT_LT(waited - asked, std::chrono::milliseconds(250));

  model->clear_abort();
  KeepingSink next;
  EXPECT_EQ(run_to_end(*model, greedy_run(*model, "Once", 5), next).reason, FinishReason::kLimit);
}

TEST(Generation, RefusesWhatCannotRun) {
  INFERNO_NEEDS_MODEL(path, "stories260K.gguf");
  const auto model = load_model(path);
  ASSERT_TRUE(model);
  const auto code_of = [&](const std::function<void(RunSpec&)>& spoil) {
    RunSpec spec = greedy_run(*model, "Once", 5);
    spoil(spec);
    const auto run = Generation::create(*model, spec);
    EXPECT_FALSE(run.ok());
    return run.ok() ? ErrorCode::kInternal : run.error().code;
  };
  EXPECT_EQ(code_of([](RunSpec& s) { s.prompt.clear(); }), ErrorCode::kInvalidArgument);
  EXPECT_EQ(code_of([](RunSpec& s) { s.prompt.push_back(512); }), ErrorCode::kInvalidArgument);
  EXPECT_EQ(code_of([](RunSpec& s) { s.prompt.push_back(-1); }), ErrorCode::kInvalidArgument);
  EXPECT_EQ(code_of([](RunSpec& s) { s.limits.stop = {""}; }), ErrorCode::kInvalidArgument);
  EXPECT_EQ(code_of([](RunSpec& s) { s.capture.n_candidates = 1025; }), ErrorCode::kTooLarge);
  EXPECT_EQ(code_of([](RunSpec& s) { s.sampler = {stage_of(StageKind::kUnset)}; }), ErrorCode::kUnknownSampler);
}

// ---------------------------------------------------------------- forcing, grammars

TEST(Generation, PutsAForcedTokenIntoTheTextAndMeasuresIt) {
  INFERNO_NEEDS_MODEL(path, "stories260K.gguf");
  const auto model = load_model(path);
  ASSERT_TRUE(model);
  const RunSpec spec = greedy_run(*model, "Once upon a time", 20);
  const auto run = create_run(*model, spec);
  KeepingSink sink;
  while (run->state() == Generation::State::kPrompt) run->advance(sink);
  run->advance(sink);
  const std::int32_t unlikely = 300;
  ASSERT_TRUE(run->force(unlikely).ok());
  EXPECT_FALSE(run->force(512).ok());
  run->advance(sink);
  while (run->state() == Generation::State::kReady) run->advance(sink);
  const StepRecord& forced = sink.steps[1];
  EXPECT_EQ(forced.token, unlikely);
  EXPECT_TRUE(forced.forced);
  EXPECT_TRUE(std::isfinite(forced.raw_logprob));
  EXPECT_TRUE(std::isnan(forced.final_prob));
  EXPECT_TRUE(forced.stages.empty());

  BareLlama bare(path);
  std::vector<llama_token> prefix = spec.prompt;
  prefix.push_back(sink.steps[0].token);
  prefix.push_back(unlikely);
  const std::vector<std::int32_t> rest = bare.greedy(prefix, 18);
  EXPECT_EQ(tokens_of({sink.steps.begin() + 2, sink.steps.end()}), rest);
}

RunSpec grammar_run(const Model& model, const std::string& grammar) {
  RunSpec spec = drawn_run(model, "Once upon a time", 60, 9);
  spec.sampler = {with(StageKind::kGrammar, [&](StageSpec& s) { s.grammar = grammar; }),
                  stage_of(StageKind::kDistribution)};
  return spec;
}

TEST(Generation, FollowsAGrammarToItsEnd) {
  INFERNO_NEEDS_MODEL(path, "stories260K.gguf");
  const auto model = load_model(path);
  ASSERT_TRUE(model);
  KeepingSink sink;
  const Finish finish = run_to_end(*model, grammar_run(*model, "root ::= (\"yes\" | \"no\") \"!\""), sink);
  EXPECT_EQ(finish.reason, FinishReason::kEndOfText);
  const std::string text = text_of(*model, {sink.steps.begin(), sink.steps.end() - 1});
  EXPECT_TRUE(text == "yes!" || text == "no!") << text;
  EXPECT_GT(sink.steps[0].stages[0].mass_removed, 0.5f);
}

TEST(Generation, RefusesToForceWhatTheGrammarForbids) {
  INFERNO_NEEDS_MODEL(path, "stories260K.gguf");
  const auto model = load_model(path);
  ASSERT_TRUE(model);
  const auto run = create_run(*model, grammar_run(*model, "root ::= \"yes\""));
  EXPECT_FALSE(run->force(*model->info().tokenizer.eos).ok());  // libllama would abort the process
  EXPECT_FALSE(run->force(300).ok());
  KeepingSink sink;
  while (run->state() != Generation::State::kFinished) run->advance(sink);
  EXPECT_EQ(run->finish().reason, FinishReason::kEndOfText);
}

TEST(Generation, SaysSoWhenAGrammarAllowsNoneOfTheCandidates) {
  INFERNO_NEEDS_MODEL(path, "stories260K.gguf");
  const auto model = load_model(path);
  ASSERT_TRUE(model);
  RunSpec spec = grammar_run(*model, "root ::= \"\\U0001F600\"");
  spec.sampler.insert(spec.sampler.begin(), with(StageKind::kTopK, [](StageSpec& s) { s.k = 1; }));
  KeepingSink sink;
  const Finish finish = run_to_end(*model, spec, sink);
  ASSERT_EQ(finish.reason, FinishReason::kFailed);
  EXPECT_EQ(finish.error->code, ErrorCode::kBadGrammar);
  EXPECT_NE(finish.error->message.find("Grammar"), std::string::npos);
}

TEST(Generation, TellsWhatIsWrongWithAGrammarInLlamaCppsWords) {
  INFERNO_NEEDS_MODEL(path, "stories260K.gguf");
  const auto model = load_model(path);
  ASSERT_TRUE(model);
  const auto message_of = [&](const std::string& grammar) {
    const auto run = Generation::create(*model, grammar_run(*model, grammar));
    EXPECT_FALSE(run.ok());
    if (run.ok()) return std::string();
    EXPECT_EQ(run.error().code, ErrorCode::kBadGrammar);
    return run.error().message;
  };
  EXPECT_NE(message_of("root ::= missing").find("Undefined rule identifier 'missing'"), std::string::npos);
  EXPECT_NE(message_of("root := \"a\"").find("expecting ::="), std::string::npos);
  EXPECT_NE(message_of("other ::= \"a\"").find("root"), std::string::npos);
  EXPECT_NE(message_of("root ::= root \"a\"").find("left recursion"), std::string::npos);
}

TEST(Generation, FollowsAJsonSchema) {
  INFERNO_NEEDS_MODEL(path, "stories260K.gguf");
  const auto model = load_model(path);
  ASSERT_TRUE(model);
  RunSpec spec = grammar_run(*model, "");
  spec.sampler[0].json_schema = R"({"enum": ["red", "green"]})";
  const auto run = Generation::create(*model, spec);
  if (!run.ok()) GTEST_SKIP() << run.error().message;
  KeepingSink sink;
  while ((*run)->state() != Generation::State::kFinished) (*run)->advance(sink);
  const std::string text = text_of(*model, {sink.steps.begin(), sink.steps.end() - 1});
  EXPECT_TRUE(text == "\"red\"" || text == "\"green\"") << text;
}

}  // namespace
}  // namespace inferno::engine
