#pragma once

#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

namespace inferno::cli::testing {

struct Outcome {
  int status = 0;
  std::string out;
  std::string err;
};

inline bool programs_are_built() {
  return std::filesystem::exists(INFERNO_BIN_DIR "/inferno") &&
         std::filesystem::exists(INFERNO_BIN_DIR "/inferno-engine");
}

// Runs `inferno` with these words (quoted for a shell).
inline Outcome inferno(const std::string& words) {
  const std::string err_file =
      (std::filesystem::temp_directory_path() / ("inferno-stderr-" + std::to_string(::getpid()))).string();
  std::FILE* pipe = ::popen((INFERNO_BIN_DIR "/inferno " + words + " 2>" + err_file).c_str(), "r");
  Outcome outcome;
  std::array<char, 4096> buffer{};
  for (std::size_t n = 0; (n = std::fread(buffer.data(), 1, buffer.size(), pipe)) > 0;)
    outcome.out.append(buffer.data(), n);
  const int status = ::pclose(pipe);
  outcome.status = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  std::ostringstream text;
  text << std::ifstream(err_file).rdbuf();
  outcome.err = text.str();
  std::filesystem::remove(err_file);
  return outcome;
}

inline std::size_t count(const std::string& text, const std::string& part) {
  std::size_t n = 0;
  for (auto at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++n;
  return n;
}

}  // namespace inferno::cli::testing
