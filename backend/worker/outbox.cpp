#include "worker/outbox.h"

#include "base/check.h"

namespace inferno::worker {

Outbox::Outbox(std::size_t n_slots) : slots_(n_slots) { INFERNO_CHECK(n_slots > 0); }

void Outbox::begin_run(std::uint32_t run, std::size_t n_candidates, std::size_t n_stages) {
  run_ = run;
  n_candidates_ = n_candidates;
  n_stages_ = n_stages;
}

engine::StepRecord& Outbox::acquire() {
  Slot& slot = take_slot();
  slot.run = run_;
  // Allocates at most once per slot and run: the vectors keep their capacity.
  slot.step.candidates.reserve(n_candidates_);
  slot.step.stages.reserve(n_stages_);
  slot.step.watched.reserve(engine::kMaxWatches);
  return slot.step;
}

void Outbox::publish() { publish_slot(); }

void Outbox::post(protocol::EnvelopeT envelope, std::uint32_t n_numbers_left) {
  Slot& slot = take_slot();
  slot.envelope = std::make_unique<protocol::EnvelopeT>(std::move(envelope));
  slot.n_numbers_left = n_numbers_left;
  publish_slot();
}

void Outbox::post(protocol::WorkerMessageT message) {
  take_slot().worker_message = std::make_unique<protocol::WorkerMessageT>(std::move(message));
  publish_slot();
}

void Outbox::flush() {
  std::unique_lock lock(mutex_);
  released_.wait(lock, [this] { return head_ == tail_; });
}

std::size_t Outbox::wait(std::chrono::milliseconds patience) {
  std::unique_lock lock(mutex_);
  filled_.wait_for(lock, patience, [this] { return head_ != tail_; });
  return static_cast<std::size_t>(head_ - tail_);
}

Outbox::Slot& Outbox::slot(std::size_t i) { return slots_[(tail_ + i) % slots_.size()]; }

void Outbox::release(std::size_t n) {
  for (std::size_t i = 0; i < n; ++i) {
    slot(i).envelope.reset();
    slot(i).worker_message.reset();
  }
  {
    const std::lock_guard lock(mutex_);
    tail_ += n;
  }
  released_.notify_one();
}

Outbox::Slot& Outbox::take_slot() {
  std::unique_lock lock(mutex_);
  released_.wait(lock, [this] { return head_ - tail_ < slots_.size(); });
  return slots_[head_ % slots_.size()];
}

void Outbox::publish_slot() {
  {
    const std::lock_guard lock(mutex_);
    ++head_;
  }
  filled_.notify_one();
}

}  // namespace inferno::worker
