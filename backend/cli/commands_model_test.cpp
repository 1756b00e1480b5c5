// The terminal program as a person or a script runs it, with a real engine and model.

#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include <sys/wait.h>
#include <unistd.h>

#include "server/web_socket_client.h"

namespace inferno::cli {
namespace {

namespace fs = std::filesystem;

struct Outcome {
  int status = 0;
  std::string out;
  std::string err;
};

class Commands : public ::testing::Test {
 protected:
  void SetUp() override {
    const char* folder = std::getenv("INFERNO_TEST_MODELS");
    models_ = folder != nullptr ? folder : INFERNO_SOURCE_DIR "/../shared/models";
    if (!fs::exists(models_ / "stories260K.gguf"))
      GTEST_SKIP() << "needs the model stories260K.gguf, which is not here";
    if (!fs::exists(kInferno) || !fs::exists(kEngine)) GTEST_SKIP() << "needs inferno and inferno-engine built";
  }

  std::string model() const { return (models_ / "stories260K.gguf").string(); }

  // Runs the program with these words (quoted for a shell).
  static Outcome inferno(const std::string& words) {
    const std::string err_file = ::testing::TempDir() + "/inferno-stderr-" + std::to_string(::getpid());
    std::FILE* pipe = ::popen((std::string(kInferno) + " " + words + " 2>" + err_file).c_str(), "r");
    Outcome outcome;
    std::array<char, 4096> buffer{};
    for (std::size_t n = 0; (n = std::fread(buffer.data(), 1, buffer.size(), pipe)) > 0;)
      outcome.out.append(buffer.data(), n);
    const int status = ::pclose(pipe);
    outcome.status = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    std::ifstream err(err_file);
    std::ostringstream text;
    text << err.rdbuf();
    outcome.err = text.str();
    fs::remove(err_file);
    return outcome;
  }

  static std::size_t count(const std::string& text, const std::string& part) {
    std::size_t n = 0;
    for (auto at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++n;
    return n;
  }

  static constexpr const char* kInferno = INFERNO_BIN_DIR "/inferno";
  static constexpr const char* kEngine = INFERNO_BIN_DIR "/inferno-engine";
  fs::path models_;
};

TEST_F(Commands, RunPrintsTheTextAloneOnStandardOutput) {
  const Outcome run = inferno("run " + model() + " -p 'Once upon a time' --temp 0 -n 12");
  EXPECT_EQ(run.status, 0) << run.err;
  EXPECT_EQ(run.out, ", there was a little girl named Lily. She");
  EXPECT_NE(run.err.find("12 tokens after 5 of prompt"), std::string::npos) << run.err;
  EXPECT_NE(run.err.find("perplexity"), std::string::npos);
}

TEST_F(Commands, ExploreShowsBranchesOfWhichTheFirstIsTheGreedyText) {
  const Outcome explored = inferno("explore " + model() + " -p 'Once upon a time' --branches 3 --tokens 12");
  EXPECT_EQ(explored.status, 0) << explored.err;
  EXPECT_EQ(count(explored.out, "\n"), 4u) << explored.out;
  EXPECT_NE(explored.out.find(", there was a little girl named Lily. She"), std::string::npos) << explored.out;
  EXPECT_NE(explored.err.find("36 tokens in 3 branches"), std::string::npos) << explored.err;
}

TEST_F(Commands, ExploreShowsTheTreeOfPathsBelowTheirBeginnings) {
  const Outcome explored = inferno("explore " + model() + " -p 'Once upon a time' --tree --depth 3 --min-prob 0.05");
  EXPECT_EQ(explored.status, 0) << explored.err;
  const auto first = explored.out.find("\",\"");
  const auto second = explored.out.find("\" there\"");
  ASSERT_NE(first, std::string::npos) << explored.out;
  EXPECT_LT(first, second);
  EXPECT_NE(explored.out.find(" %"), std::string::npos);
  const Outcome refused = inferno("explore " + model() + " -p 'Once' --branches 65");
  EXPECT_EQ(refused.status, 1);
  EXPECT_NE(refused.err.find("64 at most"), std::string::npos) << refused.err;
}

TEST_F(Commands, RunGivesTheSameTextForTheSameSeed) {
  const std::string words = "run " + model() + " -p 'Once upon a time' -n 30 --seed 5";
  const std::string first = inferno(words).out;
  EXPECT_FALSE(first.empty());
  EXPECT_EQ(inferno(words).out, first);
  EXPECT_NE(inferno("run " + model() + " -p 'Once upon a time' -n 30 --seed 6").out, first);
}

TEST_F(Commands, RunPrintsOneStepALineAsJson) {
  const Outcome run = inferno("run " + model() + " -p 'Once upon a time' --temp 0 -n 7 --json");
  EXPECT_EQ(run.status, 0);
  EXPECT_EQ(run.err, "");
  EXPECT_EQ(count(run.out, "\n"), 5u + 7u);
  std::istringstream lines(run.out);
  int position = 0;
  for (std::string line; std::getline(lines, line); ++position) {
    EXPECT_TRUE(line.starts_with("{\"position\":" + std::to_string(position) + ",")) << line.substr(0, 40);
    EXPECT_EQ(line.find("\"raw_logprob\"") != std::string::npos, position > 0);
    EXPECT_EQ(line.find("\"stages\"") != std::string::npos, position >= 5) << position;
  }
}

TEST_F(Commands, RunTakesTokenIdsAsTheyAre) {
  EXPECT_EQ(inferno("run " + model() + " --ids 1,403,407,261,378 --temp 0 -n 12").out,
            ", there was a little girl named Lily. She");
}

TEST_F(Commands, FailWithWordsAndTheirStatus) {
  const Outcome missing = inferno("run no-such-model.gguf -p x");
  EXPECT_EQ(missing.status, 1);
  EXPECT_EQ(missing.out, "");
  EXPECT_NE(missing.err.find("no-such-model.gguf"), std::string::npos);
  EXPECT_EQ(inferno("run " + model()).status, 2);
  EXPECT_EQ(inferno("run " + model() + " -p x --top-p 2").status, 2);
  EXPECT_EQ(inferno("rnu").status, 2);
  EXPECT_EQ(inferno("run " + std::string(INFERNO_SOURCE_DIR) + "/CMakeLists.txt -p x").status, 1);
  const Outcome grammar = inferno("run " + model() + " -p x --grammar " INFERNO_SOURCE_DIR "/CMakeLists.txt");
  EXPECT_EQ(grammar.status, 1);
  EXPECT_EQ(grammar.out, "");
}

TEST_F(Commands, ScoreAgreesBetweenOneWindowAndTheRunItself) {
  const Outcome score = inferno("score " + model() + " -p 'Once upon a time, there was' --json");
  ASSERT_EQ(score.status, 0) << score.err;
  const Outcome run = inferno("run " + model() + " -p 'Once upon a time, there was' --json -n 0");
  const auto logprobs = [](const std::string& lines) {
    std::vector<std::string> found;
    std::istringstream stream(lines);
    for (std::string line; std::getline(stream, line);) {
      const auto at = line.find("\"raw_logprob\":");
      if (at != std::string::npos) found.push_back(line.substr(at, line.find(',', at) - at));
    }
    return found;
  };
  EXPECT_EQ(logprobs(score.out).size(), 7u);
  EXPECT_EQ(logprobs(score.out), logprobs(run.out));
}

TEST_F(Commands, ScoreCutsALongTextIntoWindows) {
  std::string text;
  for (int i = 0; i < 60; ++i) text += "Lily went to the park with her mom. ";
  const Outcome score = inferno("score " + model() + " -c 256 -p '" + text + "' --json");
  ASSERT_EQ(score.status, 0) << score.err;
  EXPECT_NE(score.err.find("windows"), std::string::npos) << score.err;
  const std::size_t n = count(score.out, "\n");
  EXPECT_GT(n, 512u);
  EXPECT_EQ(count(score.out, "{\"position\":"), n);
  EXPECT_EQ(count(score.out, "\"raw_logprob\":") > n, true);
  EXPECT_NE(score.out.find("{\"position\":" + std::to_string(n - 1) + ","), std::string::npos);
}

TEST_F(Commands, InspectAndTokenizeAndDoctorAnswer) {
  EXPECT_NE(inferno("inspect " + model()).out.find("8, 4 for keys and values"), std::string::npos);
  EXPECT_NE(inferno("inspect --json " + model()).out.find("\"body_type\":\"ModelInfo\""), std::string::npos);
  EXPECT_EQ(inferno("tokenize --ids " + model() + " 'Once upon a time'").out, "1 403 407 261 378\n");
  const Outcome doctor = inferno("doctor --json");
  EXPECT_EQ(doctor.status, 0);
  EXPECT_NE(doctor.out.find("\"ok\":true"), std::string::npos);
}

TEST_F(Commands, BenchDeliversEveryStepToTheWebSocketClient) {
  const Outcome bench = inferno("bench " + model() + " --rounds 2 --tokens 32 --websocket --json");
  ASSERT_EQ(bench.status, 0) << bench.err;
  EXPECT_NE(bench.out.find("\"ratio\":{"), std::string::npos);
  EXPECT_NE(bench.out.find("\"websocket\":true"), std::string::npos);
}

// Starts `inferno serve` and reads the address it prints.
class RunningServer {
 public:
  explicit RunningServer(const std::string& inferno, const std::string& demo = "none") {
    std::array<int, 2> out{};
    EXPECT_EQ(::pipe(out.data()), 0);
    pid_ = ::fork();
    if (pid_ == 0) {
      ::dup2(out[1], STDOUT_FILENO);
      ::close(out[0]);
      ::execl(inferno.c_str(), "inferno", "serve", "--port", "0", "--no-browser", "--no-record", "--demo-model",
              demo.c_str(), nullptr);
      ::_exit(127);
    }
    ::close(out[1]);
    std::FILE* stream = ::fdopen(out[0], "r");
    std::array<char, 512> line{};
    if (std::fgets(line.data(), line.size(), stream) != nullptr) line_ = line.data();
    ::fclose(stream);
  }
  ~RunningServer() { stop(SIGKILL); }

  const std::string& line() const { return line_; }
  int stop(int signal) {
    if (pid_ <= 0) return -1;
    ::kill(pid_, signal);
    int status = 0;
    ::waitpid(pid_, &status, 0);
    pid_ = -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }

 private:
  pid_t pid_ = -1;
  std::string line_;
};

Result<std::unique_ptr<server::WebSocketClient>> connect_to(const RunningServer& running) {
  server::WebSocketClient::Options options;
  options.port = static_cast<std::uint16_t>(std::stoi(running.line().substr(running.line().rfind(':') + 1)));
  const std::string token = running.line().substr(running.line().find("token=") + 6, 64);
  options.subprotocols = "inferno.v1.json, inferno.token." + token;
  return server::WebSocketClient::connect(options);
}

TEST_F(Commands, ServePrintsOneLineAdmitsItsTokenAndStopsCleanly) {
  RunningServer running(kInferno);
  ASSERT_TRUE(running.line().starts_with("Inferno is ready: http://127.0.0.1:")) << running.line();
  auto client = connect_to(running);
  ASSERT_TRUE(client) << client.error().message;
  ASSERT_TRUE((*client)->write_text(R"({"request":1,"body_type":"Hello","body":{}})"));
  const auto welcome = (*client)->read();
  ASSERT_TRUE(welcome);
  EXPECT_NE(std::string(welcome->begin(), welcome->end()).find("\"Welcome\""), std::string::npos);
  EXPECT_EQ(running.stop(SIGTERM), 0);
}

TEST_F(Commands, ServeWithoutAModelOpensTheDemoAndListsItAsDemo) {
  RunningServer running(kInferno, model());
  auto client = connect_to(running);
  ASSERT_TRUE(client) << client.error().message;
  ASSERT_TRUE((*client)->write_text(R"({"request":1,"body_type":"ListModels","body":{}})"));
  std::string text;
  for (int i = 0; i < 200 && text.find("\"name\":\"demo\",\"state\":\"Ready\"") == std::string::npos; ++i) {
    const auto message = (*client)->read();
    ASSERT_TRUE(message);
    text.assign(message->begin(), message->end());
    if (text.find("\"request\":1") != std::string::npos) {
      EXPECT_NE(text.find("\"name\":\"demo\",\"size_bytes\":"), std::string::npos) << text;
    }
  }
  EXPECT_NE(text.find("\"state\":\"Ready\""), std::string::npos);
}

TEST_F(Commands, RunWithoutAModelTakesTheDemoAndSaysSo) {
  const Outcome run = inferno("run -p 'Once upon a time' --temp 0 -n 12 --demo-model " + model());
  EXPECT_EQ(run.status, 0) << run.err;
  EXPECT_EQ(run.out, ", there was a little girl named Lily. She");
  EXPECT_NE(run.err.find("demo model"), std::string::npos) << run.err;
  EXPECT_EQ(inferno("run demo -p 'Once upon a time' --temp 0 -n 12 --demo-model " + model()).out, run.out);
  const Outcome none = inferno("run -p x --demo-model none");
  EXPECT_EQ(none.status, 1);
  EXPECT_NE(none.err.find("there is no demo model"), std::string::npos) << none.err;
}

}  // namespace
}  // namespace inferno::cli
