// `inferno replay` and `inferno verify` on runs that a real server recorded.

#include <gtest/gtest.h>

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include "cli/testing_command.h"
#include "cli/testing_server.h"
#include "server/testing/temporary_folder.h"

namespace inferno::cli {
namespace {

namespace fs = std::filesystem;

using testing::inferno;
using testing::Outcome;

constexpr const char* kOtherFile = "  The model's file is another one, by its name, size or date.\n";

// Run 1 is a story drawn with seed 5, run 2 the most probable tokens of a line that goes
// round and round, where no second token is near; both have 24, and the model's file is the
// test's own.
class Replaying : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    if (!testing::programs_are_built()) return;
    folder_ = new server::testing::TemporaryFolder();
    fs::copy_file(INFERNO_SOURCE_DIR "/models/demo.gguf", model());
    testing::ServerProcess server({"--demo-model", "none", "--data-dir", data()});
    testing::JsonClient client(server);
    client.say("{\"request\":1,\"body_type\":\"LoadModel\",\"body\":{\"path\":\"" + model() +
               "\",\"options\":{\"n_ctx\":512}}}");
    ASSERT_NE(client.hear_of("\"ModelLoaded\""), "");
    for (const std::string& asked :
         {std::string(R"("prompt":{"text":"Once upon a time"},"seed":5)"),
          std::string(
              R"("prompt":{"text":"The wheels of the cart went round and round"},"sampler":[{"kind":"Greedy"}])")}) {
      client.say(R"({"request":2,"body_type":"StartRun","body":{"model":1,)" + asked +
                 R"(,"limits":{"ignore_eos":true,"n_predict":24}}})");
      ASSERT_NE(client.hear_of("\"Finished\""), "");
    }
    server.stop(SIGTERM);
  }
  static void TearDownTestSuite() {
    delete folder_;
    folder_ = nullptr;
  }
  void SetUp() override {
    if (folder_ == nullptr) GTEST_SKIP() << "needs inferno and inferno-engine built";
  }

  static std::string model() { return (folder_->path() / "recorded.gguf").string(); }
  static std::string data() { return (folder_->path() / "data").string(); }
  static Outcome verify(const std::string& words) { return inferno("verify " + words + " --data-dir " + data()); }

  // The lowest bit of a stretch of weights, turned over: the same file by its size.
  static void change_weights(const std::string& file) {
    constexpr std::size_t kBytes = 64 * 1024;
    std::fstream stream(file, std::ios::in | std::ios::out | std::ios::binary);
    std::string bytes(kBytes, '\0');
    stream.seekg(-static_cast<std::streamoff>(kBytes), std::ios::end);
    stream.read(bytes.data(), kBytes);
    for (char& byte : bytes) byte = static_cast<char>(byte ^ 1);
    stream.seekp(-static_cast<std::streamoff>(kBytes), std::ios::end);
    stream.write(bytes.data(), kBytes);
  }

  static server::testing::TemporaryFolder* folder_;
};

server::testing::TemporaryFolder* Replaying::folder_ = nullptr;

TEST_F(Replaying, TheSameRunIsIdenticalToTheLastBit) {
  for (const char* run : {"1", "2"}) {
    const Outcome verified = verify(run);
    EXPECT_EQ(verified.status, 0) << verified.err;
    EXPECT_EQ(verified.out, "identical: 24 tokens, identical to the last bit.\n");
  }
  const Outcome json = verify("1 --json");
  EXPECT_NE(json.out.find("\"verdict\":\"identical\""), std::string::npos) << json.out;
  EXPECT_NE(json.out.find("\"n_identical\":24"), std::string::npos) << json.out;
}

TEST_F(Replaying, AnExportedFileIsReplayedWithoutTheRecordings) {
  const std::string file = (folder_->path() / "session.inferno").string();
  ASSERT_EQ(inferno("sessions export 1 " + file + " --data-dir " + data()).status, 0);
  const Outcome replayed = inferno("replay " + file + " --data-dir " + (folder_->path() / "elsewhere").string());
  EXPECT_EQ(replayed.status, 0) << replayed.err;
  EXPECT_EQ(replayed.out, "identical: 24 tokens, identical to the last bit.\n");
  EXPECT_FALSE(fs::exists(folder_->path() / "elsewhere"));
}

TEST_F(Replaying, AnotherSeedIsToldWithThePositionOfTheFirstOtherToken) {
  const Outcome verified = verify("1 --seed 99");
  EXPECT_EQ(verified.status, 3) << verified.err;
  EXPECT_TRUE(verified.out.starts_with("different: At position ")) << verified.out;
  EXPECT_NE(verified.out.find("the chain chose another token. Logits differ by 0 at most."), std::string::npos)
      << verified.out;
  EXPECT_NE(verified.out.find("What may explain it, likeliest first:\n  The seed differs: 5 and 99.\n"),
            std::string::npos)
      << verified.out;
  const Outcome replayed = inferno("replay 1 --seed 99 --data-dir " + data());
  EXPECT_EQ(replayed.status, 0);
  EXPECT_EQ(replayed.out, verified.out);
}

TEST_F(Replaying, AnotherTypeOfCacheIsNamedAndMayBeWithinTolerance) {
  const Outcome different = verify("2 --cache-type-k q8_0 --cache-type-v q8_0 --tolerance 0");
  EXPECT_EQ(different.status, 3) << different.out << different.err;
  EXPECT_NE(different.out.find("  The type of the cache's keys differs: f16 and q8_0.\n"), std::string::npos)
      << different.out;
  const Outcome within = verify("2 --cache-type-k q8_0 --cache-type-v q8_0 --tolerance 1000");
  EXPECT_EQ(within.status, 0) << within.err;
  EXPECT_TRUE(within.out.starts_with("within tolerance: The same 24 tokens; from position ")) << within.out;
}

TEST_F(Replaying, AnotherFileIsToldEvenInTheSamePlaceAndOfTheSameSize) {
  const std::string other = (folder_->path() / "other.gguf").string();
  fs::copy_file(model(), other);
  EXPECT_EQ(verify("1 --model " + other).status, 0);
  change_weights(other);
  const Outcome elsewhere = verify("1 --model " + other);
  EXPECT_EQ(elsewhere.status, 3) << elsewhere.err;
  EXPECT_NE(elsewhere.out.find("Logits differ by"), std::string::npos) << elsewhere.out;
  EXPECT_NE(elsewhere.out.find(kOtherFile), std::string::npos) << elsewhere.out;

  const std::string kept = (folder_->path() / "kept.gguf").string();
  fs::rename(model(), kept);
  fs::rename(other, model());
  const Outcome in_place = verify("1");
  fs::rename(kept, model());
  EXPECT_EQ(in_place.status, 3) << in_place.err;
  EXPECT_NE(in_place.out.find(kOtherFile), std::string::npos) << in_place.out;
  EXPECT_EQ(verify("1").out, "identical: 24 tokens, identical to the last bit.\n");
}

TEST_F(Replaying, AModelWithAnotherVocabularyCannotBeCompared) {
  const char* models = std::getenv("INFERNO_TEST_MODELS");
  const auto stories =
      fs::path(models != nullptr ? models : INFERNO_SOURCE_DIR "/../shared/models") / "stories260K.gguf";
  if (!fs::exists(stories)) GTEST_SKIP() << "needs the model stories260K.gguf, which is not here";
  const Outcome verified = verify("1 --model " + stories.string());
  EXPECT_EQ(verified.status, 1);
  EXPECT_EQ(verified.out, "");
  EXPECT_NE(verified.err.find("The recording is of a model with "), std::string::npos) << verified.err;
  EXPECT_NE(verified.err.find("this one has 512."), std::string::npos) << verified.err;
}

TEST_F(Replaying, WhatIsNotThereIsToldApartFromADifference) {
  EXPECT_EQ(verify("77").status, 1);
  EXPECT_EQ(verify("no-such-file.inferno").status, 1);
  EXPECT_EQ(verify("").status, 2);
  fs::rename(model(), model() + ".away");
  const Outcome gone = verify("1");
  fs::rename(model() + ".away", model());
  EXPECT_EQ(gone.status, 1);
  EXPECT_NE(gone.err.find("recorded.gguf, is not here.\n"), std::string::npos) << gone.err;
}

}  // namespace
}  // namespace inferno::cli
