#include "worker/confinement.h"

#include <sys/resource.h>
#include <sys/stat.h>

#include <algorithm>
#include <csignal>
#include <vector>

#ifdef __linux__
#include <sys/sysinfo.h>
#endif

#include "engine/platform.h"
#include "worker/call_filter.h"
#include "worker/file_access.h"

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define INFERNO_SANITIZED
#endif

namespace inferno::worker {

namespace {

constexpr rlim_t kMaxDescriptors = 2048;  // a model may have 1024 parts
constexpr rlim_t kMaxFileBytes = rlim_t{8} << 20;
constexpr std::uint64_t kSpareAddresses = std::uint64_t{16} << 30;

template <typename Resource>
void lower_limit(Resource resource, rlim_t most) {
  rlimit limit{};
  if (::getrlimit(resource, &limit) != 0) return;
  limit.rlim_max = std::min(limit.rlim_max, most);
  limit.rlim_cur = std::min(limit.rlim_cur, limit.rlim_max);
  ::setrlimit(resource, &limit);
}

// Twice what could be meant: the files mapped, and all memory there is. What a damaged
// file asks for beyond that fails, instead of pushing everything else out.
void limit_memory([[maybe_unused]] const std::vector<std::string>& files) {
#if defined(__linux__) && !defined(INFERNO_SANITIZED)
  struct sysinfo machine {};
  if (::sysinfo(&machine) != 0) return;
  std::uint64_t bytes = (std::uint64_t{machine.totalram} + machine.totalswap) * machine.mem_unit;
  for (const auto& file : files) {
    struct stat status {};
    if (::stat(file.c_str(), &status) == 0) bytes += static_cast<std::uint64_t>(status.st_blocks) * 512;
  }
  lower_limit(RLIMIT_AS, 2 * bytes + kSpareAddresses);
#endif
}

// An engine writes to pipes, which have no size, and holds standard error in memory for a
// moment (engine/stderr_capture.h). A file that was left open by mistake, or is made in
// memory, grows no further; a write beyond fails instead of ending the process.
void limit_files() {
  std::signal(SIGXFSZ, SIG_IGN);
  lower_limit(RLIMIT_FSIZE, kMaxFileBytes);
  lower_limit(RLIMIT_NOFILE, kMaxDescriptors);
}

}  // namespace

bool can_be_confined() {
#ifdef __linux__
  static const bool can = !engine::has_gpu();
  return can;
#else
  return false;
#endif
}

void confine_helper_thread() {
  if (can_be_confined()) give_up_files(system_files(false));
}

Held confine_to_model(const std::string& path, bool may_connect) {
  if (!can_be_confined()) return {};
  std::vector<std::string> readable = files_of_model(path);
  limit_memory(readable);
  limit_files();
  for (auto& file : system_files(may_connect)) readable.push_back(std::move(file));
  Held held;
  held.files = give_up_files(readable);
  held.calls = give_up_calls(may_connect);
  return held;
}

}  // namespace inferno::worker
