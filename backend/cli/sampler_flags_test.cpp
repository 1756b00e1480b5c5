#include "cli/sampler_flags.h"

#include <gtest/gtest.h>

#include <cstdio>
#include <fstream>

namespace inferno::cli {
namespace {

using protocol::StageKind;

std::vector<StageKind> kinds(const SamplingSettings& settings) {
  std::vector<StageKind> result;
  const auto chain = sampler_chain(settings);
  if (!chain) {
    ADD_FAILURE() << chain.error().message;
    return result;
  }
  for (const auto& stage : *chain) result.push_back(stage->kind);
  return result;
}

using Kinds = std::vector<StageKind>;

TEST(SamplerFlags, GiveTheDefaultChain) {
  EXPECT_EQ(kinds({}), (Kinds{StageKind::TopK, StageKind::TopP, StageKind::MinP, StageKind::Temperature,
                              StageKind::Distribution}));
}

TEST(SamplerFlags, AddStagesInTheUsualOrder) {
  SamplingSettings s;
  s.logit_bias = {"5=-1.5", "6=ban"};
  s.presence_penalty = 0.5;
  s.dry_multiplier = 0.8;
  s.top_n_sigma = 1;
  s.typical = 0.9;
  s.xtc_probability = 0.5;
  s.dynatemp_range = 0.2;
  s.adaptive_target = 0.4;
  EXPECT_EQ(kinds(s), (Kinds{StageKind::LogitBias, StageKind::Penalties, StageKind::Dry, StageKind::TopNSigma,
                             StageKind::TopK, StageKind::Typical, StageKind::TopP, StageKind::MinP, StageKind::Xtc,
                             StageKind::DynamicTemperature, StageKind::AdaptiveP}));
  const auto chain = sampler_chain(s);
  const auto& biases = chain->front()->biases;
  ASSERT_EQ(biases.size(), 2u);
  EXPECT_EQ(biases[0]->id, 5);
  EXPECT_FLOAT_EQ(biases[0]->bias, -1.5f);
  EXPECT_TRUE(biases[1]->ban);
  // A presence penalty alone does not bring a repetition penalty with it.
  EXPECT_EQ((*chain)[1]->repeat, 1.0f);
  EXPECT_EQ((*chain)[1]->presence, 0.5f);
}

TEST(SamplerFlags, LeaveAbsentWhatWasNotGiven) {
  SamplingSettings s;
  s.temperature = 0;
  const auto chain = sampler_chain(s);
  ASSERT_TRUE(chain);
  EXPECT_FALSE((*chain)[0]->k.has_value());
  EXPECT_EQ((*chain)[3]->temperature, 0.0f);
}

TEST(SamplerFlags, ChooseGreedilyOrByMirostatWithoutTruncation) {
  SamplingSettings greedy;
  greedy.greedy = true;
  EXPECT_EQ(kinds(greedy), Kinds{StageKind::Greedy});
  SamplingSettings mirostat;
  mirostat.mirostat = 2;
  mirostat.mirostat_tau = 3;
  mirostat.repeat_penalty = 1.2;
  EXPECT_EQ(kinds(mirostat), (Kinds{StageKind::Penalties, StageKind::Temperature, StageKind::Mirostat2}));
  EXPECT_EQ(sampler_chain(mirostat)->back()->tau, 3.0f);
  mirostat.mirostat = 1;
  EXPECT_EQ(kinds(mirostat).back(), StageKind::Mirostat1);
}

TEST(SamplerFlags, TakeAnExplicitOrder) {
  SamplingSettings s;
  s.samplers = "temperature; top_p;top_k";
  s.top_k = 5;
  EXPECT_EQ(kinds(s), (Kinds{StageKind::Temperature, StageKind::TopP, StageKind::TopK, StageKind::Distribution}));
  s.samplers = "penalties;greedy";
  EXPECT_EQ(kinds(s), (Kinds{StageKind::Penalties, StageKind::Greedy}));
}

TEST(SamplerFlags, SayWhatIsWrong) {
  SamplingSettings s;
  s.samplers = "top_k;topp";
  const auto unknown = sampler_chain(s);
  ASSERT_FALSE(unknown);
  EXPECT_EQ(unknown.error().code, ErrorCode::kUnknownSampler);
  EXPECT_NE(unknown.error().message.find("did you mean 'top_p'?"), std::string::npos) << unknown.error().message;
  for (const char* bias : {"", "5", "=1", "x=1", "5=", "5=x", "5=1x"}) {
    SamplingSettings bad;
    bad.logit_bias = {bias};
    EXPECT_FALSE(sampler_chain(bad)) << bias;
  }
  SamplingSettings grammar;
  grammar.samplers = "grammar;greedy";
  EXPECT_FALSE(sampler_chain(grammar));
  grammar.grammar_file = "/no/such/grammar.gbnf";
  EXPECT_EQ(sampler_chain(grammar).error().code, ErrorCode::kFileNotFound);
}

TEST(SamplerFlags, ReadAChainInTheProtocolsJson) {
  const std::string path = ::testing::TempDir() + "/inferno-sampler-test.json";
  std::ofstream(path) << R"([{"kind":"TopK","k":3},{"kind":"Mirostat2","tau":2.5}])";
  SamplingSettings s;
  s.sampler_file = path;
  const auto chain = sampler_chain(s);
  ASSERT_TRUE(chain) << chain.error().message;
  ASSERT_EQ(chain->size(), 2u);
  EXPECT_EQ((*chain)[0]->k, 3);
  EXPECT_EQ((*chain)[1]->kind, StageKind::Mirostat2);
  std::ofstream(path) << R"([{"kind":"TopKK"}])";
  EXPECT_FALSE(sampler_chain(s));
  std::remove(path.c_str());
}

}  // namespace
}  // namespace inferno::cli
