#include "worker/active_run.h"

#include <algorithm>
#include <utility>

#include "protocol/message.h"
#include "worker/convert.h"

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
  return started;
}

Error finished_already() { return {ErrorCode::kWrongState, "The run has ended.", "Start a new run."}; }

}  // namespace

std::unique_ptr<ActiveRun> ActiveRun::start(std::uint32_t run, const pb::StartRun& message, engine::Model& model,
                                            Outbox& outbox) {
  auto prompt = engine::tokenize(model, to_prompt(message.prompt()));
  if (!prompt) {
    outbox.post(failed(run, prompt.error()));
    return nullptr;
  }
  engine::RunSpec spec;
  spec.prompt = prompt->ids;
  spec.sampler = to_sampler(message.sampler());
  if (message.seed()) spec.seed = *message.seed();
  spec.limits = to_limits(message.limits());
  spec.capture = to_capture(message.capture());
  auto generation = engine::Generation::create(model, std::move(spec));
  if (!generation) {
    outbox.post(failed(run, generation.error()));
    return nullptr;
  }
  const auto& capture = (*generation)->capture();
  // One more than the top-k: the chosen token, where it is not among them.
  const std::size_t n_candidates = std::max(capture.n_candidates, capture.n_prompt_candidates) + 1;
  outbox.begin_run(run, n_candidates, (*generation)->sampler().size());
  outbox.post(run_message(run, describe(message, model, **generation, *prompt)));
  return std::unique_ptr<ActiveRun>(new ActiveRun(run, std::move(*generation), outbox, message.start_paused()));
}

ActiveRun::ActiveRun(std::uint32_t run, std::unique_ptr<engine::Generation> generation, Outbox& outbox,
                     bool start_paused)
    : run_(run), generation_(std::move(generation)), outbox_(outbox), pause_before_first_(start_paused) {}

void ActiveRun::advance() {
  using State = engine::Generation::State;
  const State before = generation_->state();
  const State after = before == State::kFinished ? before : generation_->advance(outbox_);
  if (after == State::kFinished) {
    tell_finished();
  } else if (before == State::kReady && stepping_) {
    pause_because(pb::PauseReason::Stepped);
  } else if (after == State::kReady && pause_before_first_) {
    pause_because(pb::PauseReason::Start);
  }
}

Result<void> ActiveRun::pause() {
  if (finished_) return finished_already();
  if (!paused_) pause_because(pb::PauseReason::Asked);
  return {};
}

Result<void> ActiveRun::resume() {
  if (finished_) return finished_already();
  if (paused_) outbox_.post(run_message(run_, pb::ResumedT{}));
  paused_ = false;
  stepping_ = false;
  pause_before_first_ = false;
  return {};
}

Result<void> ActiveRun::step_once() {
  if (finished_) return finished_already();
  paused_ = false;
  stepping_ = true;
  pause_before_first_ = false;
  return {};
}

Result<void> ActiveRun::force(std::int32_t token) {
  if (finished_) return finished_already();
  return generation_->force(token);
}

void ActiveRun::stop() {
  if (finished_) return;
  generation_->stop();
  tell_finished();
}

void ActiveRun::pause_because(pb::PauseReason reason) {
  paused_ = true;
  stepping_ = false;
  pause_before_first_ = false;
  pb::PausedT paused;
  paused.reason = reason;
  paused.position = generation_->next_position();
  outbox_.post(run_message(run_, paused));
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
