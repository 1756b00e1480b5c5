// inferno-engine: holds one model, takes messages on standard input, answers on
// standard output, logs on standard error. Started by a supervisor; see
// protocol/worker.fbs.

#include <pthread.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string>
#include <thread>

#include "base/check.h"
#include "engine/platform.h"
#include "protocol/message.h"
#include "worker/confinement.h"
#include "worker/confinement_check.h"
#include "worker/outbox.h"
#include "worker/pipe.h"
#include "worker/responder.h"
#include "worker/worker.h"
#include "worker/writer.h"

namespace {

using namespace inferno;

// Several of libllama's tokenizers recurse once per character of a run of letters
// and overflow the usual 8 MiB. Address space only: pages are taken when touched.
constexpr std::size_t kLargeStackBytes = std::size_t{512} << 20;
constexpr std::size_t kOutboxSlots = 256;

worker::Pipe* g_pipe = nullptr;  // for last words only

void tell_last_words(const char* message) {
  std::fprintf(stderr, "inferno-engine: %s\n", message);
  if (g_pipe == nullptr) return;
  protocol::DyingT dying;
  dying.reason = message;
  const auto words = protocol::make_worker_message(0, std::move(dying));
  (void)g_pipe->write_within(words, std::chrono::milliseconds(200));
}

struct Shared {
  worker::Inbox inbox;
  worker::Worker* worker = nullptr;
  worker::Responder* responder = nullptr;
};

bool is_well_formed(std::span<const std::uint8_t> frame) {
  if (protocol::root_of(frame) == protocol::Root::kEnvelope) {
    return protocol::verify_envelope(frame, protocol::kMaxFrameBytes).ok();
  }
  return protocol::verify_worker_message(frame).ok();
}

void read_frames(worker::Pipe& pipe, Shared& shared) {
  while (const auto frame = pipe.read()) {
    if (!is_well_formed(*frame)) {
      tell_last_words("a malformed message came in on the pipe");
      std::_Exit(3);
    }
    if (shared.responder->takes(*frame)) {
      shared.responder->push({frame->begin(), frame->end()});
      continue;
    }
    shared.worker->foresee(*frame);
    shared.inbox.push({frame->begin(), frame->end()});
  }
  // End of input: nobody wants the rest. The system takes back everything at once,
  // also from a decode that cannot be interrupted.
  std::_Exit(0);
}

[[noreturn]] void* run_engine(void* object) { static_cast<worker::Worker*>(object)->run(); }

[[noreturn]] void* run_responder(void* object) {
  worker::confine_helper_thread();
  static_cast<worker::Responder*>(object)->run();
}

bool start_with_large_stack(void* (*run)(void*), void* object) {
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  pthread_attr_setstacksize(&attributes, kLargeStackBytes);
  pthread_t thread{};
  return pthread_create(&thread, &attributes, run, object) == 0;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc == 2 && std::strcmp(argv[1], "--check-confinement") == 0) return worker::check_confinement();
  if (argc > 1 || ::isatty(STDIN_FILENO) != 0) {
    std::fputs("inferno-engine is started by inferno, which talks to it over a pipe. Try: inferno --help\n", stderr);
    return 2;
  }
  std::signal(SIGPIPE, SIG_IGN);
  // A terminal's Ctrl-C goes to the whole process group; what it means is for the
  // parent to decide.
  std::signal(SIGINT, SIG_IGN);

  // Frames go out by a descriptor of their own, so that nothing a library prints on
  // standard output can break into them.
  const int out_fd = ::dup(STDOUT_FILENO);
  if (out_fd < 0 || ::dup2(STDERR_FILENO, STDOUT_FILENO) < 0) return 1;

  static worker::Pipe pipe(STDIN_FILENO, out_fd);
  g_pipe = &pipe;
  engine::set_abort_handler(&tell_last_words);

  static Shared shared;
  static worker::Outbox outbox(kOutboxSlots);
  static worker::Pulse pulse;
  static worker::Writer writer(outbox, pipe, pulse);
  static worker::Responder responder(pipe, pulse);
  static worker::Worker engine_worker(shared.inbox, outbox, writer, pulse, responder);
  shared.worker = &engine_worker;
  shared.responder = &responder;

  std::jthread writing([](const std::stop_token& stop) {
    worker::confine_helper_thread();
    writer.run(stop);
  });

  if (!start_with_large_stack(&run_engine, &engine_worker) || !start_with_large_stack(&run_responder, &responder)) {
    tell_last_words("a thread could not be started");
    return 1;
  }
  // Threads take over what their maker may do: the engine thread has to come first.
  worker::confine_helper_thread();
  read_frames(pipe, shared);
}
