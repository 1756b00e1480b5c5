#include <gtest/gtest.h>

#include <limits>
#include <random>

#include "protocol/json.h"
#include "protocol/testing/samples.h"
#include "store/chunk_reader.h"
#include "store/chunk_writer.h"
#include "store/testing/steps.h"

namespace inferno::store {
namespace {

using testing::RunMaker;
using testing::to_json;

Bytes chunk_of(const std::vector<Bytes>& messages, Vocabulary& words, std::uint32_t run = 7) {
  ChunkWriter writer(run, 1, words);
  for (const Bytes& message : messages) writer.add(message);
  auto chunk = writer.finish();
  INFERNO_CHECK(chunk.ok());
  return *chunk;
}

std::vector<Bytes> a_run(std::uint32_t n_steps) {
  RunMaker maker(7);
  std::vector<Bytes> messages = {maker.started(), maker.prompt(5)};
  for (std::uint32_t i = 0; i < n_steps; ++i) messages.push_back(maker.steps(1 + i % 3));
  messages.push_back(maker.finished());
  return messages;
}

void expect_same(const std::vector<Bytes>& messages, std::uint32_t run = 7) {
  Vocabulary words;
  const Bytes chunk = chunk_of(messages, words, run);
  const auto back = ChunkReader::read(chunk, run, 1, words);
  ASSERT_TRUE(back.ok()) << back.error().message;
  EXPECT_EQ(to_json(*back), to_json(messages));
  for (const Bytes& message : *back) EXPECT_TRUE(protocol::verify_envelope(message).ok());
}

TEST(Chunk, GivesBackEveryMessageOfTheProtocolFieldForField) {
  for (const auto& sample : protocol::testing::client_samples()) {
    SCOPED_TRACE(sample.name);
    expect_same({sample.bytes});
  }
}

TEST(Chunk, GivesBackARunFieldForField) { expect_same(a_run(100)); }

TEST(Chunk, GivesBackWhatNoEngineWouldSend) {
  protocol::StepsT body;
  for (const float odd : {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity(),
                          -std::numeric_limits<float>::infinity(), -0.0f, std::numeric_limits<float>::denorm_min(),
                          std::numeric_limits<float>::max()}) {
    body.steps.push_back(std::make_unique<protocol::StepT>());
    auto& step = *body.steps.back();
    step.position = std::numeric_limits<std::uint32_t>::max();
    step.log_sum_exp = odd;
    for (int i = 0; i < 4; ++i) {
      step.candidates.push_back(std::make_unique<protocol::CandidateT>());
      auto& candidate = *step.candidates.back();
      candidate.id = -i;
      candidate.kind = protocol::TokenKind::Byte;
      candidate.logit = i % 2 == 0 ? odd : 1.0f;
      candidate.raw_logprob = odd;
      candidate.final_prob = odd;
    }
  }
  Vocabulary words;
  const Bytes message = protocol::make_envelope(0, 7, 1, std::move(body));
  const auto back = ChunkReader::read(chunk_of({message}, words), 7, 1, words);
  ASSERT_TRUE(back.ok());
  // JSON leaves out what is not finite; the bit patterns are compared one by one.
  const auto& steps = *protocol::envelope_of(back->front()).body_as_Steps()->steps();
  const auto& originals = *protocol::envelope_of(message).body_as_Steps()->steps();
  const auto bits = [](flatbuffers::Optional<float> value) { return std::bit_cast<std::uint32_t>(*value); };
  ASSERT_EQ(steps.size(), originals.size());
  for (unsigned i = 0; i < steps.size(); ++i) {
    for (unsigned k = 0; k < 4; ++k) {
      const auto *is = steps[i]->candidates()->Get(k), *was = originals[i]->candidates()->Get(k);
      EXPECT_EQ(bits(is->logit()), bits(was->logit()));
      EXPECT_EQ(bits(is->raw_logprob()), bits(was->raw_logprob()));
      EXPECT_EQ(bits(is->final_prob()), bits(was->final_prob()));
      EXPECT_EQ(is->id(), was->id());
    }
  }
}

TEST(Chunk, KeepsTheTextOfATokenThatTheVocabularyKnowsOtherwise) {
  Vocabulary words;
  words.load(5, {"another text", true, 0});
  words.load(102, {"a text, not bytes", true, 0});
  const auto messages = a_run(20);
  const auto back = ChunkReader::read(chunk_of(messages, words), 7, 1, words);
  ASSERT_TRUE(back.ok());
  EXPECT_EQ(to_json(*back), to_json(messages));
}

TEST(Chunk, ReadAsAnotherRunGivesThatRunsMessages) {
  Vocabulary words;
  const auto back = ChunkReader::read(chunk_of(a_run(3), words), 9, 1, words);
  ASSERT_TRUE(back.ok());
  std::uint32_t seq = 0;
  for (const Bytes& message : *back) {
    EXPECT_EQ(protocol::envelope_of(message).run(), 9u);
    EXPECT_EQ(protocol::envelope_of(message).seq(), ++seq);
  }
}

TEST(Chunk, TakesLessThan400BytesPerTokenWithItsTop64AndTraceAndTwoWatches) {
  RunMaker maker(7, 3, 128'000);
  maker.watch(2);
  std::vector<Bytes> messages;
  for (int i = 0; i < 256; ++i) messages.push_back(maker.steps());
  Vocabulary words;
  StepSummary summary;
  for (const Bytes& message : messages) summary.add(protocol::envelope_of(message));
  const double per_token =
      static_cast<double>(chunk_of(messages, words).size() + summary.steps().size() + summary.text().size()) / 256;
  RecordProperty("bytes_per_token", std::to_string(per_token));
  EXPECT_LT(per_token, 400);
}

TEST(Chunk, DamagedInAnyWayIsAnErrorOrOtherMessagesButNeverACrash) {
  Vocabulary words;
  const Bytes chunk = chunk_of(a_run(10), words);
  std::mt19937 random(1);
  int n_errors = 0;
  for (int i = 0; i < 3000; ++i) {
    Bytes mutant = chunk;
    const std::size_t n_changes = 1 + random() % 4;
    for (std::size_t k = 0; k < n_changes; ++k) mutant[random() % mutant.size()] = static_cast<std::uint8_t>(random());
    if (i % 5 == 0) mutant.resize(random() % mutant.size());
    const auto back = ChunkReader::read(mutant, 7, 1, words);
    n_errors += back.ok() ? 0 : 1;
    if (!back.ok()) continue;
    for (const Bytes& message : *back) (void)protocol::verify_envelope(message).ok();
  }
  EXPECT_GT(n_errors, 1000);
}

TEST(Chunk, OfAVocabularyThatIsMissingIsAnError) {
  Vocabulary words;
  const Bytes chunk = chunk_of(a_run(3), words);
  EXPECT_FALSE(ChunkReader::read(chunk, 7, 1, Vocabulary()).ok());
}

}  // namespace
}  // namespace inferno::store
