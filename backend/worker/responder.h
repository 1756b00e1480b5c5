#pragma once

#include <atomic>
#include <cstdint>
#include <span>

#include "engine/model.h"
#include "inferno_generated.h"
#include "worker/inbox.h"
#include "worker/pipe.h"
#include "worker/writer.h"

namespace inferno::worker {

// Answers what needs a model's vocabulary and nothing that changes (Tokenize,
// CheckSampler) on a thread of its own, so that a person who types gets the tokens at
// once, however long the decode in progress takes. Writes its answers straight to the
// pipe: they belong to no run and have no place in an order.
class Responder {
 public:
  Responder(Pipe& pipe, Pulse& pulse) : pipe_(pipe), pulse_(pulse) {}

  // From now on takes() is true for its messages. The model stays for good.
  void serve(const engine::Model& model) { model_.store(&model, std::memory_order_release); }

  // Reader thread: whether this verified frame is for push().
  bool takes(std::span<const std::uint8_t> frame) const;
  void push(Inbox::Frame frame) { questions_.push(std::move(frame)); }

  // Does not return. Some tokenizers recurse deeply: on a thread with a large stack.
  [[noreturn]] void run();

  // The reply to one of its messages.
  static protocol::EnvelopeT answer(const protocol::Envelope& question, const engine::Model& model);

 private:
  Pipe& pipe_;
  Pulse& pulse_;
  Inbox questions_;
  std::atomic<const engine::Model*> model_{nullptr};
};

}  // namespace inferno::worker
