// Recording through the real programs, with a real engine and model.

#include <gtest/gtest.h>

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <random>
#include <string>
#include <vector>

#include "cli/testing_command.h"
#include "cli/testing_server.h"
#include "server/testing/temporary_folder.h"

namespace inferno::cli {
namespace {

namespace fs = std::filesystem;

constexpr int kRounds = 8;

// A server that records into a folder, and a client of it.
struct RecordingServer {
  explicit RecordingServer(const fs::path& data)
      : process({"--demo-model", "none", "--data-dir", data.string()}), client(process) {}
  testing::ServerProcess process;
  testing::JsonClient client;
};

class RecordingTest : public ::testing::Test {
 protected:
  void SetUp() override {
    const char* folder = std::getenv("INFERNO_TEST_MODELS");
    model_ = fs::path(folder != nullptr ? folder : INFERNO_SOURCE_DIR "/../shared/models") / "stories260K.gguf";
    if (!fs::exists(model_)) GTEST_SKIP() << "needs the model stories260K.gguf, which is not here";
    if (!testing::programs_are_built()) GTEST_SKIP() << "needs inferno and inferno-engine built";
  }

  // The number of the run.
  int start_run(RecordingServer& server, int n_predict) {
    server.client.say("{\"request\":1,\"body_type\":\"LoadModel\",\"body\":{\"path\":\"" + model_.string() +
                      "\",\"options\":{\"n_ctx\":16384}}}");
    EXPECT_FALSE(server.client.hear_of("\"ModelLoaded\"").empty());
    server.client.say(R"({"request":2,"body_type":"StartRun","body":{"model":1,"prompt":{"text":"Once upon a time"},)"
                      R"("limits":{"ignore_eos":true,"n_predict":)" +
                      std::to_string(n_predict) + "}}}");
    const std::string queued = server.client.hear_of("\"RunQueued\"");
    const auto at = queued.find("\"body\":{\"run\":");
    return at == std::string::npos ? 0 : std::stoi(queued.substr(at + 14));
  }

  std::vector<std::string> recorded(int run) {
    const auto file = folder_.path() / "out.jsonl";
    const auto exported = testing::inferno("sessions export " + std::to_string(run) + " " + file.string() +
                                           " --data-dir " + folder_.path().string());
    EXPECT_EQ(exported.status, 0) << exported.err;
    std::ifstream in(file);
    std::vector<std::string> lines;
    for (std::string line; std::getline(in, line);) lines.push_back(line);
    return lines;
  }

  fs::path model_;
  server::testing::TemporaryFolder folder_;
};

TEST_F(RecordingTest, WhatWasAnnouncedIsRecordedHoweverTheServerEnds) {
  std::mt19937 random(5);
  int last_run = 0;
  std::size_t n_announced = 0;
  for (int round = 0; round < kRounds; ++round) {
    RecordingServer server(folder_.path());
    if (last_run != 0) {
      server.client.say(R"({"request":9,"body_type":"ListRuns","body":{}})");
      const std::string list = server.client.hear_of("\"RunList\"");
      EXPECT_NE(list.find("\"run\":" + std::to_string(last_run)), std::string::npos);
      EXPECT_NE(list.find("\"interrupted\":true"), std::string::npos) << list;
    }
    const int run = start_run(server, 16'000);
    ASSERT_EQ(run, last_run + 1);
    std::vector<std::string> announced;
    const auto until = std::chrono::steady_clock::now() + std::chrono::milliseconds(random() % 400);
    const std::string address = "\"run\":" + std::to_string(run) + ",\"seq\":";
    std::string message = server.client.hear_of(address);
    while (!message.empty()) {
      announced.push_back(message);
      if (std::chrono::steady_clock::now() >= until) server.process.stop(SIGKILL);
      message = server.client.hear_of(address);
    }
    const auto lines = recorded(run);
    ASSERT_GE(lines.size(), announced.size());
    for (std::size_t i = 0; i < announced.size(); ++i) ASSERT_EQ(lines[i], announced[i]);
    n_announced += announced.size();
    last_run = run;
  }
  EXPECT_GT(n_announced, 100u);
}

TEST_F(RecordingTest, ARunOfAnEarlierStartIsGivenToAClientAsItWas) {
  std::vector<std::string> live, later;
  {
    RecordingServer server(folder_.path());
    const std::string address = "\"run\":" + std::to_string(start_run(server, 600)) + ",\"seq\":";
    do {
      live.push_back(server.client.hear_of(address));
    } while (live.back().find("\"Finished\"") == std::string::npos && !live.back().empty());
  }
  RecordingServer server(folder_.path());
  server.client.say(R"({"request":3,"body_type":"Subscribe","body":{"run":1,"after":0}})");
  for (std::size_t i = 0; i < live.size(); ++i) later.push_back(server.client.hear_of("\"run\":1,\"seq\":"));
  EXPECT_EQ(later, live);
  EXPECT_EQ(testing::inferno("sessions check --data-dir " + folder_.path().string()).status, 0);
}

}  // namespace
}  // namespace inferno::cli
