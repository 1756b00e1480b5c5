#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "engine/generation.h"
#include "engine/prompt.h"
#include "worker/outbox.h"
#include "worker/step_encoder.h"

namespace inferno::worker {

// A run in this engine: a Generation together with whether it is paused, and the
// messages that tell of it. The owner calls advance() while runnable(). A run that is
// paused behind its prompt has its next token chosen and not accepted; whoever changes
// that choice is told the new one.
class ActiveRun {
 public:
  // Tells RunStarted, or Finished if the run cannot start (then null).
  static std::unique_ptr<ActiveRun> start(std::uint32_t run, const protocol::StartRun& message, engine::Model& model,
                                          Outbox& outbox);

  std::uint32_t run() const { return run_; }
  bool runnable() const { return !paused_ && !finished_; }
  bool finished() const { return finished_; }

  void advance();  // one bounded piece of work
  // Pause, Resume, StepOnce, ForceToken, BanTokens, SetSampler, SetBreakpoints, SetWatches.
  // Errors: kWrongState; those of Generation.
  Result<void> control(const protocol::Envelope& envelope);
  void stop();

 private:
  ActiveRun(std::uint32_t run, std::unique_ptr<engine::Generation> generation, const engine::Model& model,
            Outbox& outbox, bool start_paused);

  Result<void> pause();
  Result<void> resume();
  Result<void> step_once();
  Result<void> force(const protocol::ForceToken& message);
  Result<void> ban(const protocol::BanTokens& message);
  Result<void> set_sampler(const protocol::SetSampler& message);
  Result<void> set_breakpoints(const protocol::SetBreakpoints& message);
  Result<void> set_watches(const protocol::SetWatches& message);

  void make_room();
  void tell_breakpoints();
  void tell_watches();
  // Chooses the next token, where there can be one, and pauses before it.
  void pause_because(protocol::PauseReason reason);
  void tell_paused();
  // After a pending token was changed.
  void tell_changed();
  void tell_finished();

  std::uint32_t run_;
  std::unique_ptr<engine::Generation> generation_;
  const engine::Model& model_;
  Outbox& outbox_;
  StepEncoder pending_encoder_;
  protocol::PauseReason reason_ = protocol::PauseReason::Asked;  // of the pause it is in
  bool paused_ = false;
  bool finished_ = false;
  bool pause_before_first_ = false;
  bool stepping_ = false;
};

}  // namespace inferno::worker
