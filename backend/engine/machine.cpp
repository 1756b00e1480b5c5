#include "engine/machine.h"

#include <ggml-backend.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <vector>

#ifdef __linux__
#include <sched.h>
#endif

namespace inferno::engine {
namespace {

constexpr std::uint32_t kSmallMachineThreads = 4;

#ifdef __linux__

std::optional<std::uint64_t> first_number(const std::filesystem::path& path) {
  std::ifstream file(path);
  std::uint64_t value = 0;
  if (file >> value) return value;
  return std::nullopt;
}

// The value after `name` in a file of "name value" lines.
std::optional<std::uint64_t> named_number(const std::filesystem::path& path, const std::string& name) {
  std::ifstream file(path);
  std::string word;
  std::uint64_t value = 0;
  while (file >> word) {
    if (word == name && file >> value) return value;
    file.ignore(4096, '\n');
  }
  return std::nullopt;
}

// The folders of this process's control group and its parents, innermost first.
// `controller` is empty for version 2. In a container the group's path is often
// not visible and the mount point itself is the group: it is always the last.
std::vector<std::filesystem::path> group_folders(const std::string& controller) {
  std::filesystem::path root = "/sys/fs/cgroup";
  if (!controller.empty()) root /= controller;
  std::ifstream file("/proc/self/cgroup");
  std::vector<std::filesystem::path> folders;
  for (std::string line; std::getline(file, line);) {
    const std::size_t first = line.find(':');
    const std::size_t second = line.find(':', first + 1);
    if (second == std::string::npos) continue;
    const std::string names = "," + line.substr(first + 1, second - first - 1) + ",";
    if (names != (controller.empty() ? ",," : "," + controller + ",")) continue;
    std::filesystem::path path = line.substr(second + 1);
    for (; path.has_relative_path(); path = path.parent_path()) folders.push_back(root / path.relative_path());
  }
  folders.push_back(root);
  return folders;
}

// What a group's limit leaves; its page cache can be dropped and counts as free.
std::optional<std::uint64_t> left_in_group(const std::filesystem::path& folder, const char* limit_name,
                                           const char* usage_name, const char* cache_name) {
  const auto limit = first_number(folder / limit_name);
  const auto usage = first_number(folder / usage_name);
  if (!limit || !usage) return std::nullopt;
  const std::uint64_t cache = named_number(folder / "memory.stat", cache_name).value_or(0);
  const std::uint64_t held = *usage > cache ? *usage - cache : 0;
  return *limit > held ? *limit - held : 0;
}

std::uint64_t group_memory_bytes() {
  std::uint64_t least = UINT64_MAX;
  for (const auto& folder : group_folders("")) {
    if (const auto left = left_in_group(folder, "memory.max", "memory.current", "inactive_file"))
      least = std::min(least, *left);
  }
  for (const auto& folder : group_folders("memory")) {
    const auto left = left_in_group(folder, "memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file");
    if (left) least = std::min(least, *left);
  }
  return least;
}

// Whole processors that the group's quota allows.
std::uint32_t group_processors() {
  double least = 1e9;
  for (const auto& folder : group_folders("")) {
    std::ifstream file(folder / "cpu.max");
    double quota = 0, period = 0;
    if (file >> quota >> period && period > 0) least = std::min(least, quota / period);
  }
  for (const auto& folder : group_folders("cpu")) {
    const auto quota = first_number(folder / "cpu.cfs_quota_us");
    const auto period = first_number(folder / "cpu.cfs_period_us");
    if (quota && period && *quota < (1ull << 40) && *period > 0)
      least = std::min(least, static_cast<double>(*quota) / static_cast<double>(*period));
  }
  return static_cast<std::uint32_t>(std::max(1.0, std::floor(least)));
}

// Processors and distinct cores in this process's affinity mask.
struct Processors {
  std::uint32_t threads = 0;
  std::uint32_t cores = 0;
};

Processors own_processors() {
  cpu_set_t mask;
  if (sched_getaffinity(0, sizeof mask, &mask) != 0) return {};
  Processors result;
  std::set<std::string> cores;
  for (int cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
    if (!CPU_ISSET(cpu, &mask)) continue;
    ++result.threads;
    std::ifstream file("/sys/devices/system/cpu/cpu" + std::to_string(cpu) + "/topology/thread_siblings_list");
    std::string siblings;
    cores.insert(std::getline(file, siblings) ? siblings : std::to_string(cpu));
  }
  result.cores = static_cast<std::uint32_t>(cores.size());
  return result;
}

#endif

// What ggml says of the machine, where the system's own files are not to be had.
std::uint64_t reported_memory_bytes() {
  ggml_backend_dev_t cpu = ggml_backend_dev_by_type(GGML_BACKEND_DEVICE_TYPE_CPU);
  if (cpu == nullptr) return 0;
  std::size_t free = 0, total = 0;
  ggml_backend_dev_memory(cpu, &free, &total);
  return free;
}

}  // namespace

std::uint32_t sensible_threads() {
  std::uint32_t threads = std::max(1u, std::thread::hardware_concurrency());
#ifdef __linux__
  const Processors own = own_processors();
  if (own.threads > 0) threads = own.threads > kSmallMachineThreads ? own.cores : own.threads;
  threads = std::min(threads, group_processors());
#endif
  return std::max(1u, threads);
}

std::uint64_t available_memory_bytes() {
#ifdef __linux__
  if (const auto kilobytes = named_number("/proc/meminfo", "MemAvailable:")) {
    return std::min(*kilobytes * 1024, group_memory_bytes());
  }
#endif
  return reported_memory_bytes();
}

}  // namespace inferno::engine
