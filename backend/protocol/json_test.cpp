#include "protocol/json.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <cmath>
#include <cstring>
#include <limits>
#include <random>

#include "protocol/testing/samples.h"

namespace inferno::protocol {
namespace {

using testing::client_samples;
using ::testing::HasSubstr;
using ::testing::Not;

// The same content always gives the same bytes.
Bytes canonical(const Bytes& bytes) {
  EnvelopeT object;
  envelope_of(bytes).UnPackTo(&object);
  return encode(object);
}

inferno::Error error_of(std::string_view json) {
  const auto result = envelope_from_json(json);
  return result.ok() ? inferno::Error{inferno::ErrorCode::kInternal, "accepted", ""} : result.error();
}

TEST(Json, WhatIsWrittenReadsBackEqual) {
  for (const auto& sample : client_samples()) {
    const auto back = envelope_from_json(to_json(sample.bytes));
    ASSERT_TRUE(back.ok()) << sample.name << ": " << back.error().message;
    EXPECT_EQ(canonical(*back), canonical(sample.bytes)) << sample.name;
    EXPECT_EQ(to_json(*back), to_json(sample.bytes)) << sample.name;
  }
}

TEST(Json, FloatsAreShortAndReadBackExactly) {
  std::mt19937 random(3);
  for (int round = 0; round < 10'000; ++round) {
    const std::uint32_t bits = static_cast<std::uint32_t>(random());
    float value;
    std::memcpy(&value, &bits, sizeof(value));
    if (!std::isfinite(value)) continue;
    StepsT steps;
    steps.steps.push_back(std::make_unique<StepT>());
    steps.steps[0]->logit = value;
    const auto back = envelope_from_json(to_json(make_envelope(0, 0, 0, std::move(steps))));
    ASSERT_TRUE(back.ok()) << back.error().message;
    const auto read = envelope_of(*back).body_as_Steps()->steps()->Get(0)->logit();
    ASSERT_TRUE(read.has_value());
    EXPECT_EQ(std::memcmp(&*read, &value, sizeof(value)), 0);
  }
}

TEST(Json, AbsentIsLeftOutAndZeroIsNot) {
  StepT step;
  step.raw_logprob = 0.0f;
  StepsT steps;
  steps.steps.push_back(std::make_unique<StepT>(std::move(step)));
  const std::string json = to_json(make_envelope(0, 0, 0, std::move(steps)));
  EXPECT_THAT(json, HasSubstr("\"raw_logprob\":0"));
  EXPECT_THAT(json, Not(HasSubstr("final_prob")));
  EXPECT_THAT(json, HasSubstr("\"n_non_finite\":0"));  // has a default: always said
}

TEST(Json, WhatIsNotFiniteIsLeftOut) {
  for (const float value : {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity()}) {
    StepsT steps;
    steps.steps.push_back(std::make_unique<StepT>());
    steps.steps[0]->logit = value;
    steps.steps[0]->decode_us = value;
    const std::string json = to_json(make_envelope(0, 0, 0, std::move(steps)));
    EXPECT_THAT(json, Not(HasSubstr("logit")));
    EXPECT_THAT(json, Not(HasSubstr("decode_us")));
    EXPECT_TRUE(envelope_from_json(json).ok());
  }
}

TEST(Json, BytesThatAreNoTextStillGiveValidJson) {
  HelloT hello;
  hello.client = "a\xFF\"\x01\xE2\x80";
  EXPECT_THAT(to_json(make_envelope(1, 0, 0, hello)), HasSubstr(R"("client":"a\ufffd\"\u0001\ufffd\ufffd")"));
}

TEST(Json, TakesTheFormAPersonWouldType) {
  const auto bytes = envelope_from_json(R"(
    { "request": 4, "body": {"model": 1, "prompt": {"text": "Hi \ud83d\udd25"}, "seed": null,
      "sampler": [{"kind": "TopK", "k": 5}, {"kind": 17, "seed": 0}]}, "body_type": "StartRun" } )");
  ASSERT_TRUE(bytes.ok()) << bytes.error().message;
  const auto& envelope = envelope_of(*bytes);
  EXPECT_EQ(envelope.version(), 1u);
  EXPECT_EQ(envelope.request(), 4u);
  const auto* run = envelope.body_as_StartRun();
  EXPECT_EQ(run->prompt()->text()->str(), "Hi 🔥");
  EXPECT_FALSE(run->seed().has_value());
  EXPECT_TRUE(run->subscribe());
  EXPECT_EQ(run->sampler()->Get(0)->k(), 5);
  EXPECT_EQ(run->sampler()->Get(1)->kind(), StageKind::Distribution);
  EXPECT_EQ(run->sampler()->Get(1)->seed(), 0u);
}

TEST(Json, SaysWhereAMistakeIsAndWhatIsPossible) {
  const auto error = error_of(R"({"body_type":"StartRun","body":{"sampler":[{"kind":"TopK"},{"kind":"TopQ"}]}})");
  EXPECT_EQ(error.code, inferno::ErrorCode::kUnknownSampler);
  EXPECT_THAT(error.message, HasSubstr("body.sampler[1].kind"));
  EXPECT_THAT(error.message, HasSubstr("'TopQ'"));
  EXPECT_THAT(error.message, HasSubstr("TopP, MinP"));

  const auto unknown = error_of(R"({"body_type":"StartRun","body":{"modle":1}})");
  EXPECT_EQ(unknown.code, inferno::ErrorCode::kMalformedMessage);
  EXPECT_THAT(unknown.message, HasSubstr("StartRun has no field 'modle'; it has model, prompt"));

  const auto body = error_of(R"({"body_type":"StartRan","body":{}})");
  EXPECT_EQ(body.code, inferno::ErrorCode::kUnknownMessage);
  EXPECT_THAT(body.message, HasSubstr("'StartRan'"));

  EXPECT_THAT(error_of(R"({"body_type":"Ack","body":{"run":-1}})").message,
              HasSubstr("body.run: -1 is not a whole number"));
  EXPECT_THAT(error_of(R"({"body_type":"Ack","body":{"run":1.5}})").message, HasSubstr("whole number"));
  EXPECT_THAT(error_of(R"({"body_type":"Ack","body":{"run":"1"}})").message, HasSubstr("a number is wanted"));
  EXPECT_THAT(error_of(R"({"body_type":"Hello","body":{"client":1}})").message, HasSubstr("a string is wanted"));
  EXPECT_THAT(error_of(R"({"body":{}})").message, HasSubstr("'body_type' must say"));
  EXPECT_THAT(error_of(R"({"request":1})").message, HasSubstr("no body"));
  EXPECT_THAT(error_of(R"({"body_type":"Ok","body":{}} x)").message, HasSubstr("something follows"));
  EXPECT_THAT(error_of(R"({"request":1,"request":2,"body_type":"Ok","body":{}})").message, HasSubstr("twice"));
}

TEST(Json, GivesTheRequestThatAMistakeBelongsTo) {
  std::uint32_t request = 99;
  EXPECT_FALSE(
      envelope_from_json(R"({"request":12,"body_type":"Nope","body":{}})", kMaxClientMessageBytes, &request).ok());
  EXPECT_EQ(request, 12u);
}

TEST(Json, HostileTextsAreRefused) {
  const std::string deep(200'000, '[');
  std::string objects;
  for (int i = 0; i < 100'000; ++i) objects += "{\"body\":";
  for (const std::string& text :
       std::vector<std::string>{"",
                                "null",
                                "[]",
                                "{",
                                "{}",
                                "\"",
                                "{\"",
                                "nul",
                                "NaN",
                                deep,
                                objects,
                                "{\"body\":" + deep,
                                R"({"body_type":"LoadProgress","body":{"fraction":NaN}})",
                                R"({"body_type":"LoadProgress","body":{"fraction":Infinity}})",
                                R"({"body_type":"LoadProgress","body":{"fraction":1e999}})",
                                R"({"body_type":"LoadProgress","body":{"fraction":01}})",
                                R"({"body_type":"LoadProgress","body":{"fraction":+1}})",
                                R"({"body_type":"LoadProgress","body":{"fraction":.5}})",
                                R"({"body_type":"LoadProgress","body":{"fraction":"nan"}})",
                                R"({"body_type":"Ack","body":{"run":99999999999999999999}})",
                                R"({"body_type":"Ack","body":{"run":0x10}})",
                                "{\"body_type\":\"Hello\",\"body\":{\"client\":\"\xC0\x80\"}}",
                                "{\"body_type\":\"Hello\",\"body\":{\"client\":\"\n\"}}",
                                R"({"body_type":"Hello","body":{"client":"\ud800"}})",
                                R"({"body_type":"Hello","body":{"client":"\x"}})",
                                R"({body_type:"Hello",body:{}})",
                                R"({'body_type':'Hello'})",
                                R"({"body_type":"Hello","body":{},})",
                                R"({"body_type":"Hello" /* c */,"body":{}})",
                                R"({"body_type":"NONE","body":{}})",
                                R"({"body_type":"Hello","body":null})",
                                R"({"body_type":200,"body":{}})",
                                std::string("{\"body_type\":\"Ok\",\"body\":{}}\0x", 31)}) {
    EXPECT_FALSE(envelope_from_json(text).ok()) << text.substr(0, 80);
  }
}

TEST(Json, AnyCutOrDamageOfAMessageIsSurvived) {
  std::mt19937 random(11);
  std::vector<std::string> texts;
  for (const auto& sample : client_samples()) texts.push_back(to_json(sample.bytes));
  for (int round = 0; round < 20'000; ++round) {
    std::string text = texts[random() % texts.size()];
    if (round % 2 == 0) {
      text.resize(random() % text.size());
    } else {
      text[random() % text.size()] = static_cast<char>(random());
    }
    const auto read = envelope_from_json(text);
    EXPECT_FALSE(round % 2 == 0 && read.ok()) << text;
  }
}

TEST(Json, ATextOfManySmallPartsIsReadInTime) {
  std::string text = R"({"body_type":"StartRun","body":{"sampler":[{})";
  while (text.size() < (std::size_t{8} << 20)) text += ",{\"k\":1},{\"p\":1},{\"p\":1,\"k\":1},{\"k\":1,\"p\":1}";
  text += "]}}";
  // What is to be caught is time that grows with the square; sanitizers cost a factor.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  constexpr std::chrono::seconds kEnough{60};
#else
  constexpr std::chrono::seconds kEnough{5};
#endif
  const auto begin = std::chrono::steady_clock::now();
  (void)envelope_from_json(text);
  EXPECT_LT(std::chrono::steady_clock::now() - begin, kEnough);
}

StepsT step_with_candidates(int n) {
  StepsT steps;
  auto step = std::make_unique<StepT>();
  for (int i = 0; i < n; ++i) {
    auto candidate = std::make_unique<CandidateT>();
    candidate->id = 1000 + i;
    candidate->text = " token";
    candidate->logit = 14.0f - 0.1234567f * static_cast<float>(i);
    candidate->raw_logprob = -1.0f - 0.1234567f * static_cast<float>(i);
    candidate->final_prob = 1.0f / static_cast<float>(i + 3);
    step->candidates.push_back(std::move(candidate));
  }
  steps.steps.push_back(std::move(step));
  return steps;
}

TEST(Json, AStepWith64CandidatesIsWrittenFast) {
  const Bytes bytes = make_envelope(0, 1, 3, step_with_candidates(64));
  std::string out;
  constexpr int kRounds = 2000;
  const auto begin = std::chrono::steady_clock::now();
  for (int i = 0; i < kRounds; ++i) {
    out.clear();
    append_json(bytes, out);
  }
  const std::chrono::duration<double, std::micro> taken = std::chrono::steady_clock::now() - begin;
  RecordProperty("us_per_step", std::to_string(taken.count() / kRounds));
  std::printf("[ MEASURED ] %.1f us for %zu bytes (%.0f MB/s)\n", taken.count() / kRounds, out.size(),
              static_cast<double>(out.size()) * kRounds / taken.count());
  EXPECT_LT(taken.count() / kRounds, 1000);  // far above what is expected: machines differ, sanitizers are slow
}

}  // namespace
}  // namespace inferno::protocol
