#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>

#include "base/result.h"
#include "engine/model.h"
#include "worker/active_run.h"
#include "worker/explorations.h"
#include "worker/inbox.h"
#include "worker/outbox.h"
#include "worker/responder.h"
#include "worker/writer.h"

namespace inferno::worker {

// The engine process's logic: answers one message after the other and drives the
// active run in between. Everything that computes with libllama happens on the thread
// that calls run(). Does no input or output itself: frames come from an Inbox, answers
// go to an Outbox. Once a model is loaded, questions to its vocabulary are the
// Responder's.
class Worker {
 public:
  Worker(Inbox& inbox, Outbox& outbox, Writer& writer, Pulse& pulse, Responder& responder);
  ~Worker();

  // Does not return.
  [[noreturn]] void run();

  // Reader thread: looks at a verified frame before it is queued, because a Stop also
  // interrupts the decode it concerns.
  void foresee(std::span<const std::uint8_t> frame);

 private:
  void handle(const Inbox::Frame& frame);
  void handle_envelope(const protocol::Envelope& envelope);
  void handle_worker_message(const protocol::WorkerMessage& message);
  // Before the first look into a file: leaves this process that file alone.
  Result<void> confine(const std::string& path, const protocol::EngineOptions* options);
  void load(std::uint32_t request, const protocol::LoadModel& message);
  void inspect(std::uint32_t request, const protocol::InspectModel& message);
  void start_run(const protocol::Envelope& envelope);
  void control_run(const protocol::Envelope& envelope);
  void explore(const protocol::Envelope& envelope);
  void bench(std::uint32_t request, const protocol::Bench& message);
  void reply_error(std::uint32_t request, const Error& error);
  void say_hello();

  Inbox& inbox_;
  Outbox& outbox_;
  Writer& writer_;
  Pulse& pulse_;
  Responder& responder_;
  std::unique_ptr<engine::Model> model_;
  std::unique_ptr<ActiveRun> active_;
  Explorations explorations_;
  std::optional<std::string> confined_to_;

  // Shared with the reader thread: which run a Stop may interrupt, and how.
  std::mutex interrupt_mutex_;
  engine::Model* interruptible_ = nullptr;
  std::uint32_t interruptible_run_ = 0;
};

}  // namespace inferno::worker
