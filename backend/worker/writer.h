#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <stop_token>
#include <vector>

#include "engine/model.h"
#include "engine/token_table.h"
#include "worker/outbox.h"
#include "worker/pipe.h"
#include "worker/step_encoder.h"

namespace inferno::worker {

// What the engine thread tells the writer about itself, for heartbeats.
struct Pulse {
  std::atomic<std::uint64_t> progress{0};            // grows whenever anything was done
  std::atomic<const engine::Model*> model{nullptr};  // which adds how far its decode has come
  std::atomic<bool> busy{false};
  std::atomic<bool> answering{false};  // the responder is at a question

  std::uint64_t so_far() const {
    const engine::Model* decoding = model.load(std::memory_order_acquire);
    return progress.load(std::memory_order_relaxed) + (decoding == nullptr ? 0 : decoding->activity());
  }
};

// The writer thread's work: takes what is in the outbox, encodes it, numbers the
// messages of each run, writes frames, and sends a heartbeat when due. Steps that
// piled up while it was writing go out as one message. Ends the process when the
// reader of the pipe is gone: nobody is left to work for.
class Writer {
 public:
  Writer(Outbox& outbox, Pipe& pipe, const Pulse& pulse) : outbox_(outbox), pipe_(pipe), pulse_(pulse) {}

  // The vocabulary of the steps to come. Engine thread, with the outbox flushed: the
  // outbox then orders this call before the first step.
  void set_tokens(const engine::TokenTable& tokens) { encoder_ = std::make_unique<StepEncoder>(tokens); }
  void run(const std::stop_token& stop);

 private:
  void write_pending(std::size_t n);
  std::size_t write_steps(std::size_t n);
  void write_message(Outbox::Slot& slot);
  void beat_if_due();
  void write(std::span<const std::uint8_t> message);
  std::uint32_t next_seq(std::uint32_t run);

  Outbox& outbox_;
  Pipe& pipe_;
  const Pulse& pulse_;
  std::unique_ptr<StepEncoder> encoder_;
  std::uint32_t run_ = 0;
  std::uint32_t seq_ = 0;
  std::chrono::steady_clock::time_point last_beat_{};
};

// Memory of this process that is in RAM; 0 where the platform does not tell.
std::uint64_t resident_bytes();

}  // namespace inferno::worker
