#include "worker/confinement_check.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <future>
#include <thread>
#include <utility>

#ifdef __linux__
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/uio.h>
#endif

#include "worker/confinement.h"

namespace inferno::worker {

namespace {

bool cannot_open(const char* path, int flags) {
  const int fd = ::open(path, flags | O_CLOEXEC, 0600);
  if (fd >= 0) ::close(fd);
  return fd < 0;
}

bool cannot_list(const char* path) {
  DIR* folder = ::opendir(path);
  if (folder != nullptr) ::closedir(folder);
  return folder == nullptr;
}

bool cannot_create() {
  const std::string path = "/tmp/inferno-confinement-" + std::to_string(::getpid());
  const bool denied = cannot_open(path.c_str(), O_WRONLY | O_CREAT);
  if (!denied) ::unlink(path.c_str());
  return denied;
}

bool cannot_socket(int family) {
  const int fd = ::socket(family, SOCK_STREAM, 0);
  if (fd >= 0) ::close(fd);
  return fd < 0;
}

bool cannot_fork() {
  const pid_t child = ::fork();
  if (child == 0) ::_exit(0);
  if (child > 0) ::waitpid(child, nullptr, 0);
  return child < 0;
}

// Where it is allowed this returns too: there is no such program.
bool cannot_exec() {
  char name[] = "/nonexistent/program";
  char* const arguments[] = {name, nullptr};
  ::execv(name, arguments);
  return errno == EPERM;
}

#ifdef __linux__
bool cannot_read_memory_of_parent() {
  char byte = 0;
  iovec own{&byte, 1}, other{nullptr, 1};
  return ::process_vm_readv(::getppid(), &own, 1, &other, 1, 0) < 0 && errno == EPERM;
}
bool cannot_trace() { return ::ptrace(PTRACE_PEEKUSER, ::getppid(), nullptr, nullptr) < 0 && errno == EPERM; }
#endif

void add(std::vector<Attempt>& attempts, Attempt::By by, const char* what, bool denied) {
  attempts.push_back({by, what, denied});
}

void print(const char* thread, const std::vector<Attempt>& attempts) {
  for (const Attempt& one : attempts) {
    std::printf("%s\t%s\t%s%s\n", one.by == Attempt::By::kFiles ? "files" : "calls", one.denied ? "denied" : "ALLOWED",
                one.what.c_str(), thread);
  }
}

}  // namespace

std::vector<Attempt> try_to_break_out() {
  constexpr auto kFiles = Attempt::By::kFiles;
  constexpr auto kCalls = Attempt::By::kCalls;
  std::vector<Attempt> attempts;
  add(attempts, kFiles, "read another file", cannot_open("/etc/passwd", O_RDONLY));
  add(attempts, kFiles, "read it by way of /proc", cannot_open("/proc/self/root/etc/passwd", O_RDONLY));
  add(attempts, kFiles, "list the root folder", cannot_list("/"));
  add(attempts, kFiles, "read the parent's environment",
      cannot_open(("/proc/" + std::to_string(::getppid()) + "/environ").c_str(), O_RDONLY));
  add(attempts, kCalls, "create a file", cannot_create());
  add(attempts, kCalls, "open a device for writing", cannot_open("/dev/null", O_WRONLY));
  add(attempts, kCalls, "open a network socket", cannot_socket(AF_INET));
  add(attempts, kCalls, "open a local socket", cannot_socket(AF_UNIX));
  add(attempts, kCalls, "start a process", cannot_fork());
  add(attempts, kCalls, "start a program", cannot_exec());
  add(attempts, kCalls, "signal its parent", ::kill(::getppid(), 0) < 0);
#ifdef __linux__
  add(attempts, kCalls, "read its parent's memory", cannot_read_memory_of_parent());
  add(attempts, kCalls, "trace its parent", cannot_trace());
#endif
  return attempts;
}

int check_confinement() {
  std::promise<void> confined;
  std::vector<Attempt> before, after;
  std::thread earlier([&, go = confined.get_future()]() mutable {
    confine_helper_thread();
    go.wait();
    before = try_to_break_out();
  });
  confine_to_model("/proc/self/exe", false);
  confined.set_value();
  earlier.join();
  // Threads can still be made: this one would end the program if not.
  std::thread([&] { after = try_to_break_out(); }).join();
  print(" (thread from before)", before);
  print("", after);
  return 0;
}

}  // namespace inferno::worker
