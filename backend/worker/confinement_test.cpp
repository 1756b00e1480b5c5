#include "worker/confinement.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <string>

#include "worker/confinement_check.h"
#include "worker/file_access.h"

namespace inferno::worker {
namespace {

namespace fs = std::filesystem;

// What holds on this kernel at all, from a process that may be thrown away.
int in_a_process(const std::function<int()>& act) {
  const pid_t child = ::fork();
  if (child == 0) ::_exit(act());
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

bool kernel_confines() {
  static const bool does = in_a_process([] {
                             const Held held = confine_to_model("/dev/null", false);
                             return held.files && held.calls ? 7 : 0;
                           }) == 7;
  return does;
}

#define NEED_CONFINEMENT() \
  if (!kernel_confines()) GTEST_SKIP() << "needs Landlock and seccomp, and an engine without a GPU"

std::string output_of(const std::string& command) {
  std::string text;
  std::array<char, 4096> piece{};
  // The leak checker needs calls that a confined process has given up.
  std::FILE* output = ::popen(("ASAN_OPTIONS=\"$ASAN_OPTIONS:detect_leaks=0\" " + command).c_str(), "r");
  while (std::fgets(piece.data(), piece.size(), output) != nullptr) text += piece.data();
  EXPECT_EQ(::pclose(output), 0) << text;
  return text;
}

class ConfinementTest : public ::testing::Test {
 protected:
  ConfinementTest() : folder_(fs::temp_directory_path() / ("confinement-" + std::to_string(::getpid()))) {
    fs::create_directories(folder_);
  }
  ~ConfinementTest() override { fs::remove_all(folder_); }
  std::string write(const std::string& name) const {
    std::ofstream(folder_ / name) << "weights";
    return (folder_ / name).string();
  }
  static bool can_read(const std::string& path) { return std::ifstream(path).good(); }

  fs::path folder_;
};

TEST_F(ConfinementTest, AnEngineThatTriesToBreakOutIsDeniedEverything) {
  NEED_CONFINEMENT();
  const std::string told = output_of(INFERNO_BIN_DIR "/inferno-engine --check-confinement");
  EXPECT_EQ(told.find("ALLOWED"), std::string::npos) << told;
  // Files, sockets, processes and programs, on a thread from before and one from after.
  EXPECT_GE(std::count(told.begin(), told.end(), '\n'), 24) << told;
}

TEST_F(ConfinementTest, TheSameAttemptsSucceedWithoutIt) {
  std::size_t n_allowed = 0;
  for (const Attempt& one : try_to_break_out()) n_allowed += one.denied ? 0 : 1;
  EXPECT_GE(n_allowed, 9u) << "an attempt that always fails proves nothing";
}

TEST_F(ConfinementTest, LeavesTheModelToReadAndNothingBesideIt) {
  NEED_CONFINEMENT();
  const std::string model = write("model.gguf"), other = write("other.gguf");
  EXPECT_EQ(in_a_process([&] {
              confine_to_model(model, false);
              return (can_read(model) ? 1 : 0) | (can_read(other) ? 2 : 0) | (can_read("/proc/meminfo") ? 4 : 0);
            }),
            1 | 4);
}

TEST_F(ConfinementTest, LeavesAllPartsOfAModelThatIsSplit) {
  const std::string first = write("m-00001-of-00003.gguf");
  const std::string third = write("m-00003-of-00003.gguf"), stranger = write("m-00004-of-00003.gguf");
  EXPECT_EQ(files_of_model(first).size(), 3u);
  EXPECT_EQ(files_of_model(folder_ / "m-00001-of-99999.gguf").size(), 1024u);
  EXPECT_EQ(files_of_model("00001-of-00003.gguf").size(), 1u);
  NEED_CONFINEMENT();
  EXPECT_EQ(in_a_process([&] {
              confine_to_model(first, false);
              return (can_read(first) ? 1 : 0) | (can_read(third) ? 2 : 0) | (can_read(stranger) ? 4 : 0);
            }),
            1 | 2);
}

TEST_F(ConfinementTest, LeavesSocketsWhereAModelIsSpreadOverMachines) {
  NEED_CONFINEMENT();
  EXPECT_EQ(in_a_process([&] {
              confine_to_model("/dev/null", true);
              int n_denied = 0;
              for (const Attempt& one : try_to_break_out()) {
                if (one.what.find("socket") != std::string::npos && one.denied) return 99;
                n_denied += one.denied ? 1 : 0;
              }
              return n_denied;
            }),
            11);
}

// How many MiB can be written to a file; -1 where that ends otherwise than by its size.
int mebibytes_taken(int fd) {
  const std::string piece(std::size_t{1} << 20, 'x');
  for (int n = 0; n < 100; ++n) {
    if (::write(fd, piece.data(), piece.size()) < 0) return errno == EFBIG ? n : -1;
  }
  return 100;
}

TEST_F(ConfinementTest, FilesLeftOpenOrMadeInMemoryGrowNoFurther) {
  NEED_CONFINEMENT();
  const std::string model = write("model.gguf"), log = write("log");
  EXPECT_EQ(in_a_process([&] {
              const int fd = ::open(log.c_str(), O_WRONLY | O_TRUNC | O_CLOEXEC);
              confine_to_model(model, false);
              return mebibytes_taken(fd);
            }),
            8);
#ifdef __linux__
  EXPECT_EQ(in_a_process([&] {
              confine_to_model(model, false);
              return mebibytes_taken(::memfd_create("memory", MFD_CLOEXEC));
            }),
            8);
#endif
}

}  // namespace
}  // namespace inferno::worker
