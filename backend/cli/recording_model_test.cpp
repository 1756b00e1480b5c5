// Recording through the real programs, with a real engine and model.

#include <gtest/gtest.h>

#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <random>
#include <string>
#include <vector>

#include "server/testing/temporary_folder.h"
#include "server/web_socket_client.h"

namespace inferno::cli {
namespace {

namespace fs = std::filesystem;

constexpr const char* kInferno = INFERNO_BIN_DIR "/inferno";
constexpr int kRounds = 8;

// `inferno serve` recording into a folder, and a client of it.
class RecordingServer {
 public:
  explicit RecordingServer(const fs::path& data) {
    std::array<int, 2> out{};
    EXPECT_EQ(::pipe(out.data()), 0);
    pid_ = ::fork();
    if (pid_ == 0) {
      ::dup2(out[1], STDOUT_FILENO);
      ::close(out[0]);
      ::execl(kInferno, "inferno", "serve", "--port", "0", "--no-browser", "--demo-model", "none", "--data-dir",
              data.c_str(), nullptr);
      ::_exit(127);
    }
    ::close(out[1]);
    std::FILE* stream = ::fdopen(out[0], "r");
    std::array<char, 512> line{};
    if (std::fgets(line.data(), line.size(), stream) != nullptr) line_ = line.data();
    ::fclose(stream);
    connect();
  }
  ~RecordingServer() { kill(); }

  void kill() {
    if (pid_ <= 0) return;
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
    pid_ = -1;
  }
  void say(const std::string& json) { EXPECT_TRUE(client_->write_text(json)); }
  // Empty once the server is gone.
  std::string hear() {
    const auto message = client_->read();
    return message ? std::string(message->begin(), message->end()) : std::string();
  }
  std::string hear_of(const std::string& part) {
    while (true) {
      std::string message = hear();
      if (message.empty() || message.find(part) != std::string::npos) return message;
    }
  }

 private:
  void connect() {
    ASSERT_TRUE(line_.starts_with("Inferno is ready")) << line_;
    server::WebSocketClient::Options options;
    options.port = static_cast<std::uint16_t>(std::stoi(line_.substr(line_.rfind(':') + 1)));
    options.subprotocols = "inferno.v1.json, inferno.token." + line_.substr(line_.find("token=") + 6, 64);
    auto client = server::WebSocketClient::connect(options);
    ASSERT_TRUE(client) << client.error().message;
    client_ = std::move(*client);
  }

  pid_t pid_ = -1;
  std::string line_;
  std::unique_ptr<server::WebSocketClient> client_;
};

class RecordingTest : public ::testing::Test {
 protected:
  void SetUp() override {
    const char* folder = std::getenv("INFERNO_TEST_MODELS");
    model_ = fs::path(folder != nullptr ? folder : INFERNO_SOURCE_DIR "/../shared/models") / "stories260K.gguf";
    if (!fs::exists(model_)) GTEST_SKIP() << "needs the model stories260K.gguf, which is not here";
    if (!fs::exists(kInferno)) GTEST_SKIP() << "needs inferno built";
  }

  // The number of the run.
  int start_run(RecordingServer& server, int n_predict) {
    server.say("{\"request\":1,\"body_type\":\"LoadModel\",\"body\":{\"path\":\"" + model_.string() +
               "\",\"options\":{\"n_ctx\":16384}}}");
    EXPECT_FALSE(server.hear_of("\"ModelLoaded\"").empty());
    server.say(R"({"request":2,"body_type":"StartRun","body":{"model":1,"prompt":{"text":"Once upon a time"},)"
               R"("limits":{"ignore_eos":true,"n_predict":)" +
               std::to_string(n_predict) + "}}}");
    const std::string queued = server.hear_of("\"RunQueued\"");
    const auto at = queued.find("\"body\":{\"run\":");
    return at == std::string::npos ? 0 : std::stoi(queued.substr(at + 14));
  }

  std::vector<std::string> recorded(int run) {
    const auto file = folder_.path() / "out.jsonl";
    const std::string command = std::string(kInferno) + " sessions export " + std::to_string(run) + " " +
                                file.string() + " --data-dir " + folder_.path().string();
    EXPECT_EQ(std::system(command.c_str()), 0);
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
      server.say(R"({"request":9,"body_type":"ListRuns","body":{}})");
      const std::string list = server.hear_of("\"RunList\"");
      EXPECT_NE(list.find("\"run\":" + std::to_string(last_run)), std::string::npos);
      EXPECT_NE(list.find("\"interrupted\":true"), std::string::npos) << list;
    }
    const int run = start_run(server, 16'000);
    ASSERT_EQ(run, last_run + 1);
    std::vector<std::string> announced;
    const auto until = std::chrono::steady_clock::now() + std::chrono::milliseconds(random() % 400);
    const std::string address = "\"run\":" + std::to_string(run) + ",\"seq\":";
    std::string message = server.hear_of(address);
    while (!message.empty()) {
      announced.push_back(message);
      if (std::chrono::steady_clock::now() >= until) server.kill();
      message = server.hear_of(address);
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
      live.push_back(server.hear_of(address));
    } while (live.back().find("\"Finished\"") == std::string::npos && !live.back().empty());
  }
  RecordingServer server(folder_.path());
  server.say(R"({"request":3,"body_type":"Subscribe","body":{"run":1,"after":0}})");
  for (std::size_t i = 0; i < live.size(); ++i) later.push_back(server.hear_of("\"run\":1,\"seq\":"));
  EXPECT_EQ(later, live);
  EXPECT_EQ(std::system((std::string(kInferno) + " sessions check --data-dir " + folder_.path().string()).c_str()), 0);
}

}  // namespace
}  // namespace inferno::cli
