#pragma once

#include <cstdint>
#include <map>
#include <span>

#include "base/result.h"
#include "session/models.h"
#include "session/outlet.h"
#include "session/run_past.h"
#include "session/run_readers.h"
#include "session/runs.h"

namespace inferno::session {

// Has engines tell what could come in a run: completes Explore and ExpandTree with what
// the run's record says of the tokens before the position, its chain, its seed and what is
// banned at the position (in the branches that are sampled it stays so to their end), and
// sends them to the model that is named or, where none is, to the run's own. The run may
// have ended long ago and be on disk alone. The engine's answer goes to who asked. The
// references are borrowed and outlive it.
class Explorations {
 public:
  Explorations(RunReaders& readers, Runs& runs, Models& models, Outlet& outlet)
      : readers_(readers), runs_(runs), models_(models), outlet_(outlet) {}

  // Answered in any case, with Error where it fails: as read_past(); kNoSuchModel;
  // kWrongState where the run's model is not loaded; kInvalidArgument for a model with
  // another vocabulary; what the engine says.
  void ask(const Address& from, std::span<const std::uint8_t> envelope);
  // What this client asked for under this number is answered with kCancelled, soon.
  // Error: kWrongState where nothing is.
  Result<void> stop(const Address& asked);
  // Nobody waits for its answers any more.
  void client_left(std::uint64_t client);

 private:
  // A question whose run is being read.
  struct Reading {
    Address from;
    bool is_wanted = true;
  };

  void on_past(std::uint64_t ticket, std::uint32_t model, const Bytes& envelope, Result<RunPast> past);

  RunReaders& readers_;
  Runs& runs_;
  Models& models_;
  Outlet& outlet_;
  std::map<std::uint64_t, Reading> reading_;  // by ticket
  std::uint64_t last_ticket_ = 0;
};

}  // namespace inferno::session
