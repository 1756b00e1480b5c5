#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "base/result.h"
#include "engine/model.h"
#include "worker/active_run.h"
#include "worker/outbox.h"
#include "worker/writer.h"

namespace inferno::worker {

// Verified frames on their way from the reader thread to the engine thread, and
// the one shortcut past that queue: a Stop also interrupts the decode it concerns.
// Any thread. Unbounded: its only writer is the supervisor, which owns us.
class Inbox {
 public:
  using Frame = std::vector<std::uint8_t>;

  void push(Frame frame);
  Frame pop();  // waits
  std::optional<Frame> try_pop();

 private:
  std::mutex mutex_;
  std::condition_variable filled_;
  std::deque<Frame> frames_;
};

// The engine process's logic: answers one message after the other and drives the
// active run in between. Everything of libllama happens on the thread that calls
// run(). Does no input or output itself: frames come from an Inbox, answers go to
// an Outbox.
class Worker {
 public:
  Worker(Inbox& inbox, Outbox& outbox, Writer& writer, Pulse& pulse);
  ~Worker();

  // Does not return.
  [[noreturn]] void run();

  // Reader thread: looks at a verified frame before it is queued.
  void foresee(std::span<const std::uint8_t> frame);

 private:
  void handle(const Inbox::Frame& frame);
  void handle_envelope(const protocol::Envelope& envelope);
  void handle_worker_message(const protocol::WorkerMessage& message);
  void load(std::uint32_t request, const protocol::LoadModel& message);
  void inspect(std::uint32_t request, const protocol::InspectModel& message);
  void tokenize(std::uint32_t request, const protocol::Tokenize& message);
  void start_run(const protocol::Envelope& envelope);
  void control_run(const protocol::Envelope& envelope);
  void bench(std::uint32_t request, const protocol::Bench& message);
  void reply_error(std::uint32_t request, const Error& error);
  void say_hello();

  Inbox& inbox_;
  Outbox& outbox_;
  Writer& writer_;
  Pulse& pulse_;
  std::unique_ptr<engine::Model> model_;
  std::unique_ptr<ActiveRun> active_;

  // Shared with the reader thread: which run a Stop may interrupt, and how.
  std::mutex interrupt_mutex_;
  engine::Model* interruptible_ = nullptr;
  std::uint32_t interruptible_run_ = 0;
};

}  // namespace inferno::worker
