#pragma once

#include <boost/asio/io_context.hpp>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"

namespace inferno::supervisor {

struct EngineProcessOptions {
  std::string executable;                               // path of inferno-engine (PATH is not searched)
  std::vector<std::string> arguments;                   // after the program's name
  std::chrono::milliseconds startup_timeout{10'000};    // until EngineHello
  std::chrono::milliseconds silence_timeout{10'000};    // without any message: hung
  std::chrono::milliseconds progress_timeout{120'000};  // busy without progress: hung; 0: never judged
  std::chrono::milliseconds stop_grace{1'000};          // end of input, then TERM, then KILL: between each
};

// One engine process, from the parent's side of the pipes: starts it, checks every
// frame, watches its heartbeat, tells of its death in words. Does not restart it and
// knows nothing of models or runs.
//
// Everything happens on the thread that runs `io`, which must live as long as the
// process (Linux kills the engine when the thread that started it ends). Callbacks
// never run inside start(), send() or the destructor; the object may be destroyed
// inside any of them. The destructor does not block: it closes the engine's input and
// lets TERM and KILL follow while `io` runs; when `io` is destroyed, what is left of
// the engine is killed at once. `io` outlives this object.
//
// SIGPIPE, if it still ends the process, is set to be ignored.
class EngineProcess {
 public:
  // As session::EnginePort::Events; the spans are aligned for FlatBuffers and
  // borrowed for the call.
  struct Events {
    std::function<void(std::span<const std::uint8_t>)> on_envelope;        // verified "INFC"
    std::function<void(std::span<const std::uint8_t>)> on_worker_message;  // verified "INFW"
    std::function<void(const Error&)> on_death;                            // once, last
  };

  // Errors: kEngineDied if the program cannot be started.
  static Result<std::unique_ptr<EngineProcess>> start(boost::asio::io_context& io, const EngineProcessOptions& options,
                                                      Events events);
  ~EngineProcess();
  EngineProcess(const EngineProcess&) = delete;
  EngineProcess& operator=(const EngineProcess&) = delete;

  // Queues a finished FlatBuffer. Nothing happens once the engine is gone; an engine
  // that leaves more than 64 MiB unread is killed.
  void send(std::span<const std::uint8_t> buffer);
  int pid() const;

 private:
  class Impl;
  explicit EngineProcess(std::shared_ptr<Impl> impl);
  std::shared_ptr<Impl> impl_;
};

}  // namespace inferno::supervisor
