#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>

#include "base/error.h"
#include "base/result.h"

namespace inferno::session {

// One engine process as the session layer sees it. The real one is
// supervisor::EngineProcess (joined in cli/); tests use a fake.
// All calls and callbacks on the server's one thread. Callbacks never run inside
// launch(), send() or the destructor; the port may be destroyed inside any of them.
class EnginePort {
 public:
  struct Events {
    // A verified client Envelope from the engine ("INFC"); borrowed for the call.
    std::function<void(std::span<const std::uint8_t>)> on_envelope;
    // A verified WorkerMessage ("INFW"): EngineHello, Heartbeat, BenchRound …
    std::function<void(std::span<const std::uint8_t>)> on_worker_message;
    // The process is gone, with the reason in words. Called once, last.
    std::function<void(const Error&)> on_death;
  };
  virtual ~EnginePort() = default;  // ends the process and frees everything it held
  // Queues a finished FlatBuffer (either root) for the engine.
  virtual void send(std::span<const std::uint8_t> buffer) = 0;
};

// Starts engines. Errors: kEngineDied if the process cannot be started.
class EngineLauncher {
 public:
  virtual ~EngineLauncher() = default;
  virtual Result<std::unique_ptr<EnginePort>> launch(EnginePort::Events events) = 0;
};

}  // namespace inferno::session
