#include "cli/debug/debug_session.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

namespace inferno::cli::debug {

namespace {

Error wrong_state(std::string message, std::string hint) {
  return Error{ErrorCode::kWrongState, std::move(message), std::move(hint)};
}

std::shared_ptr<const SamplerChain> unpack(const flatbuffers::Vector<flatbuffers::Offset<pb::SamplerStage>>* stages) {
  auto chain = std::make_shared<SamplerChain>();
  if (stages == nullptr) return chain;
  for (const pb::SamplerStage* stage : *stages) chain->emplace_back(stage->UnPack());
  return chain;
}

Error error_of(const pb::FinishedT& finished) {
  return Error{static_cast<ErrorCode>(finished.error->code), finished.error->message, finished.error->hint};
}

}  // namespace

DebugSession::DebugSession(DebugEngine& engine, Setup setup)
    : link_(engine, [this](std::span<const std::uint8_t> bytes) { take(bytes); }),
      setup_(std::move(setup)),
      sampling_(setup_.sampling) {}

// ---- what the engine tells of the active run

void DebugSession::take(std::span<const std::uint8_t> bytes) {
  const pb::Envelope& borrowed = pb::envelope_of(bytes);
  if (const auto* started = borrowed.body_as_RunStarted()) return take_started(*started);
  if (const auto* changed = borrowed.body_as_SamplerChanged()) return take_sampler(*changed);
  if (const auto* banned = borrowed.body_as_TokensBanned()) {
    Ban ban{{}, banned->position(), banned->n_steps()};
    if (banned->ids() != nullptr) ban.ids.assign(banned->ids()->begin(), banned->ids()->end());
    current_->bans.push_back(std::move(ban));
    return;
  }
  if (const auto* told = borrowed.body_as_Breakpoints()) {
    if (told->breakpoints() == nullptr) return;
    for (const pb::Breakpoint* one : *told->breakpoints()) breakpoints_.set_ignore(one->id(), one->ignore());
    return;
  }
  const auto kept = std::make_shared<const pb::Bytes>(bytes.begin(), bytes.end());
  const pb::Envelope& envelope = pb::envelope_of(*kept);
  if (const auto* prompt = envelope.body_as_PromptTokens()) {
    for (const pb::Step* step : *prompt->tokens()) take_step({kept, step});
  } else if (const auto* steps = envelope.body_as_Steps()) {
    for (const pb::Step* step : *steps->steps()) take_step({kept, step});
    if (on_progress_) on_progress_(*current_);
  } else if (const auto* paused = envelope.body_as_Paused()) {
    Stop stop;
    stop.reason = paused->reason();
    if (paused->breakpoints() != nullptr)
      stop.breakpoints.assign(paused->breakpoints()->begin(), paused->breakpoints()->end());
    if (paused->pending() != nullptr) stop.pending = RecordedStep{kept, paused->pending()};
    take_stop(std::move(stop), paused->position());
  } else if (const auto* finished = envelope.body_as_Finished()) {
    Stop stop;
    stop.finished = std::shared_ptr<const pb::FinishedT>(finished->UnPack());
    take_stop(std::move(stop), current_->position);
  }
}

void DebugSession::take_started(const pb::RunStarted& started) {
  if (current_->started) return;  // a fork's: the branch has it from its parent
  current_->started = std::shared_ptr<const pb::RunStartedT>(started.UnPack());
  current_->samplers.push_back({0, false, unpack(started.sampler()), started.seed()});
}

void DebugSession::take_step(const RecordedStep& step) {
  const std::uint32_t position = step.step->position();
  if (position < current_->length() && current_->steps[position].id() != step.id()) {
    // Nothing was changed, and yet it went another way: rounding, on some devices.
    notice_ = fmt::format("The replay came out with another token at position {}: this is a new branch.", position);
    split_if_back("a replay that came out differently");
  }
  if (position == current_->length()) current_->steps.push_back(step);
  current_->position = std::max(current_->position, position + 1);
}

void DebugSession::take_stop(Stop stop, std::uint32_t position) {
  current_->position = stop.finished ? current_->position : position;
  current_->stop = std::move(stop);
  if (!current_->went_back()) current_->end = current_->stop;
}

void DebugSession::take_sampler(const pb::SamplerChanged& changed) {
  const std::uint32_t position = changed.position();
  std::erase_if(current_->samplers,
                [position](const SamplerUse& use) { return use.changed && use.position == position; });
  current_->samplers.push_back({position, true, unpack(changed.sampler()), changed.seed()});
}

// ---- running

void DebugSession::fill(pb::StartRunT& start) const {
  start.limits = std::make_unique<pb::LimitsT>(setup_.limits);
  start.capture = std::make_unique<pb::CaptureT>(setup_.capture);
  start.watches = watches_to_protocol();
}

Result<void> DebugSession::start(std::unique_ptr<pb::PromptT> prompt, bool pause_first) {
  auto chain = sampler_chain(sampling_);
  if (!chain) return chain.error();
  pb::StartRunT start;
  start.prompt = std::move(prompt);
  start.breakpoints = breakpoints_.to_protocol(*chain, {});
  start.sampler = std::move(*chain);
  if (sampling_.seed) start.seed = static_cast<std::uint32_t>(*sampling_.seed);
  start.start_paused = pause_first;
  fill(start);
  leave();
  Branch* const before = current_;
  Branch branch;
  branch.id = static_cast<std::uint32_t>(branches_.size()) + 1;
  branch.sampling = sampling_;
  branch.made_by = "a prompt";
  current_ = &branches_.emplace_back(std::move(branch));
  auto started = link_.start(start);
  current_->pipe_run = link_.run();
  const bool refused = current_->steps.empty() && current_->finished() && current_->stop->finished->error;
  if (started && refused) started = error_of(*current_->stop->finished);
  if (!started) {
    give_up_newest(before);
    return started;
  }
  breakpoints_.hit(current_->stop->breakpoints);
  return {};
}

Result<void> DebugSession::resume(std::optional<std::uint32_t> until) {
  if (auto paused = require_paused(); !paused) return paused.error();
  if (until) {
    if (auto sent = send_breakpoints(until); !sent) return sent.error();
  }
  auto resumed = link_.tell(pb::ResumeT(), {pb::Body::Paused});
  if (!resumed) return resumed.error();
  breakpoints_.hit(current_->stop->breakpoints);
  if (until && !current_->finished()) return send_breakpoints({});
  return {};
}

Result<void> DebugSession::step() {
  if (auto paused = require_paused(); !paused) return paused.error();
  auto stepped = link_.tell(pb::StepOnceT(), {pb::Body::Paused});
  if (!stepped) return stepped.error();
  breakpoints_.hit(current_->stop->breakpoints);
  return {};
}

Result<void> DebugSession::require_branch() const {
  if (current_ != nullptr) return {};
  return wrong_state("There is no run yet.", "Begin one: start Once upon a time");
}

Result<void> DebugSession::require_paused() const {
  if (auto there = require_branch(); !there) return there.error();
  if (current_->finished()) {
    return wrong_state("The run has ended.",
                       "`back` goes back in it, `branch POSITION` makes another of it, `run` begins a new one.");
  }
  if (!link_.active())
    return wrong_state("The engine is gone.", "What was recorded is still here: `save FILE` keeps it.");
  return {};
}

// ---- branches

void DebugSession::split_if_back(std::string made_by) {
  if (!current_->went_back()) return;
  Branch branch = branch_off(*current_, current_->position, static_cast<std::uint32_t>(branches_.size()) + 1);
  branch.made_by = std::move(made_by);
  branch.sampling = sampling_;
  leave();
  current_->position = current_->length();
  current_->stop = current_->end;
  Branch& added = branches_.emplace_back(std::move(branch));
  added.end = added.stop;
  current_ = &added;
}

void DebugSession::leave() {
  if (current_ != nullptr) current_->sampling = sampling_;
}

Result<void> DebugSession::stand_at(std::uint32_t position) {
  pb::StartRunT start;
  start.prompt = std::make_unique<pb::PromptT>();
  start.prompt->ids = current_->ids_before(current_->n_prompt());
  start.fork = make_fork(*current_, position);
  const SamplerUse* use = current_->sampler_at(position);
  start.sampler = copy_of(*use->chain);
  start.seed = use->seed;
  start.breakpoints = breakpoints_.to_protocol(*use->chain, {});
  start.start_paused = true;
  fill(start);
  const std::optional<Stop> stop = current_->stop;
  const std::optional<Stop> end = current_->end;
  auto started = link_.start(start);
  if (started && current_->finished() && current_->stop->finished->error) {
    started = error_of(*current_->stop->finished);
    current_->stop = stop;
    current_->end = end;
  }
  if (started) current_->pipe_run = link_.run();
  return started;
}

Result<void> DebugSession::go_to(std::uint32_t position) {
  if (auto there = require_branch(); !there) return there.error();
  if (position < current_->n_prompt()) {
    return wrong_state(
        fmt::format("Position {} lies in the prompt; the first generated one is {}.", position, current_->n_prompt()),
        "`info step N` shows a token of the prompt.");
  }
  if (position > current_->length()) {
    return wrong_state(
        fmt::format("Position {} was not generated yet; the newest is {}.", position, current_->length()),
        fmt::format("`until {}` goes on up to it.", position));
  }
  if (position == current_->length() && current_->end && current_->end->finished) {
    if (auto stopped = link_.stop(); !stopped) return stopped.error();
    current_->position = position;
    current_->stop = current_->end;
    return {};
  }
  const std::optional<Stop> end = current_->end;
  if (auto stood = stand_at(position); !stood) return stood;
  return position == current_->length() ? put_again(end) : Result<void>();
}

// A token that was put by hand and not taken yet is in no record.
Result<void> DebugSession::put_again(const std::optional<Stop>& stood) {
  const std::optional<Stop>& stands = current_->stop;
  if (!stood || !stood->pending || !stands || !stands->pending) return {};
  if (!stood->pending->step->forced() || stands->pending->step->forced()) return {};
  return force({stood->pending->id()}, {});
}

Result<void> DebugSession::branch(std::uint32_t position, const std::vector<std::int32_t>& ids, std::string made_by) {
  if (auto there = require_branch(); !there) return there.error();
  if (position < current_->n_prompt() || position > current_->length()) {
    return wrong_state(fmt::format("A branch can begin from position {} to {}; {} is not among them.",
                                   current_->n_prompt(), current_->length(), position),
                       "`list` shows positions.");
  }
  Branch* const before = current_;
  Branch branch = branch_off(*current_, position, static_cast<std::uint32_t>(branches_.size()) + 1);
  branch.made_by = std::move(made_by);
  branch.stop.reset();
  leave();
  current_ = &branches_.emplace_back(std::move(branch));
  auto stood = stand_at(position);
  if (stood && !ids.empty()) stood = force(ids, {});
  if (stood) return {};
  give_up_newest(before);
  return stood;
}

// The one before lost its run in the engine: it stands again where it stood.
void DebugSession::give_up_newest(Branch* before) {
  branches_.pop_back();
  current_ = before;
  if (before == nullptr) return;
  if (auto back = go_to(before->position); !back) notice_ = back.error().message;
}

Result<void> DebugSession::checkout(std::uint32_t id) {
  const auto found = std::find_if(branches_.begin(), branches_.end(), [id](const Branch& one) { return one.id == id; });
  if (found == branches_.end()) {
    return Error{ErrorCode::kInvalidArgument, fmt::format("There is no branch {}.", id), "`branches` lists them."};
  }
  if (&*found == current_) return {};
  leave();
  current_ = &*found;
  sampling_ = current_->sampling;
  const std::optional<Stop> stood = current_->stop;
  if (auto there = go_to(current_->position); !there) return there.error();
  if (stood && stood->pending && current_->stop && current_->stop->pending) {
    if (stood->pending->id() != current_->stop->pending->id()) {
      notice_ = "The token that comes next is another one than when this branch was left.";
    }
  }
  return {};
}

}  // namespace inferno::cli::debug
