#include "worker/writer.h"

#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>

#include "protocol/message.h"

namespace inferno::worker {

namespace {

namespace pb = protocol;
constexpr std::chrono::milliseconds kBeat{500};
// A message is closed at this many steps or bytes, so that a reader that fell behind
// gets its backlog in pieces it can take one after the other.
constexpr std::size_t kMaxStepsPerMessage = 32;
constexpr std::size_t kMaxMessageBytes = std::size_t{1} << 20;

}  // namespace

void Writer::run(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    const std::size_t n = outbox_.wait(kBeat);
    if (n > 0) write_pending(n);
    beat_if_due();
  }
}

void Writer::write_pending(std::size_t n) {
  while (n > 0) {
    std::size_t written = 1;
    if (outbox_.slot(0).is_step()) {
      written = write_steps(n);
    } else {
      write_message(outbox_.slot(0));
    }
    outbox_.release(written);
    n -= written;
  }
}

// Writes the steps at the front that fit one message: of one run and one kind.
std::size_t Writer::write_steps(std::size_t n) {
  const Outbox::Slot& head = outbox_.slot(0);
  const auto belongs = [&](const Outbox::Slot& slot) {
    return slot.is_step() && slot.run == head.run && slot.step.is_prompt == head.step.is_prompt;
  };
  std::size_t taken = 0;
  while (taken < std::min(n, kMaxStepsPerMessage) && belongs(outbox_.slot(taken)) &&
         (taken == 0 || encoder_->size_bytes() < kMaxMessageBytes)) {
    encoder_->add(outbox_.slot(taken).step);
    ++taken;
  }
  write(encoder_->finish(head.run, next_seq(head.run)));
  return taken;
}

void Writer::write_message(Outbox::Slot& slot) {
  if (slot.envelope) {
    if (slot.envelope->run != 0) slot.envelope->seq = next_seq(slot.envelope->run);
    write(pb::encode(*slot.envelope));
    seq_ += slot.n_numbers_left;
  } else {
    write(pb::encode(*slot.worker_message));
  }
}

void Writer::beat_if_due() {
  const auto now = std::chrono::steady_clock::now();
  if (now - last_beat_ < kBeat) return;
  last_beat_ = now;
  pb::HeartbeatT beat;
  beat.progress = pulse_.so_far();
  beat.busy = pulse_.busy.load(std::memory_order_relaxed) || pulse_.answering.load(std::memory_order_relaxed);
  beat.rss_bytes = resident_bytes();
  write(pb::make_worker_message(0, beat));
}

void Writer::write(std::span<const std::uint8_t> frame) {
  if (!pipe_.write(frame)) std::_Exit(0);
}

std::uint32_t Writer::next_seq(std::uint32_t run) {
  if (run != run_) {
    run_ = run;
    seq_ = 0;
  }
  return ++seq_;
}

std::uint64_t resident_bytes() {
  std::FILE* file = std::fopen("/proc/self/statm", "r");
  if (file == nullptr) return 0;
  unsigned long long total = 0;
  unsigned long long resident = 0;
  const int got = std::fscanf(file, "%llu %llu", &total, &resident);
  std::fclose(file);
  return got == 2 ? resident * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE)) : 0;
}

}  // namespace inferno::worker
