// The terminal program as a person or a script runs it, with a real engine and model.

#include <gtest/gtest.h>

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "cli/testing_command.h"
#include "cli/testing_server.h"

namespace inferno::cli {
namespace {

namespace fs = std::filesystem;

using testing::count;
using testing::inferno;
using testing::Outcome;

class Commands : public ::testing::Test {
 protected:
  void SetUp() override {
    const char* folder = std::getenv("INFERNO_TEST_MODELS");
    models_ = folder != nullptr ? folder : INFERNO_SOURCE_DIR "/../shared/models";
    if (!fs::exists(models_ / "stories260K.gguf"))
      GTEST_SKIP() << "needs the model stories260K.gguf, which is not here";
    if (!testing::programs_are_built()) GTEST_SKIP() << "needs inferno and inferno-engine built";
  }

  std::string model() const { return (models_ / "stories260K.gguf").string(); }

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

TEST_F(Commands, RefuseTextsThatAreNoUtf8AndSayWhere) {
  const Outcome argument = inferno("tokenize " + model() + " \"$(printf 'caf\\351')\"");
  EXPECT_EQ(argument.status, 2);
  EXPECT_NE(argument.err.find("Argument 3 is not valid UTF-8: byte 0xE9 at offset 3."), std::string::npos)
      << argument.err;
  const Outcome piped = inferno("run " + model() + " -n 1 -f - < /dev/null");
  EXPECT_EQ(piped.err.find("UTF-8"), std::string::npos) << piped.err;
  const auto file = std::filesystem::path(::testing::TempDir()) / "latin1.txt";
  std::ofstream(file) << "caf\xE9";
  EXPECT_NE(inferno("run " + model() + " -n 1 -f " + file.string()).err.find("latin1.txt is not valid UTF-8"),
            std::string::npos);
  const Outcome line = inferno("debug " + model() + " --batch -x " + file.string());
  EXPECT_NE(line.err.find("The line is not valid UTF-8"), std::string::npos) << line.err;
  std::filesystem::remove(file);
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

TEST_F(Commands, ServePrintsOneLineAdmitsItsTokenAndStopsCleanly) {
  testing::ServerProcess server({"--no-record", "--demo-model", "none"});
  testing::JsonClient client(server);
  client.say(R"({"request":1,"body_type":"Hello","body":{}})");
  EXPECT_NE(client.hear().find("\"Welcome\""), std::string::npos);
  EXPECT_EQ(server.stop(SIGTERM), 0);
}

TEST_F(Commands, ServeWithoutAModelOpensTheDemoAndListsItAsDemo) {
  testing::ServerProcess server({"--no-record", "--demo-model", model()});
  testing::JsonClient client(server);
  client.say(R"({"request":1,"body_type":"ListModels","body":{}})");
  EXPECT_NE(client.hear_of("\"request\":1").find("\"name\":\"demo\",\"size_bytes\":"), std::string::npos);
  client.say(R"({"request":2,"body_type":"ListModels","body":{}})");
  EXPECT_NE(client.hear_of("\"name\":\"demo\",\"state\":\"Ready\""), "");
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
