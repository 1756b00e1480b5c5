#include "engine/sampler_chain.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <string>

#include "engine/grammar_limits.h"

namespace inferno::engine {
namespace {

constexpr ChainContext kContext = {.n_vocab = 100, .n_ctx = 512, .seed = 7, .has_tokenizer = false};

StageSpec stage(StageKind kind) {
  StageSpec spec;
  spec.kind = kind;
  return spec;
}

Result<SamplerChain> make(std::vector<StageSpec> stages) {
  return SamplerChain::create(std::move(stages), nullptr, kContext);
}

// The error of a chain of this stage and a Greedy behind it.
Error error_of(const StageSpec& spec) {
  std::vector<StageSpec> stages = {spec};
  if (!stage_chooses(spec.kind)) stages.push_back(stage(StageKind::kGreedy));
  const Result<SamplerChain> chain = make(std::move(stages));
  EXPECT_FALSE(chain.ok()) << stage_name(spec.kind);
  return chain.ok() ? Error{} : chain.error();
}

TEST(SamplerChain, RunsTheDefaultChainWithTheProtocolsDefaults) {
  const Result<SamplerChain> chain = make({});
  ASSERT_TRUE(chain.ok());
  const std::vector<StageSpec>& stages = chain->stages();
  ASSERT_EQ(stages.size(), 5u);
  EXPECT_EQ(stages[0].k, 40);
  EXPECT_EQ(stages[1].p, 0.95f);
  EXPECT_EQ(stages[1].min_keep, 1u);
  EXPECT_EQ(stages[2].p, 0.05f);
  EXPECT_EQ(stages[3].temperature, 0.8f);
  EXPECT_EQ(stages[4].kind, StageKind::kDistribution);
  EXPECT_EQ(stages[4].seed, 7u);
}

TEST(SamplerChain, FillsInWhatIsReadAndDropsTheRest) {
  StageSpec penalties = stage(StageKind::kPenalties);
  penalties.last_n = -1;
  penalties.k = 3;
  const Result<SamplerChain> chain = make({penalties, stage(StageKind::kGreedy)});
  ASSERT_TRUE(chain.ok());
  EXPECT_EQ(chain->stages()[0].last_n, 512);
  EXPECT_EQ(chain->stages()[0].repeat, 1.1f);
  EXPECT_EQ(chain->stages()[0].frequency, 0.0f);
  EXPECT_FALSE(chain->stages()[0].k);
  EXPECT_FALSE(chain->stages()[1].seed);
}

TEST(SamplerChain, GivesAStageItsOwnSeedElseTheRuns) {
  StageSpec xtc = stage(StageKind::kXtc);
  xtc.seed = 99;
  StageSpec draw = stage(StageKind::kDistribution);
  draw.seed = 0xFFFFFFFF;  // llama.cpp's word for "any"
  const Result<SamplerChain> chain = make({xtc, draw});
  ASSERT_TRUE(chain.ok());
  EXPECT_EQ(chain->stages()[0].seed, 99u);
  EXPECT_EQ(chain->stages()[1].seed, 7u);
}

TEST(SamplerChain, NamesTheKindsWhenOneIsNotKnown) {
  const Error error = error_of(stage(StageKind::kUnset));
  EXPECT_EQ(error.code, ErrorCode::kUnknownSampler);
  for (const char* name : {"TopK", "Mirostat2", "Distribution"}) EXPECT_NE(error.hint.find(name), std::string::npos);
  EXPECT_EQ(error_of(stage(static_cast<StageKind>(200))).code, ErrorCode::kUnknownSampler);
}

TEST(SamplerChain, MustEndWithTheOnlyStageThatChooses) {
  EXPECT_EQ(make({stage(StageKind::kTopK)}).error().code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(make({stage(StageKind::kGreedy), stage(StageKind::kTopK)}).error().code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(make({stage(StageKind::kGreedy), stage(StageKind::kGreedy)}).error().code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(make(std::vector<StageSpec>(kMaxStages + 1, stage(StageKind::kTopK))).error().code, ErrorCode::kTooLarge);
}

TEST(SamplerChain, RefusesParametersThatLibllamaCannotBear) {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  const float infinity = std::numeric_limits<float>::infinity();
  const auto refused = [](StageKind kind, auto set) {
    StageSpec spec = stage(kind);
    set(spec);
    const Error error = error_of(spec);
    EXPECT_EQ(error.code, ErrorCode::kInvalidArgument) << error.message;
    EXPECT_NE(error.message.find(stage_name(kind)), std::string::npos) << error.message;
    EXPECT_FALSE(error.hint.empty());
  };
  refused(StageKind::kTopK, [](StageSpec& s) { s.k = -1; });
  refused(StageKind::kTopP, [&](StageSpec& s) { s.p = nan; });
  refused(StageKind::kTopP, [](StageSpec& s) { s.p = 1.5f; });
  refused(StageKind::kMinP, [](StageSpec& s) { s.p = -0.1f; });
  refused(StageKind::kTypical, [&](StageSpec& s) { s.p = infinity; });
  refused(StageKind::kTemperature, [](StageSpec& s) { s.temperature = -1.0f; });
  refused(StageKind::kTemperature, [](StageSpec& s) { s.temperature = 1e-30f; });
  refused(StageKind::kTemperature, [&](StageSpec& s) { s.temperature = nan; });
  refused(StageKind::kDynamicTemperature, [](StageSpec& s) { s.range = -1.0f; });
  refused(StageKind::kDynamicTemperature, [&](StageSpec& s) { s.exponent = infinity; });
  refused(StageKind::kXtc, [](StageSpec& s) { s.probability = 2.0f; });
  refused(StageKind::kXtc, [&](StageSpec& s) { s.threshold = nan; });
  refused(StageKind::kTopNSigma, [&](StageSpec& s) { s.n = nan; });
  refused(StageKind::kMirostat1, [](StageSpec& s) { s.m = 0; });
  refused(StageKind::kMirostat1, [&](StageSpec& s) { s.tau = nan; });
  refused(StageKind::kMirostat2, [&](StageSpec& s) { s.eta = infinity; });
  refused(StageKind::kPenalties, [](StageSpec& s) { s.repeat = 0.0f; });
  refused(StageKind::kPenalties, [](StageSpec& s) { s.last_n = -2; });
  refused(StageKind::kPenalties, [&](StageSpec& s) { s.frequency = nan; });
  refused(StageKind::kAdaptiveP, [](StageSpec& s) { s.target = 1.1f; });
  refused(StageKind::kAdaptiveP, [](StageSpec& s) { s.decay = 1.0f; });
  refused(StageKind::kLogitBias, [](StageSpec& s) { s.biases = {{.id = 100}}; });
  refused(StageKind::kLogitBias, [](StageSpec& s) { s.biases = {{.id = -1}}; });
  refused(StageKind::kLogitBias, [&](StageSpec& s) { s.biases = {{.id = 1, .bias = nan}}; });
  refused(StageKind::kLogitBias, [](StageSpec& s) { s.biases = {{.id = 1}, {.id = 2}, {.id = 1}}; });
  refused(StageKind::kDry, [](StageSpec&) {});  // no tokenizer here
}

TEST(SamplerChain, RefusesAGrammarWithoutATokenizerOrWithoutRules) {
  EXPECT_EQ(error_of(stage(StageKind::kGrammar)).code, ErrorCode::kBadGrammar);
  StageSpec grammar = stage(StageKind::kGrammar);
  grammar.grammar = "root ::= \"a\"";
  EXPECT_EQ(error_of(grammar).code, ErrorCode::kBadGrammar);
  grammar.json_schema = "{}";
  EXPECT_EQ(error_of(grammar).code, ErrorCode::kBadGrammar);
}

// Grammars can be parsed without a vocabulary as long as they name no token.
constexpr ChainContext kWithTokenizer = {.n_vocab = 100, .n_ctx = 512, .seed = 7, .has_tokenizer = true};

StageSpec grammar_of(const std::string& text) {
  StageSpec spec = stage(StageKind::kGrammar);
  spec.grammar = text;
  return spec;
}

TEST(CheckChain, TellsOneErrorForEachFaultyStageAndThoseOfTheWhole) {
  StageSpec hot = stage(StageKind::kTemperature);
  hot.temperature = -1;
  const auto checked = check_chain(
      {grammar_of("root ::= (\"a\""), stage(StageKind::kTopK), hot, stage(StageKind::kGreedy), stage(StageKind::kTopP)},
      nullptr, kWithTokenizer);
  EXPECT_TRUE(checked.stages.empty());
  ASSERT_EQ(checked.errors.size(), 4u);
  EXPECT_EQ(checked.errors[0].stage, 0);
  EXPECT_EQ(checked.errors[0].code, ErrorCode::kBadGrammar);
  EXPECT_EQ(checked.errors[1].stage, 2);
  EXPECT_NE(checked.errors[1].message.find("temperature"), std::string::npos);
  EXPECT_EQ(checked.errors[2].stage, 3) << "it chooses, but is not the last";
  EXPECT_FALSE(checked.errors[3].stage) << "the chain does not choose";
}

TEST(CheckChain, TellsAStageThatIsUnknownOnce) {
  const auto checked = check_chain({stage(StageKind::kTopK), stage(StageKind::kUnset)}, nullptr, kContext);
  ASSERT_EQ(checked.errors.size(), 1u);
  EXPECT_EQ(checked.errors[0].code, ErrorCode::kUnknownSampler);
  EXPECT_EQ(checked.errors[0].stage, 1);
}

TEST(CheckChain, GivesTheChainAsItWouldRunButForSeedsThatAreLeftToTheRun) {
  StageSpec xtc = stage(StageKind::kXtc);
  xtc.seed = 99;
  const auto checked = check_chain({stage(StageKind::kTopK), xtc, stage(StageKind::kDistribution)}, nullptr, kContext);
  EXPECT_TRUE(checked.errors.empty());
  ASSERT_EQ(checked.stages.size(), 3u);
  EXPECT_EQ(checked.stages[0].k, 40);
  EXPECT_EQ(checked.stages[1].seed, 99u);
  EXPECT_FALSE(checked.stages[2].seed);
  EXPECT_EQ(check_chain({}, nullptr, kContext).stages.size(), default_chain().size());
}

TEST(SamplerChain, NamesTheStageThatIsAtFault) {
  StageSpec bad = stage(StageKind::kTopP);
  bad.p = 7;
  EXPECT_EQ(make({stage(StageKind::kTopK), bad, stage(StageKind::kGreedy)}).error().stage, 1);
}

TEST(GrammarLimits, LetOrdinaryGrammarsPass) {
  EXPECT_TRUE(check_grammar_limits("root ::= \"((((\" [(\\]{] # ((\n  ( \"a\" | \"b\"{3,5} )* <(>", false).ok());
  EXPECT_TRUE(check_grammar_limits(R"({"type": "object", "description": "[[[[{{{{"})", true).ok());
}

TEST(GrammarLimits, RefuseWhatWouldOverflowTheParser) {
  EXPECT_EQ(check_grammar_limits("root ::= " + std::string(60000, '('), false).error().code, ErrorCode::kTooLarge);
  EXPECT_EQ(check_grammar_limits("root ::= \"" + std::string(100000, 'a') + "\"{2000}", false).error().code,
            ErrorCode::kTooLarge);
  EXPECT_EQ(check_grammar_limits("root ::= \"" + std::string(100000, 'a') + "\"{0,2000}", false).error().code,
            ErrorCode::kTooLarge);
  EXPECT_EQ(check_grammar_limits(std::string(kMaxGrammarBytes + 1, 'a'), false).error().code, ErrorCode::kTooLarge);
  EXPECT_EQ(check_grammar_limits(std::string(1000, '['), true).error().code, ErrorCode::kTooLarge);
  EXPECT_EQ(check_grammar_limits(std::string("a\0b", 3), false).error().code, ErrorCode::kBadGrammar);
  EXPECT_TRUE(check_grammar_limits("root ::= \"unfinished \\", false).ok());
  EXPECT_TRUE(check_grammar_limits("root ::= <unfinished", false).ok());
}

}  // namespace
}  // namespace inferno::engine
