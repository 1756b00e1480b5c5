#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "engine/generation.h"
#include "engine/prompt.h"
#include "worker/outbox.h"

namespace inferno::worker {

// A run in this engine: a Generation together with whether it is paused, and the
// messages that tell of it. The owner calls advance() while runnable().
class ActiveRun {
 public:
  // Tells RunStarted, or Finished if the run cannot start (then null).
  static std::unique_ptr<ActiveRun> start(std::uint32_t run, const protocol::StartRun& message, engine::Model& model,
                                          Outbox& outbox);

  std::uint32_t run() const { return run_; }
  bool runnable() const { return !paused_ && !finished_; }
  bool finished() const { return finished_; }

  void advance();  // one bounded piece of work
  Result<void> pause();
  Result<void> resume();
  Result<void> step_once();
  Result<void> force(std::int32_t token);
  void stop();

 private:
  ActiveRun(std::uint32_t run, std::unique_ptr<engine::Generation> generation, Outbox& outbox, bool start_paused);
  void pause_because(protocol::PauseReason reason);
  void tell_finished();

  std::uint32_t run_;
  std::unique_ptr<engine::Generation> generation_;
  Outbox& outbox_;
  bool paused_ = false;
  bool finished_ = false;
  bool pause_before_first_ = false;
  bool stepping_ = false;
};

}  // namespace inferno::worker
