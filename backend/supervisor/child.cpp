#include "supervisor/child.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <string_view>
#include <utility>

#ifdef __linux__
#include <sys/prctl.h>
#include <sys/syscall.h>
#endif

extern char** environ;

namespace inferno::supervisor {

namespace {

struct Pipe {
  Descriptor read_end;
  Descriptor write_end;
};

Result<Pipe> make_pipe() {
  int fds[2];
#ifdef __linux__
  const int failed = ::pipe2(fds, O_CLOEXEC);
#else
  const int failed = ::pipe(fds);
  if (failed == 0) {
    ::fcntl(fds[0], F_SETFD, FD_CLOEXEC);
    ::fcntl(fds[1], F_SETFD, FD_CLOEXEC);
  }
#endif
  if (failed != 0) {
    return Error{ErrorCode::kEngineDied,
                 fmt::format("No pipe to a new engine could be made: {}.", std::strerror(errno)), ""};
  }
  return Pipe{Descriptor(fds[0]), Descriptor(fds[1])};
}

std::vector<char*> pointers(std::vector<std::string>& strings) {
  std::vector<char*> out;
  for (auto& string : strings) out.push_back(string.data());
  out.push_back(nullptr);
  return out;
}

// Everything the child needs between fork and exec, prepared before: in between only
// async-signal-safe calls are allowed.
struct ChildPlan {
  int input, output, errors, status;
  pid_t parent;
  char* const* argv;
  char* const* environment;
};

void close_descriptors_on_exec() {
#if defined(__linux__) && defined(SYS_close_range)
  constexpr unsigned kCloseOnExec = 1u << 2;  // CLOSE_RANGE_CLOEXEC
  ::syscall(SYS_close_range, 3u, ~0u, kCloseOnExec);
#endif
}

[[noreturn]] void report_and_exit(const ChildPlan& plan) {
  const int reason = errno;
  [[maybe_unused]] const auto written = ::write(plan.status, &reason, sizeof(reason));
  ::_exit(127);
}

void give_up_privileges(const ChildPlan& plan) {
  const rlimit none{0, 0};
  ::setrlimit(RLIMIT_CORE, &none);
#ifdef __linux__
  ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  // The parent may have ended before the line above.
  if (::getppid() != plan.parent) ::_exit(127);
#else
  (void)plan;
#endif
}

[[noreturn]] void become(const ChildPlan& plan) {
  ::setpgid(0, 0);
  give_up_privileges(plan);
  for (const int signal : {SIGPIPE, SIGINT, SIGTERM, SIGHUP, SIGCHLD}) ::signal(signal, SIG_DFL);
  sigset_t none;
  sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  if (::dup2(plan.input, 0) < 0 || ::dup2(plan.output, 1) < 0 || ::dup2(plan.errors, 2) < 0) report_and_exit(plan);
  close_descriptors_on_exec();
  ::execve(plan.argv[0], plan.argv, plan.environment);
  report_and_exit(plan);
}

// Waits until exec has happened (the pipe closes) or failed (it tells why).
int exec_failure(const Descriptor& status) {
  int reason = 0;
  ssize_t n;
  do n = ::read(status.get(), &reason, sizeof(reason));
  while (n < 0 && errno == EINTR);
  return n == sizeof(reason) ? reason : 0;
}

Descriptor watch_process([[maybe_unused]] pid_t pid) {
#if defined(__linux__) && defined(SYS_pidfd_open)
  return Descriptor(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
#else
  return Descriptor();
#endif
}

// Pipes must not land on 0, 1 or 2, where dup2 would overwrite them: that happens when
// this process itself was started without them.
void occupy_standard_descriptors() {
  int fd;
  do fd = ::open("/dev/null", O_RDWR);
  while (fd >= 0 && fd <= 2);
  if (fd > 2) ::close(fd);
}

}  // namespace

Descriptor& Descriptor::operator=(Descriptor&& other) noexcept {
  if (this != &other) {
    close();
    fd_ = other.release();
  }
  return *this;
}

int Descriptor::release() { return std::exchange(fd_, -1); }

void Descriptor::close() {
  if (fd_ >= 0) ::close(release());
}

std::vector<std::string> child_environment(char* const* environment) {
  // What finds libraries and devices, and what tunes the libraries that compute.
  constexpr std::array<std::string_view, 10> kNames = {"HOME",           "PATH", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH",
                                                       "TMPDIR",         "LANG", "LC_ALL",          "XDG_RUNTIME_DIR",
                                                       "XDG_CACHE_HOME", "TZ"};
  constexpr std::array<std::string_view, 16> kPrefixes = {
      "CUDA_", "NVIDIA_", "GGML_", "VK_",  "HIP_",      "HSA_",         "ROCR_",        "GPU_",
      "OMP_",  "GOMP_",   "KMP_",  "MKL_", "OPENBLAS_", "ASAN_OPTIONS", "TSAN_OPTIONS", "UBSAN_OPTIONS"};
  const auto is_allowed = [&](std::string_view entry) {
    const std::string_view name = entry.substr(0, entry.find('='));
    for (const auto allowed : kNames) {
      if (name == allowed) return true;
    }
    for (const auto prefix : kPrefixes) {
      if (name.substr(0, prefix.size()) == prefix) return true;
    }
    return false;
  };
  std::vector<std::string> kept;
  for (; environment != nullptr && *environment != nullptr; ++environment) {
    if (is_allowed(*environment)) kept.emplace_back(*environment);
  }
  return kept;
}

Result<Child> start_child(const std::string& executable, const std::vector<std::string>& arguments) {
  occupy_standard_descriptors();
  auto input = make_pipe(), output = make_pipe(), errors = make_pipe(), status = make_pipe();
  for (const auto* pipe : {&input, &output, &errors, &status}) {
    if (!*pipe) return pipe->error();
  }
  std::vector<std::string> argument_texts{executable};
  argument_texts.insert(argument_texts.end(), arguments.begin(), arguments.end());
  std::vector<std::string> environment_texts = child_environment(environ);
  const auto argv = pointers(argument_texts), environment = pointers(environment_texts);
  const ChildPlan plan{
      input->read_end.get(), output->write_end.get(), errors->write_end.get(), status->write_end.get(), ::getpid(),
      argv.data(),           environment.data()};

  const pid_t pid = ::fork();
  if (pid == 0) become(plan);
  if (pid < 0) {
    return Error{ErrorCode::kEngineDied, fmt::format("No engine process could be started: {}.", std::strerror(errno)),
                 "The system may be out of memory or of processes."};
  }
  status->write_end.close();
  if (const int reason = exec_failure(status->read_end); reason != 0) {
    ::waitpid(pid, nullptr, 0);
    return Error{ErrorCode::kEngineDied,
                 fmt::format("The engine program {} cannot be started: {}.", executable, std::strerror(reason)),
                 "Check the installation: the program inferno-engine belongs beside inferno."};
  }
  return Child{pid, std::move(input->write_end), std::move(output->read_end), std::move(errors->read_end),
               watch_process(pid)};
}

std::string describe_exit(int status) {
  if (WIFEXITED(status)) {
    return WEXITSTATUS(status) == 0 ? "ended by itself" : fmt::format("ended with exit status {}", WEXITSTATUS(status));
  }
  const int number = WTERMSIG(status);
  struct Meaning {
    int number;
    const char* text;
  };
  static constexpr Meaning kMeanings[] = {
      {SIGKILL, "SIGKILL): perhaps the system ran out of memory"},
      {SIGABRT, "SIGABRT): it gave up on a failed check"},
      {SIGSEGV, "SIGSEGV): it read or wrote memory that is not its own"},
      {SIGBUS, "SIGBUS): perhaps the model file was cut or changed while in use"},
      {SIGFPE, "SIGFPE): it divided by zero"},
      {SIGILL, "SIGILL): it was perhaps built for another processor"},
      {SIGTERM, "SIGTERM): someone ended it"},
      {SIGINT, "SIGINT): someone ended it"},
  };
  for (const auto& meaning : kMeanings) {
    if (meaning.number == number) return fmt::format("was killed by signal {} ({}", number, meaning.text);
  }
  return fmt::format("was killed by signal {} ({})", number, ::strsignal(number));
}

}  // namespace inferno::supervisor
