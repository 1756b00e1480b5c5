#include "cli/machine.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include <unistd.h>

#if defined(__linux__)
#include <sys/syscall.h>
#endif

namespace inferno::cli {

namespace fs = std::filesystem;

std::optional<std::uint64_t> available_memory_bytes() {
  std::ifstream stream("/proc/meminfo");
  std::string name;
  std::uint64_t kib = 0;
  for (std::string unit; stream >> name >> kib; std::getline(stream, unit)) {
    if (name == "MemAvailable:") return kib * 1024;
  }
  return std::nullopt;
}

std::optional<int> landlock_version() {
#if defined(SYS_landlock_create_ruleset)
  constexpr unsigned kAskVersion = 1;  // LANDLOCK_CREATE_RULESET_VERSION
  const long version = ::syscall(SYS_landlock_create_ruleset, nullptr, 0, kAskVersion);
  if (version > 0) return static_cast<int>(version);
#endif
  return std::nullopt;
}

bool has_seccomp() {
  std::ifstream stream("/proc/sys/kernel/seccomp/actions_avail");
  std::string actions;
  return static_cast<bool>(std::getline(stream, actions)) && actions.find("errno") != std::string::npos;
}

bool has_display() {
#if defined(__APPLE__)
  return true;
#else
  const auto is_set = [](const char* name) {
    const char* value = std::getenv(name);
    return value != nullptr && *value != '\0';
  };
  return is_set("DISPLAY") || is_set("WAYLAND_DISPLAY");
#endif
}

std::optional<std::string> find_program(const std::string& name) {
  const char* path = std::getenv("PATH");
  std::istringstream folders(path == nullptr ? "" : path);
  for (std::string folder; std::getline(folders, folder, ':');) {
    const fs::path candidate = fs::path(folder) / name;
    if (::access(candidate.c_str(), X_OK) == 0) return candidate.string();
  }
  return std::nullopt;
}

std::optional<std::string> browser_opener() {
#if defined(__APPLE__)
  return find_program("open");
#else
  return find_program("xdg-open");
#endif
}

}  // namespace inferno::cli
