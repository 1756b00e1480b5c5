// fake-engine: stands in for inferno-engine in the supervisor's tests. The first
// argument says how it behaves.
#include <poll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>
#include <string>
#include <vector>

#include "protocol/message.h"

namespace {

using inferno::protocol::Bytes;
namespace pb = inferno::protocol;

void write_all(const void* data, std::size_t size) {
  const char* at = static_cast<const char*>(data);
  while (size > 0) {
    const ssize_t n = ::write(1, at, size);
    if (n <= 0) std::exit(9);
    at += n;
    size -= static_cast<std::size_t>(n);
  }
}

void write_length(std::uint32_t length) { write_all(&length, sizeof(length)); }

void send(const Bytes& bytes) {
  write_length(static_cast<std::uint32_t>(bytes.size()));
  write_all(bytes.data(), bytes.size());
}

bool read_all(void* data, std::size_t size) {
  char* at = static_cast<char*>(data);
  while (size > 0) {
    const ssize_t n = ::read(0, at, size);
    if (n <= 0) return false;
    at += n;
    size -= static_cast<std::size_t>(n);
  }
  return true;
}

void hello(std::uint32_t version = pb::kPipeVersion) {
  pb::EngineHelloT body;
  body.version = version;
  body.build = "fake";
  send(pb::make_worker_message(0, std::move(body)));
}

void heartbeat(std::uint64_t progress, bool busy) {
  pb::HeartbeatT body;
  body.progress = progress;
  body.busy = busy;
  send(pb::make_worker_message(0, body));
}

// Sends every frame back until the end of input.
void echo() {
  std::uint32_t length = 0;
  while (read_all(&length, sizeof(length))) {
    Bytes frame(length);
    if (!read_all(frame.data(), length)) return;
    send(frame);
  }
}

void tell(const std::string& text) {
  pb::HelloT body;
  body.client = text;
  send(pb::make_envelope(1, 0, 0, std::move(body)));
}

// How it was started, for the test to judge.
void report_surroundings() {
  rlimit core{};
  ::getrlimit(RLIMIT_CORE, &core);
  std::string open_descriptors;
  for (int fd = 3; fd < 256; ++fd) {
    pollfd probe{fd, 0, 0};
    if (::poll(&probe, 1, 0) >= 0 && (probe.revents & POLLNVAL) == 0) open_descriptors += std::to_string(fd) + " ";
  }
  int death_signal = 0;
  ::prctl(PR_GET_PDEATHSIG, &death_signal);
  const char* secret = std::getenv("INFERNO_SECRET");
  const char* path = std::getenv("PATH");
  tell("core=" + std::to_string(core.rlim_cur) + " fds=" + open_descriptors +
       " no_new_privs=" + std::to_string(::prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0)) +
       " pdeathsig=" + std::to_string(death_signal) + " secret=" + (secret ? secret : "none") +
       " path=" + (path ? "some" : "none") + " own_group=" + (::getpgid(0) == ::getpid() ? "yes" : "no"));
  echo();
}

void dying() {
  pb::DyingT body;
  body.reason = "GGML_ASSERT(n > 0) failed";
  send(pb::make_worker_message(0, std::move(body)));
  std::abort();
}

void deaf() {
  ::signal(SIGTERM, SIG_IGN);
  ::close(0);
  for (;;) ::pause();
}

void cut_frame() {
  write_length(1000);
  write_all("only this", 9);
}

void hang() {
  for (;;) ::pause();
}

void stuck() {
  for (;;) {
    heartbeat(5, true);
    ::usleep(20'000);
  }
}

void complain_and_fail() {
  std::fprintf(stderr, "all is well\nthe disk is on fire\n");
  std::exit(3);
}

void crash_when_told() {
  std::uint32_t length = 0;
  read_all(&length, sizeof(length));
  tell("last answer");
  ::kill(::getpid(), SIGKILL);
}

}  // namespace

int main(int argc, char** argv) {
  // A sanitizer would turn this death into an exit with a report.
  std::signal(SIGSEGV, SIG_DFL);
  const std::string how = argc > 1 ? argv[1] : "";
  if (how == "mute") hang();
  if (how == "other-version") hello(99);
  if (how == "early") tell("before the greeting");
  if (how == "noise") {
    std::printf("Hello, I am a program that prints text.\n");
    std::fflush(stdout);
    hang();
  }
  hello();
  const std::map<std::string, void (*)()> behaviours = {
      {"echo", echo},
      {"surroundings", report_surroundings},
      {"dying", dying},
      {"deaf", deaf},
      {"cut-frame", cut_frame},
      {"hang", hang},
      {"stuck", stuck},
      {"complain", complain_and_fail},
      {"crash", crash_when_told},
      {"garbage", [] { send(Bytes(100, 0xAB)), hang(); }},
      {"huge-frame", [] { write_length(0xFFFFFFFF), hang(); }},
      {"close-output", [] { ::close(1), hang(); }},
      {"abort", [] { std::abort(); }},
      {"end", [] {}},
  };
  const auto behaviour = behaviours.find(how);
  if (behaviour != behaviours.end()) behaviour->second();
  return 0;
}
