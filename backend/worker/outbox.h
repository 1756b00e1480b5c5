#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

#include "engine/generation.h"
#include "engine/step.h"
#include "inferno_generated.h"
#include "worker_generated.h"

namespace inferno::worker {

// Everything on its way from the engine thread to the writer thread, in order: a
// ring of reused slots, each a step (filled in place, no allocation) or a message.
//
// One producer (the engine thread), one consumer (the writer thread). When all
// slots are taken the producer waits for the consumer: nothing is dropped, and
// memory stays bounded. Does not encode and does no input or output.
class Outbox final : public engine::StepSink {
 public:
  struct Slot {
    std::uint32_t run = 0;
    engine::StepRecord step;
    // Exactly one of these for a message; neither for a step.
    std::unique_ptr<protocol::EnvelopeT> envelope;
    std::unique_ptr<protocol::WorkerMessageT> worker_message;
    std::uint32_t n_numbers_left = 0;  // of the run's numbers, left out behind the message
    bool is_step() const { return !envelope && !worker_message; }
  };

  explicit Outbox(std::size_t n_slots);

  // Producer. The steps that follow belong to this run and have at most so many
  // candidates and stages.
  void begin_run(std::uint32_t run, std::size_t n_candidates, std::size_t n_stages);
  engine::StepRecord& acquire() override;
  void publish() override;
  // `n_numbers_left`: so many of the run's numbers behind this message are someone else's.
  void post(protocol::EnvelopeT envelope, std::uint32_t n_numbers_left = 0);
  void post(protocol::WorkerMessageT message);
  // Waits until the consumer has taken and released everything.
  void flush();

  // Consumer: slots [0, n) in order, waiting up to `patience` for the first one.
  // They stay the consumer's until release(n).
  std::size_t wait(std::chrono::milliseconds patience);
  Slot& slot(std::size_t i);
  void release(std::size_t n);

 private:
  Slot& take_slot();
  void publish_slot();

  std::vector<Slot> slots_;
  std::uint64_t head_ = 0;  // next to be filled; written by the producer, under mutex_
  std::uint64_t tail_ = 0;  // oldest not released; written by the consumer, under mutex_
  std::mutex mutex_;
  std::condition_variable filled_;
  std::condition_variable released_;

  // Producer only.
  std::uint32_t run_ = 0;
  std::size_t n_candidates_ = 0;
  std::size_t n_stages_ = 0;
};

}  // namespace inferno::worker
