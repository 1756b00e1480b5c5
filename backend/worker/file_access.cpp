#include "worker/file_access.h"

#include <fmt/format.h>

#include <cstdint>
#include <cstdlib>
#include <string_view>

#if defined(__linux__) && __has_include(<linux/landlock.h>)
#include <fcntl.h>
#include <linux/landlock.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>
#endif

namespace inferno::worker {

namespace {

constexpr unsigned long kMaxParts = 1024;  // as engine::ModelFiles takes them

}  // namespace

#if defined(__linux__) && __has_include(<linux/landlock.h>) && defined(SYS_landlock_create_ruleset)

namespace {

// Rights that later versions of Landlock know, by number: the headers may be older
// than the kernel.
constexpr std::uint64_t kRights1 = (1ull << 13) - 1;  // version 1: read, write, execute, make, remove
constexpr std::uint64_t kRefer = 1ull << 13;          // 2: move to another folder
constexpr std::uint64_t kTruncate = 1ull << 14;       // 3
constexpr std::uint64_t kDevices = 1ull << 15;        // 5: ioctl on devices

std::uint64_t rights_of(long version) {
  return kRights1 | (version >= 2 ? kRefer : 0) | (version >= 3 ? kTruncate : 0) | (version >= 5 ? kDevices : 0);
}

void allow_reading(int rules, const std::string& path) {
  const int fd = ::open(path.c_str(), O_PATH | O_CLOEXEC);
  if (fd < 0) return;
  struct stat status {};
  landlock_path_beneath_attr rule{};
  rule.parent_fd = fd;
  rule.allowed_access = LANDLOCK_ACCESS_FS_READ_FILE;
  if (::fstat(fd, &status) == 0 && S_ISDIR(status.st_mode)) rule.allowed_access |= LANDLOCK_ACCESS_FS_READ_DIR;
  ::syscall(SYS_landlock_add_rule, rules, LANDLOCK_RULE_PATH_BENEATH, &rule, 0);
  ::close(fd);
}

}  // namespace

bool give_up_files(const std::vector<std::string>& readable) {
  const long version = ::syscall(SYS_landlock_create_ruleset, nullptr, 0, LANDLOCK_CREATE_RULESET_VERSION);
  if (version < 1) return false;
  landlock_ruleset_attr handled{};
  handled.handled_access_fs = rights_of(version);
  const int rules = static_cast<int>(::syscall(SYS_landlock_create_ruleset, &handled, sizeof(handled), 0));
  if (rules < 0) return false;
  for (const auto& path : readable) allow_reading(rules, path);
  const bool done =
      ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && ::syscall(SYS_landlock_restrict_self, rules, 0) == 0;
  ::close(rules);
  return done;
}

#else

bool give_up_files(const std::vector<std::string>&) { return false; }

#endif

std::vector<std::string> system_files(bool may_connect) {
  std::vector<std::string> files{"/proc/self",          "/proc/meminfo",  "/proc/cpuinfo",  "/proc/stat",
                                 "/sys/devices/system", "/sys/fs/cgroup", "/etc/localtime", "/usr/share/zoneinfo"};
  if (may_connect) {
    for (const char* file : {"/etc/resolv.conf", "/etc/hosts", "/etc/host.conf", "/etc/nsswitch.conf", "/etc/gai.conf",
                             "/etc/services", "/etc/ld.so.cache", "/lib", "/usr/lib", "/usr/lib64"}) {
      files.emplace_back(file);
    }
  }
  return files;
}

std::vector<std::string> files_of_model(const std::string& path) {
  constexpr std::string_view kTail = "-00001-of-";
  constexpr std::size_t kTailBytes = sizeof("-00001-of-00002.gguf") - 1;
  std::vector<std::string> files{path};
  if (path.size() <= kTailBytes) return files;
  const std::size_t stem = path.size() - kTailBytes;
  if (path.compare(stem, kTail.size(), kTail) != 0) return files;
  const unsigned long n_parts = std::strtoul(path.c_str() + stem + kTail.size(), nullptr, 10);
  for (unsigned long part = 2; part <= n_parts && part <= kMaxParts; ++part) {
    files.push_back(fmt::format("{}-{:05}-of-{:05}.gguf", path.substr(0, stem), part, n_parts));
  }
  return files;
}

}  // namespace inferno::worker
