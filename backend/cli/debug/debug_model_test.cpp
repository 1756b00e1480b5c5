// The debugger as a script uses it, with a real engine and the demo model.

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include <unistd.h>

#include "cli/testing_command.h"

namespace inferno::cli {
namespace {

namespace fs = std::filesystem;

using testing::count;
using testing::Outcome;

std::string contents(const std::string& path) {
  std::ifstream file(path);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

class DebugVerb : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!testing::programs_are_built()) GTEST_SKIP() << "needs inferno and inferno-engine built";
    base_ = ::testing::TempDir() + "/inferno-debug-" + std::to_string(::getpid());
  }
  void TearDown() override {
    for (const char* end : {".in", ".json"}) fs::remove(base_ + end);
  }

  // Gives the commands on standard input.
  Outcome debug(const std::string& commands, const std::string& flags = "--temp 0") const {
    std::ofstream(base_ + ".in") << commands;
    return testing::inferno(std::string("debug ") + kModel + " " + flags + " <" + base_ + ".in");
  }

  // The text of `inferno run`, as something to compare with.
  static std::string run(const std::string& flags) {
    return testing::inferno(std::string("run ") + kModel + " " + flags).out;
  }

  static constexpr const char* kModel = INFERNO_SOURCE_DIR "/models/demo.gguf";
  std::string base_;
};

TEST_F(DebugVerb, SteppingGivesTheTextOfARun) {
  const std::string text = run("-p 'Once upon a time' --seed 3 -n 20");
  ASSERT_FALSE(text.empty());
  const Outcome stepped = debug("start Once upon a time\nstep 7\ncontinue\ntext\n", "--seed 3 -n 20");
  EXPECT_EQ(stepped.status, 0) << stepped.err;
  EXPECT_NE(stepped.out.find("Once upon a time" + text), std::string::npos) << stepped.out;
  EXPECT_NE(stepped.out.find("Ended: token limit reached"), std::string::npos) << stepped.out;
}

TEST_F(DebugVerb, StopsWhereTheConditionHoldsAndShowsTheTokenThatWaits) {
  const Outcome stopped = debug("break text \"Paris\"\nrun France's capital is\n");
  EXPECT_EQ(stopped.status, 0) << stopped.err;
  EXPECT_NE(stopped.out.find("Breakpoint 1: text \"Paris\", at position "), std::string::npos) << stopped.out;
  EXPECT_NE(stopped.out.find(", 0 generated\n  <|begin|>France's capital is\n→ \" Paris\"  raw "), std::string::npos)
      << stopped.out;
}

TEST_F(DebugVerb, EveryConditionIsTakenByTheEngine) {
  const Outcome outcome = debug(
      "break token \" Paris\"\nbreak text \"x\"\nbreak /x(y|z)/\nbreak raw < 5%\nbreak final < 0.05\nbreak entropy > "
      "9\n"
      "break rank > 3\nbreak removed-top\nbreak removed-top by top-p\nbreak tie < 0.02\nbreak \" the\" in top 5\n"
      "break repeat 8\nbreak eot > 10%\nbreak at 40\nbreak every 16\nbreak rank > 1 and entropy > 2\n"
      "disable\nstart France's capital is\nenable 1\ninfo breakpoints\n",
      "--seed 1");
  EXPECT_EQ(outcome.status, 0) << outcome.err << outcome.out;
  EXPECT_EQ(count(outcome.out, "\n16   keep no   0     rank > 1 and entropy > 2"), 1u) << outcome.out;
  EXPECT_EQ(count(outcome.out, "\n1    keep yes  0     token \" Paris\""), 1u) << outcome.out;
}

TEST_F(DebugVerb, GoingBackAndOnGivesTheSameTokens) {
  const Outcome outcome =
      debug("start Once upon a time\nuntil 30\ntext\nback 20\nback 3\nuntil 30\ntext\nbranches\n", "--seed 4");
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  const auto first = outcome.out.find("\n<|begin|>Once upon a time");
  ASSERT_NE(first, std::string::npos) << outcome.out;
  const std::string text = outcome.out.substr(first, outcome.out.find('\n', first + 1) - first + 1);
  EXPECT_EQ(count(outcome.out, text), 2u) << outcome.out;
  EXPECT_NE(outcome.out.find("* 1  30 tokens, a prompt:"), std::string::npos) << outcome.out;
  EXPECT_EQ(outcome.out.find("  2  "), std::string::npos) << outcome.out;
}

TEST_F(DebugVerb, AChangeInThePastIsABranchAndTheOldOneComesBackExactly) {
  const Outcome outcome = debug(
      "start Once upon a time\nuntil 20\nwhere\nback 8\nchoose #2\nstep 5\nbranches\ncheckout 1\nstep\n", "--seed 4");
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_NE(outcome.out.find("└─ 2  from 12, 17 tokens"), std::string::npos) << outcome.out;
  // Where it was left, the token that waits and all its numbers are the same.
  const auto left = outcome.out.find("\n→ ", outcome.out.find("Reached, at position 20"));
  const std::string waiting = outcome.out.substr(left, outcome.out.find('\n', left + 1) - left + 1);
  EXPECT_GE(count(outcome.out, waiting), 3u) << outcome.out;  // until, where, checkout
}

TEST_F(DebugVerb, ATokenPutByHandStillWaitsAtTheEndAfterGoingBack) {
  const Outcome outcome =
      debug("start Once upon a time\nuntil 20\nchoose #3\ngoto end\nback 4\ngoto end\nbranches\n", "--seed 4");
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_EQ(count(outcome.out, "(by hand; the chain chose "), 3u) << outcome.out;
  EXPECT_EQ(outcome.out.find("  2  "), std::string::npos) << outcome.out;
}

TEST_F(DebugVerb, AnotherTokenAnotherSamplerAndABanChangeWhatWaits) {
  const Outcome outcome =
      debug("start France's capital is\nset greedy on\nchoose \" Lima\"\nstep\nback\nban #1\nunban\ninfo sampler\n",
            "--seed 1");
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_NE(outcome.out.find("→ \" Lima\""), std::string::npos) << outcome.out;
  EXPECT_NE(outcome.out.find("by hand; the chain chose \" Paris\""), std::string::npos) << outcome.out;
  EXPECT_NE(outcome.out.find("is Lima\n"), std::string::npos) << outcome.out;
  EXPECT_NE(outcome.out.find("(likeliest was \" Paris\" "), std::string::npos) << outcome.out;  // banned
  EXPECT_NE(outcome.out.find("  0 greedy\n"), std::string::npos) << outcome.out;
}

TEST_F(DebugVerb, AScriptEndsAtItsFirstFaultAndSaysWhere) {
  const Outcome failed = debug("start Once upon a time\nbreak rank > x\nstep\n");
  EXPECT_EQ(failed.status, 1);
  EXPECT_EQ(failed.err, "standard input:2: Expected a whole number, found 'x'.\n  break rank > x\n               ^\n");
  EXPECT_EQ(failed.out.find("Stepped"), std::string::npos);
  const Outcome went_on = debug("start Once upon a time\nnonsense\nstep\n", "--temp 0 --keep-going");
  EXPECT_EQ(went_on.status, 1);
  EXPECT_NE(went_on.out.find("Stepped"), std::string::npos);
}

TEST_F(DebugVerb, JsonIsOneObjectForEachStopAndNothingElse) {
  const Outcome outcome = debug("start Once upon a time\ninfo candidates\nstep 2\ncontinue\n", "--temp 0 -n 4 --json");
  EXPECT_EQ(outcome.status, 0);
  EXPECT_EQ(count(outcome.out, "\n"), 3u);
  EXPECT_EQ(count(outcome.out, "{\"stop\":"), 3u);
  EXPECT_NE(outcome.out.find("{\"stop\":\"Start\",\"branch\":1,\"position\":5,\"n_generated\":0,"), std::string::npos);
  EXPECT_NE(outcome.out.find("\"reason\":\"Limit\""), std::string::npos) << outcome.out;
}

TEST_F(DebugVerb, SavesWhatRunWouldHavePrinted) {
  const Outcome outcome =
      debug("start Once upon a time\ncontinue\nsave " + base_ + ".json\n", "--temp 0 -n 5 --no-prompt-logprobs");
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  const std::string saved = contents(base_ + ".json");
  EXPECT_EQ(count(saved, "\n"), 10u);
  EXPECT_TRUE(saved.starts_with("{\"position\":0,"));
}

}  // namespace
}  // namespace inferno::cli
