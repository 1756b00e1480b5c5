#include "worker/step_encoder.h"

#include <gtest/gtest.h>

#include <cmath>
#include <string>

#include "engine/model.h"
#include "engine/testing_models.h"

namespace inferno::worker {
namespace {

namespace pb = protocol;

const pb::Envelope& verified(std::span<const std::uint8_t> message) {
  flatbuffers::Verifier verifier(message.data(), message.size());
  EXPECT_TRUE(pb::VerifyEnvelopeBuffer(verifier));
  return *pb::GetEnvelope(message.data());
}

engine::StepRecord step_with(std::int32_t token, std::initializer_list<std::int32_t> candidates) {
  engine::StepRecord step;
  step.token = token;
  for (const std::int32_t id : candidates) {
    engine::CandidateRecord& candidate = step.candidates.emplace_back();
    candidate.id = id;
    candidate.logit = static_cast<float>(id);
    candidate.raw_logprob = -1.0f;
  }
  step.n_top = static_cast<std::uint32_t>(step.candidates.size());
  return step;
}

class StepEncoding : public testing::Test {
 protected:
  void SetUp() override {
    INFERNO_NEEDS_MODEL(path, "vocab/ggml-vocab-llama-bpe.gguf");
    auto model = engine::Model::load_vocabulary(path);
    ASSERT_TRUE(model.ok()) << model.error().message;
    model_ = std::move(*model);
  }
  const engine::TokenTable& tokens() const { return model_->tokens(); }
  std::int32_t first(bool is_text) const {
    std::int32_t id = 0;
    while (tokens().is_text(id) != is_text) ++id;
    return id;
  }
  std::unique_ptr<engine::Model> model_;
};

TEST_F(StepEncoding, GivesBackEveryFieldOfAStep) {
  StepEncoder encoder(tokens());
  engine::StepRecord step = step_with(5, {5, 9, 12});
  step.position = 17;
  step.logit = 3.5f;
  step.raw_logprob = -0.5f;
  step.final_prob = 0.75f;
  step.rank = 2;
  step.entropy = 4.5f;
  step.log_sum_exp = 9.25f;
  step.tail_mass = 0.125f;
  step.n_final = 3;
  step.draw = 0.1;
  step.decode_us = 10, step.sample_us = 20, step.capture_us = 30;
  step.forced = step.end_of_text = true;
  step.candidates[1].final_prob = 0.25f;
  step.candidates[2].removed_by = 0;
  engine::StageRecord& stage = step.stages.emplace_back();
  stage.kind = engine::StageKind::kMirostat2;
  stage.n_in = 100, stage.n_out = 7, stage.mass_removed = 0.5f, stage.entropy_before = 3, stage.entropy_after = 2;
  stage.top_before = 5, stage.top_after = 9, stage.removed_top = stage.changed = true, stage.selected = 5,
  stage.value = 6;
  encoder.add(step);

  const pb::Envelope& envelope = verified(encoder.finish(3, 44));
  EXPECT_EQ(envelope.version(), 1u);
  EXPECT_EQ(envelope.run(), 3u);
  EXPECT_EQ(envelope.seq(), 44u);
  ASSERT_EQ(envelope.body_type(), pb::Body::Steps);
  const pb::Step& told = *envelope.body_as_Steps()->steps()->Get(0);
  EXPECT_EQ(told.position(), 17u);
  EXPECT_EQ(told.token()->id(), 5);
  EXPECT_EQ(told.token()->text()->string_view(), tokens().bytes(5));
  EXPECT_EQ(told.logit(), 3.5f);
  EXPECT_EQ(told.raw_logprob(), -0.5f);
  EXPECT_EQ(told.final_prob(), 0.75f);
  EXPECT_EQ(told.rank(), 2u);
  EXPECT_EQ(told.entropy(), 4.5f);
  EXPECT_EQ(told.log_sum_exp(), 9.25f);
  EXPECT_EQ(told.tail_mass(), 0.125f);
  EXPECT_EQ(told.n_top(), 3u);
  EXPECT_EQ(told.n_final(), 3u);
  EXPECT_EQ(told.draw(), 0.1);
  EXPECT_EQ(told.decode_us() + told.sample_us() + told.capture_us(), 60.0f);
  EXPECT_TRUE(told.forced() && told.end_of_text());
  ASSERT_EQ(told.candidates()->size(), 3u);
  EXPECT_FALSE(told.candidates()->Get(0)->final_prob());
  EXPECT_EQ(told.candidates()->Get(1)->final_prob(), 0.25f);
  EXPECT_EQ(told.candidates()->Get(1)->text()->string_view(), tokens().bytes(9));
  EXPECT_FALSE(told.candidates()->Get(1)->removed_by());
  EXPECT_EQ(told.candidates()->Get(2)->removed_by(), 0);
  const pb::StageTrace& trace = *told.stages()->Get(0);
  EXPECT_EQ(trace.kind(), pb::StageKind::Mirostat2);
  EXPECT_EQ(trace.n_in(), 100u);
  EXPECT_EQ(trace.n_out(), 7u);
  EXPECT_EQ(trace.top_after(), 9);
  EXPECT_TRUE(trace.removed_top() && trace.changed());
  EXPECT_EQ(trace.selected(), 5);
  EXPECT_EQ(trace.value(), 6.0f);
}

TEST_F(StepEncoding, LeavesOutWhatIsNotKnown) {
  StepEncoder encoder(tokens());
  engine::StepRecord first_of_prompt;
  first_of_prompt.is_prompt = true;
  first_of_prompt.token = 1;
  encoder.add(first_of_prompt);
  const pb::Envelope& envelope = verified(encoder.finish(1, 1));
  ASSERT_EQ(envelope.body_type(), pb::Body::PromptTokens);
  const pb::Step& told = *envelope.body_as_PromptTokens()->tokens()->Get(0);
  EXPECT_FALSE(told.logit() || told.raw_logprob() || told.final_prob() || told.entropy() || told.log_sum_exp() ||
               told.tail_mass());
  EXPECT_FALSE(told.rank().has_value() || told.n_final().has_value());
  EXPECT_FALSE(told.draw().has_value());
  EXPECT_EQ(told.candidates(), nullptr);
  EXPECT_EQ(told.stages(), nullptr);

  engine::StepRecord infinite = step_with(2, {3});
  infinite.logit = infinite.candidates[0].logit = -INFINITY;
  encoder.add(infinite);
  const pb::Step& step = *verified(encoder.finish(1, 2)).body_as_Steps()->steps()->Get(0);
  EXPECT_FALSE(step.logit());
  EXPECT_FALSE(step.candidates()->Get(0)->logit());
}

TEST_F(StepEncoding, WritesTextWhereTheBytesAreTextAndBytesElsewhere) {
  StepEncoder encoder(tokens());
  const std::int32_t text = first(true), part = first(false);
  encoder.add(step_with(part, {text, part}));
  const pb::Step& step = *verified(encoder.finish(1, 1)).body_as_Steps()->steps()->Get(0);
  EXPECT_EQ(step.token()->text(), nullptr);
  ASSERT_NE(step.token()->bytes(), nullptr);
  EXPECT_EQ(std::string(step.token()->bytes()->begin(), step.token()->bytes()->end()), tokens().bytes(part));
  EXPECT_NE(step.candidates()->Get(0)->text(), nullptr);
  EXPECT_EQ(step.candidates()->Get(0)->bytes(), nullptr);
}

TEST_F(StepEncoding, KeepsEveryTokenOfTheVocabularyByteForByte) {
  StepEncoder encoder(tokens());
  const auto n = static_cast<std::int32_t>(tokens().size());
  std::uint32_t seq = 0;
  for (std::int32_t id = 0; id < n; id += 1000) {
    const std::int32_t end = std::min(n, id + 1000);
    for (std::int32_t i = id; i < end; ++i) encoder.add(step_with(i, {}));
    const auto& steps = *verified(encoder.finish(1, ++seq)).body_as_Steps()->steps();
    for (std::int32_t i = id; i < end; ++i) {
      const pb::Token& token = *steps.Get(static_cast<flatbuffers::uoffset_t>(i - id))->token();
      ASSERT_EQ(token.id(), i);
      ASSERT_NE(token.text() != nullptr, token.bytes() != nullptr);
      const std::string told =
          token.text() != nullptr ? token.text()->str() : std::string(token.bytes()->begin(), token.bytes()->end());
      ASSERT_EQ(told, tokens().bytes(i));
    }
  }
}

TEST_F(StepEncoding, StartsEachMessageAfreshAndSharesTokensWithinOne) {
  StepEncoder encoder(tokens());
  for (int i = 0; i < 10; ++i) encoder.add(step_with(1000, {1000, 1001}));
  EXPECT_EQ(encoder.count(), 10u);
  const pb::Envelope& ten = verified(encoder.finish(1, 1));
  const auto& steps = *ten.body_as_Steps()->steps();
  ASSERT_EQ(steps.size(), 10u);
  EXPECT_EQ(steps.Get(0)->token()->text(), steps.Get(9)->candidates()->Get(0)->text());
  encoder.add(step_with(1001, {1000}));
  const auto& one = *verified(encoder.finish(1, 2)).body_as_Steps()->steps();
  ASSERT_EQ(one.size(), 1u);
  EXPECT_EQ(one.Get(0)->token()->text()->string_view(), tokens().bytes(1001));
  EXPECT_EQ(one.Get(0)->candidates()->Get(0)->text()->string_view(), tokens().bytes(1000));
}

}  // namespace
}  // namespace inferno::worker
