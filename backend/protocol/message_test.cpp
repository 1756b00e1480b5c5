#include "protocol/message.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <cstring>
#include <random>

#include "protocol/json.h"
#include "protocol/testing/samples.h"

namespace inferno::protocol {
namespace {

using testing::client_samples;
using testing::worker_samples;

TEST(Message, EverySampleIsAccepted) {
  for (const auto& sample : client_samples()) EXPECT_TRUE(verify_envelope(sample.bytes).ok()) << sample.name;
  for (const auto& sample : worker_samples()) EXPECT_TRUE(verify_worker_message(sample.bytes).ok()) << sample.name;
}

TEST(Message, TellsTheTwoRootsApart) {
  EXPECT_EQ(root_of(client_samples().front().bytes), Root::kEnvelope);
  EXPECT_EQ(root_of(worker_samples().front().bytes), Root::kWorkerMessage);
  EXPECT_EQ(root_of(Bytes{1, 2, 3}), Root::kUnknown);
  EXPECT_FALSE(verify_envelope(worker_samples().front().bytes).ok());
}

TEST(Message, CutAnywhereIsRefused) {
  for (const auto& sample : client_samples()) {
    for (std::size_t size = 0; size + 8 < sample.bytes.size(); size += 1 + sample.bytes.size() / 200) {
      const Bytes cut(sample.bytes.begin(), sample.bytes.begin() + static_cast<std::ptrdiff_t>(size));
      const auto verified = verify_envelope(cut);
      // What a cut leaves may still be sound where the end held nothing that is used.
      EXPECT_EQ(verified.ok() ? to_json(cut) : to_json(sample.bytes), to_json(sample.bytes))
          << sample.name << " cut to " << size;
    }
  }
}

TEST(Message, DamagedBytesAreRefusedOrReadWithoutHarm) {
  std::mt19937 random(7);
  const auto samples = client_samples();
  std::size_t n_refused = 0;
  for (int round = 0; round < 20'000; ++round) {
    Bytes bytes = samples[random() % samples.size()].bytes;
    for (int i = 0; i < 3; ++i) bytes[8 + random() % (bytes.size() - 8)] = static_cast<std::uint8_t>(random());
    if (verify_envelope(bytes).ok()) {
      EXPECT_FALSE(to_json(bytes).empty());  // reads everything there is
    } else {
      ++n_refused;
    }
  }
  EXPECT_GT(n_refused, 1000u);
}

// A StartRun with `n` offsets to one stage, which has `n` offsets to one breaker.
Bytes bomb(std::size_t n) {
  flatbuffers::FlatBufferBuilder builder;
  const auto word = builder.CreateString("x");
  const auto breakers = builder.CreateVector(std::vector<flatbuffers::Offset<flatbuffers::String>>(n, word));
  SamplerStageBuilder stage(builder);
  stage.add_breakers(breakers);
  const auto one = stage.Finish();
  const auto sampler = builder.CreateVector(std::vector<flatbuffers::Offset<SamplerStage>>(n, one));
  StartRunBuilder run(builder);
  run.add_sampler(sampler);
  const auto body = run.Finish();
  builder.Finish(CreateEnvelope(builder, 1, 1, 0, 0, Body::StartRun, body.Union()), EnvelopeIdentifier());
  return release(builder);
}

TEST(Message, PartsUsedManyTimesAreRefusedQuickly) {
  const Bytes bytes = bomb(500'000);
  const auto begin = std::chrono::steady_clock::now();
  const auto verified = verify_envelope(bytes);
  ASSERT_FALSE(verified.ok());
  EXPECT_THAT(verified.error().message, ::testing::HasSubstr("more than once"));
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(1));
}

TEST(Message, TextThatIsNotUtf8IsRefusedFromClientsOnly) {
  HelloT hello;
  hello.client = "caf\xE9";
  const Bytes bytes = make_envelope(1, 0, 0, hello);
  EXPECT_EQ(verify_envelope(bytes).error().code, inferno::ErrorCode::kMalformedMessage);
  EXPECT_TRUE(verify_envelope(bytes, kMaxFrameBytes, false).ok());
}

TEST(Message, AMessageOverTheLimitIsTooLarge) {
  const Bytes bytes = make_envelope(1, 0, 0, HelloT());
  EXPECT_EQ(verify_envelope(bytes, bytes.size() - 1).error().code, inferno::ErrorCode::kTooLarge);
}

TEST(Message, WithoutABodyItIsRefused) {
  flatbuffers::FlatBufferBuilder builder;
  builder.Finish(CreateEnvelope(builder, 1, 1), EnvelopeIdentifier());
  EXPECT_FALSE(verify_envelope(release(builder)).ok());
}

TEST(Message, ABodyOfANewerVersionIsLeftToTheReader) {
  flatbuffers::FlatBufferBuilder builder;
  const auto body = CreateOk(builder);
  builder.Finish(CreateEnvelope(builder, 1, 1, 0, 0, static_cast<Body>(250), body.Union()), EnvelopeIdentifier());
  const Bytes bytes = release(builder);
  ASSERT_TRUE(verify_envelope(bytes).ok());
  EXPECT_EQ(static_cast<int>(envelope_of(bytes).body_type()), 250);
}

TEST(Message, ErrorsPassThroughTheWireUnchanged) {
  const inferno::Error error{inferno::ErrorCode::kBadGrammar, "The grammar ends early.", "Close the bracket."};
  const Bytes bytes = make_error(3, 4, error);
  const auto& envelope = envelope_of(bytes);
  EXPECT_EQ(envelope.request(), 3u);
  EXPECT_EQ(envelope.run(), 4u);
  const auto back = from_protocol(*envelope.body_as_Error());
  EXPECT_EQ(back.code, error.code);
  EXPECT_EQ(back.message, error.message);
  EXPECT_EQ(back.hint, error.hint);
}

TEST(Message, ReaddressingChangesTheAddressAndNothingElse) {
  for (const auto& sample : client_samples()) {
    const Bytes moved = readdressed(sample.bytes, 77, 88);
    ASSERT_TRUE(verify_envelope(moved).ok()) << sample.name;
    EXPECT_EQ(envelope_of(moved).request(), 77u);
    EXPECT_EQ(envelope_of(moved).run(), 88u);
    const auto& old = envelope_of(sample.bytes);
    const Bytes back = readdressed(moved, old.request(), old.run());
    auto expected = readdressed(sample.bytes, old.request(), old.run());
    EXPECT_EQ(to_json(back), to_json(expected)) << sample.name;
  }
}

TEST(Message, AnEmptyTextStaysApartFromAnAbsentOneWhenReaddressed) {
  const auto bytes = envelope_from_json(R"({"body_type":"Tokenize","body":{"prompt":{"text":""}}})");
  ASSERT_TRUE(bytes.ok());
  const Bytes moved = readdressed(*bytes, 5, 0);
  const auto* text = envelope_of(moved).body_as_Tokenize()->prompt()->text();
  ASSERT_NE(text, nullptr);
  EXPECT_EQ(text->size(), 0u);
}

}  // namespace
}  // namespace inferno::protocol
