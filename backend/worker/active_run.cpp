#include "worker/active_run.h"

#include <algorithm>
#include <utility>

#include "engine/platform.h"
#include "protocol/message.h"
#include "worker/convert.h"
#include "worker/convert_debug.h"

namespace inferno::worker {

namespace {

namespace pb = protocol;

template <typename T>
pb::EnvelopeT run_message(std::uint32_t run, T body) {
  return pb::envelope_object(0, run, 0, std::move(body));
}

pb::EnvelopeT failed(std::uint32_t run, const Error& error) {
  pb::FinishedT finished;
  finished.reason = pb::FinishReason::Failed;
  finished.error = from_error(error);
  return run_message(run, std::move(finished));
}

pb::RunStartedT describe(const pb::StartRun& message, const engine::Model& model, const engine::Generation& generation,
                         const engine::TokenizedPrompt& prompt) {
  pb::RunStartedT started;
  started.model = message.model();
  started.model_name = model.info().name;
  for (const auto& stage : generation.sampler()) started.sampler.push_back(from_stage(stage));
  started.seed = generation.seed();
  started.n_prompt = static_cast<std::uint32_t>(prompt.ids.size());
  started.n_ctx = model.info().n_ctx;
  started.n_vocab = model.tokens().size();
  started.rendered = prompt.rendered;
  for (const auto& warning : prompt.warnings) started.warnings.push_back(from_warning(warning));
  if (message.limits() != nullptr) started.limits.reset(message.limits()->UnPack());
  started.capture = from_capture(generation.capture());
  if (const auto* fork = message.fork()) {
    started.parent = fork->run();
    started.fork_position = fork->position();
    started.replay = fork->replay();
  }
  started.engine_build = engine::platform().llama_build;
  started.devices = model.info().devices;
  started.options = from_options(model.info().options);
  return started;
}

Error finished_already() { return {ErrorCode::kWrongState, "The run has ended.", "Start a new run."}; }

}  // namespace

std::unique_ptr<ActiveRun> ActiveRun::start(std::uint32_t run, const pb::StartRun& message, engine::Model& model,
                                            Outbox& outbox) {
  const auto refuse = [&](const Error& error) {
    outbox.post(failed(run, error));
    return nullptr;
  };
  auto prompt = engine::tokenize(model, to_prompt(message.prompt()));
  if (!prompt) return refuse(prompt.error());
  engine::RunSpec spec;
  spec.prompt = prompt->ids;
  spec.sampler = to_sampler(message.sampler());
  if (message.seed()) spec.seed = *message.seed();
  spec.limits = to_limits(message.limits());
  spec.capture = to_capture(message.capture());
  spec.breakpoints = to_breakpoints(message.breakpoints());
  spec.watches = to_watches(message.watches());
  std::uint32_t n_copied = 0;
  if (message.fork() != nullptr) {
    auto fork = to_fork(*message.fork(), prompt->ids.size(), model);
    if (!fork) return refuse(fork.error());
    spec.fork = std::move(*fork);
    n_copied = message.fork()->n_copied();
  }
  auto generation = engine::Generation::create(model, std::move(spec));
  if (!generation) return refuse(generation.error());
  auto started = describe(message, model, **generation, *prompt);
  std::unique_ptr<ActiveRun> active(new ActiveRun(run, std::move(*generation), model, outbox, message.start_paused()));
  active->make_room();
  outbox.post(run_message(run, std::move(started)), n_copied);
  if (message.breakpoints() != nullptr) active->tell_breakpoints();
  if (message.watches() != nullptr) active->tell_watches();
  return active;
}

ActiveRun::ActiveRun(std::uint32_t run, std::unique_ptr<engine::Generation> generation, const engine::Model& model,
                     Outbox& outbox, bool start_paused)
    : run_(run),
      generation_(std::move(generation)),
      model_(model),
      outbox_(outbox),
      pending_encoder_(model.tokens()),
      pause_before_first_(start_paused) {}

// For what a step can have.
void ActiveRun::make_room() {
  const auto& capture = generation_->capture();
  // One more than the top-k: the chosen token, where it is not among them.
  const std::size_t n_candidates = std::max(capture.n_candidates, capture.n_prompt_candidates) + 1;
  outbox_.begin_run(run_, n_candidates, generation_->sampler().size());
}

void ActiveRun::advance() {
  using State = engine::Generation::State;
  const State before = generation_->state();
  const State after = before == State::kFinished ? before : generation_->advance(outbox_);
  if (after == State::kFinished) {
    tell_finished();
  } else if (!generation_->hits().empty()) {
    pause_because(pb::PauseReason::Breakpoint);
  } else if (before == State::kReady && stepping_) {
    pause_because(pb::PauseReason::Stepped);
  } else if (after == State::kReady && pause_before_first_ && !generation_->has_forced()) {
    pause_because(pb::PauseReason::Start);
  }
}

// ---------------------------------------------------------------- control

Result<void> ActiveRun::control(const pb::Envelope& envelope) {
  if (finished_) return finished_already();
  switch (envelope.body_type()) {
    case pb::Body::Pause:
      return pause();
    case pb::Body::Resume:
      return resume();
    case pb::Body::StepOnce:
      return step_once();
    case pb::Body::ForceToken:
      return force(*envelope.body_as_ForceToken());
    case pb::Body::BanTokens:
      return ban(*envelope.body_as_BanTokens());
    case pb::Body::SetSampler:
      return set_sampler(*envelope.body_as_SetSampler());
    case pb::Body::SetBreakpoints:
      return set_breakpoints(*envelope.body_as_SetBreakpoints());
    case pb::Body::SetWatches:
      return set_watches(*envelope.body_as_SetWatches());
    default:
      return Error{ErrorCode::kUnknownMessage, "This message does not control a run.", ""};
  }
}

Result<void> ActiveRun::pause() {
  if (!paused_) pause_because(pb::PauseReason::Asked);
  return {};
}

Result<void> ActiveRun::resume() {
  if (paused_) outbox_.post(run_message(run_, pb::ResumedT{}));
  paused_ = false;
  stepping_ = false;
  pause_before_first_ = false;
  return {};
}

Result<void> ActiveRun::step_once() {
  paused_ = false;
  stepping_ = true;
  pause_before_first_ = false;
  return {};
}

Result<void> ActiveRun::force(const pb::ForceToken& message) {
  std::vector<std::int32_t> tokens = {message.id()};
  if (message.then() != nullptr) tokens.insert(tokens.end(), message.then()->begin(), message.then()->end());
  Result<void> done = generation_->force(tokens);
  if (done) tell_changed();
  return done;
}

Result<void> ActiveRun::ban(const pb::BanTokens& message) {
  std::vector<std::int32_t> ids;
  if (message.ids() != nullptr) ids.assign(message.ids()->begin(), message.ids()->end());
  pb::TokensBannedT banned;
  banned.position = generation_->next_position();
  Result<void> done = generation_->ban(ids, message.n_steps());
  if (!done) return done;
  banned.ids = std::move(ids);
  banned.n_steps = message.n_steps();
  outbox_.post(run_message(run_, std::move(banned)));
  tell_changed();
  return {};
}

Result<void> ActiveRun::set_sampler(const pb::SetSampler& message) {
  std::optional<std::uint32_t> seed;
  if (message.seed()) seed = *message.seed();
  Result<void> done = generation_->set_sampler(to_sampler(message.sampler()), seed);
  if (!done) return done;
  make_room();
  pb::SamplerChangedT changed;
  for (const auto& stage : generation_->sampler()) changed.sampler.push_back(from_stage(stage));
  changed.seed = generation_->seed();
  changed.position = generation_->next_position();
  outbox_.post(run_message(run_, std::move(changed)));
  tell_changed();
  return {};
}

Result<void> ActiveRun::set_breakpoints(const pb::SetBreakpoints& message) {
  Result<void> done = generation_->set_breakpoints(to_breakpoints(message.breakpoints()));
  if (done) tell_breakpoints();
  return done;
}

Result<void> ActiveRun::set_watches(const pb::SetWatches& message) {
  Result<void> done = generation_->set_watches(to_watches(message.watches()));
  if (done) tell_watches();
  return done;
}

void ActiveRun::stop() {
  if (finished_) return;
  generation_->stop();
  tell_finished();
}

// ---------------------------------------------------------------- telling

void ActiveRun::tell_breakpoints() {
  pb::BreakpointsT told;
  for (const auto& breakpoint : generation_->breakpoints()) told.breakpoints.push_back(from_breakpoint(breakpoint));
  outbox_.post(run_message(run_, std::move(told)));
}

void ActiveRun::tell_watches() {
  pb::WatchesT told;
  for (const auto& watch : generation_->watches()) told.watches.push_back(from_watch(watch, model_.tokens()));
  outbox_.post(run_message(run_, std::move(told)));
}

void ActiveRun::pause_because(pb::PauseReason reason) {
  using State = engine::Generation::State;
  if (generation_->state() == State::kReady && generation_->choose() == State::kFinished) return tell_finished();
  paused_ = true;
  stepping_ = false;
  pause_before_first_ = false;
  // Stepping onto a breakpoint is stopping at it.
  reason_ = generation_->hits().empty() || reason == pb::PauseReason::Asked ? reason : pb::PauseReason::Breakpoint;
  tell_paused();
}

void ActiveRun::tell_paused() {
  pb::PausedT paused;
  paused.reason = reason_;
  paused.position = generation_->next_position();
  paused.breakpoints.assign(generation_->hits().begin(), generation_->hits().end());
  if (const engine::StepRecord* pending = generation_->pending()) {
    pending_encoder_.add(*pending);
    const auto message = pending_encoder_.finish(run_, 0);
    paused.pending.reset(pb::GetEnvelope(message.data())->body_as_Steps()->steps()->Get(0)->UnPack());
  }
  outbox_.post(run_message(run_, std::move(paused)));
}

void ActiveRun::tell_changed() {
  if (paused_ && generation_->pending() != nullptr) tell_paused();
}

void ActiveRun::tell_finished() {
  finished_ = true;
  const engine::Finish& finish = generation_->finish();
  pb::FinishedT finished;
  finished.reason = static_cast<pb::FinishReason>(finish.reason);
  if (finish.error) finished.error = from_error(*finish.error);
  finished.n_prompt = finish.n_prompt;
  finished.n_generated = finish.n_generated;
  finished.stop_string = finish.stop_string;
  if (finish.text_bytes) finished.text_bytes = *finish.text_bytes;
  finished.prompt_ms = finish.prompt_ms;
  finished.generate_ms = finish.generate_ms;
  finished.sum_logprob = finish.sum_logprob;
  if (finish.prompt_sum_logprob) finished.prompt_sum_logprob = *finish.prompt_sum_logprob;
  finished.n_prompt_scored = finish.n_prompt_scored;
  outbox_.post(run_message(run_, std::move(finished)));
}

}  // namespace inferno::worker
