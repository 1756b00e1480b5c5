// The debugger as a script uses it, with a real engine and the demo model.

#include <gtest/gtest.h>

#include <array>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <sstream>

#include <sys/wait.h>
#include <unistd.h>

namespace inferno::cli {
namespace {

namespace fs = std::filesystem;

struct Outcome {
  int status = 0;
  std::string out;
  std::string err;
};

std::string contents(const std::string& path) {
  std::ifstream file(path);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

class DebugVerb : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!fs::exists(kInferno) || !fs::exists(kEngine)) GTEST_SKIP() << "needs inferno and inferno-engine built";
    base_ = ::testing::TempDir() + "/inferno-debug-" + std::to_string(::getpid());
  }
  void TearDown() override {
    for (const char* end : {".in", ".err", ".json"}) fs::remove(base_ + end);
  }

  // Gives the commands on standard input.
  Outcome debug(const std::string& commands, const std::string& flags = "--temp 0") const {
    std::ofstream(base_ + ".in") << commands;
    const std::string line = std::string(kInferno) + " debug " + kModel + " " + flags + " <" + base_ + ".in 2>" + base_ + ".err";
    std::FILE* pipe = ::popen(line.c_str(), "r");
    Outcome outcome;
    std::array<char, 4096> buffer{};
    for (std::size_t n = 0; (n = std::fread(buffer.data(), 1, buffer.size(), pipe)) > 0;)
      outcome.out.append(buffer.data(), n);
    const int status = ::pclose(pipe);
    outcome.status = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    outcome.err = contents(base_ + ".err");
    return outcome;
  }

  // The text of `inferno run`, as something to compare with.
  static std::string run(const std::string& flags) {
    std::FILE* pipe = ::popen((std::string(kInferno) + " run " + kModel + " " + flags + " 2>/dev/null").c_str(), "r");
    std::string out;
    std::array<char, 4096> buffer{};
    for (std::size_t n = 0; (n = std::fread(buffer.data(), 1, buffer.size(), pipe)) > 0;) out.append(buffer.data(), n);
    ::pclose(pipe);
    return out;
  }

  static std::size_t count(const std::string& text, const std::string& part) {
    std::size_t n = 0;
    for (auto at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++n;
    return n;
  }

  static constexpr const char* kInferno = INFERNO_BIN_DIR "/inferno";
  static constexpr const char* kEngine = INFERNO_BIN_DIR "/inferno-engine";
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

}  // namespace
}  // namespace inferno::cli
