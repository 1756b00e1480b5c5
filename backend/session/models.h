#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>

#include "base/result.h"
#include "session/branches.h"
#include "session/engine_port.h"
#include "session/model_catalog.h"
#include "session/model_slot.h"
#include "session/outlet.h"
#include "session/runs.h"

namespace inferno::session {

// The loaded models with their engines: starts and ends engines, takes in what they
// say, and gives each the next run of its queue when it is idle. The references are
// borrowed and outlive it.
//
// An engine that dies, or that breaks the rules of a run's record and is therefore
// ended, leaves its model Dead: its unfinished runs end with EngineDied, those who
// wait for its answers get the error. Whatever changes the list of loaded models is
// told to the outlet.
class Models {
 public:
  Models(EngineLauncher& launcher, ModelCatalog& catalog, Runs& runs, RunReaders& readers, Outlet& outlet);

  // Answers with ModelLoaded or Error when it is decided.
  void load(const Address& from, const protocol::LoadModel& request);
  Result<void> cancel_load(std::uint32_t model);
  // Ends the engine, which frees all its memory; the model's unfinished runs end.
  Result<void> unload(std::uint32_t model);

  // Answers with what the engine says. `envelope` is the client's Tokenize, CheckSampler,
  // Explore or ExpandTree for this model.
  Result<void> ask(const Address& from, std::uint32_t model, std::span<const std::uint8_t> envelope);

  // Has the engine end early what this client explores under this number, or all of it.
  // False: nothing of it waits for an answer.
  bool stop_asking(std::uint64_t client, std::optional<std::uint32_t> request);
  // A loaded model that was loaded from the file of this name, rather this one than
  // another. Error: kWrongState.
  Result<std::uint32_t> loaded_from(const std::string& name, std::uint32_t rather);
  // Errors: as ask(); kInvalidArgument where the model has another number of tokens.
  Result<void> check_vocabulary(std::uint32_t model, std::uint32_t n_vocab);

  // The file of a model that can take another run. Errors: kNoSuchModel, kWrongState,
  // kEngineDied, kVocabularyOnly, kTooLarge (the queue is full).
  Result<CatalogFile> ready_for_run(std::uint32_t model);
  // How many runs are ahead of it, the active one included.
  std::uint32_t n_ahead(std::uint32_t model) const;
  // `first`: before all that wait, and instead of the active one, which is stopped.
  void enqueue(Run& run, bool first);
  // Whether a branch still has to read the run.
  bool need(std::uint32_t run) const { return branches_.need(run); }
  // A message that steers an unfinished run.
  Result<void> control(const Address& from, Run& run, std::span<const std::uint8_t> envelope);

  Bytes list(std::uint32_t request, bool with_files) const;
  // What the newest engine says of itself; empty before there was one.
  const std::string& engine_build() const { return engine_build_; }

  static constexpr std::size_t kMaxQueuedRuns = 1000;
  static constexpr std::size_t kMaxDeadModels = 16;
  static constexpr std::size_t kMaxModels = 64;

 private:
  Result<ModelSlot*> find(std::uint32_t model);
  Result<ModelSlot*> find_ready(std::uint32_t model);

  void on_envelope(std::uint32_t model, std::span<const std::uint8_t> bytes);
  void on_worker_message(std::uint32_t model, std::span<const std::uint8_t> bytes);
  void on_run_message(ModelSlot& slot, std::span<const std::uint8_t> bytes);
  void on_progress(const ModelSlot& slot, const protocol::LoadProgress& progress);
  void on_loaded(ModelSlot& slot, std::span<const std::uint8_t> bytes);
  void on_load_failed(ModelSlot& slot, const Error& error);
  void on_run_over(ModelSlot& slot);

  void stop_active(ModelSlot& slot);
  void start_next(ModelSlot& slot);
  void on_branch_ready(std::uint32_t run);
  void on_branch_failed(std::uint32_t run, const Error& error);
  void on_branch_copied(std::uint32_t run, const std::deque<Bytes>& held);
  void stop_too_large();
  // Ends the engine for breaking the rules.
  void end_faulty(ModelSlot& slot, const std::string& fault);
  void die(ModelSlot& slot, const Error& error);
  void finish_runs(ModelSlot& slot, protocol::FinishReason reason, const std::optional<Error>& error);
  void refuse_waiting(ModelSlot& slot, const Error& error);
  void drop_dead(const std::string& path);
  void notify_list() { outlet_.models_changed(); }

  EngineLauncher& launcher_;
  ModelCatalog& catalog_;
  Runs& runs_;
  Outlet& outlet_;
  Branches branches_;
  std::map<std::uint32_t, ModelSlot> slots_;
  std::uint32_t last_model_ = 0;
  std::string engine_build_;
};

}  // namespace inferno::session
