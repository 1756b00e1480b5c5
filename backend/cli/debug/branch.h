#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "cli/sampler_flags.h"
#include "cli/settings.h"
#include "protocol/message.h"

namespace inferno::cli::debug {

// A step inside the message that it came in, which it keeps alive. Branches share them.
struct RecordedStep {
  std::shared_ptr<const protocol::Bytes> message;
  const protocol::Step* step = nullptr;

  std::int32_t id() const { return step->token() != nullptr ? step->token()->id() : -1; }
};

// Where and why a run gave the prompt back. Either it is paused, mostly with a token that
// waits to be taken, or it has ended.
struct Stop {
  protocol::PauseReason reason = protocol::PauseReason::Asked;
  std::vector<std::uint32_t> breakpoints;  // those that were hit
  std::optional<RecordedStep> pending;
  std::shared_ptr<const protocol::FinishedT> finished;
};

// The chain from a position on.
struct SamplerUse {
  std::uint32_t position = 0;
  bool changed = false;  // by SetSampler at this position; the run's own otherwise
  std::shared_ptr<const SamplerChain> chain;
  std::uint32_t seed = 0;
};

// A ban as it was told of; without ids: the end of all before it.
struct Ban {
  std::vector<std::int32_t> ids;
  std::uint32_t position = 0;  // the first step it concerns
  std::uint32_t n_steps = 0;   // 0: for the rest

  bool holds_at(std::uint32_t at) const { return at >= position && (n_steps == 0 || at < position + n_steps); }
  std::uint32_t left_at(std::uint32_t at) const { return n_steps == 0 ? 0 : position + n_steps - at; }
};

// One line of what was generated from a prompt, with all that was recorded of it and all
// that it takes to stand at any of its positions again.
struct Branch {
  std::uint32_t id = 0;        // as people name it, from 1
  std::uint32_t pipe_run = 0;  // the engine's number of the run that last extended it
  std::optional<std::uint32_t> parent;
  std::uint32_t fork_position = 0;
  std::string made_by;  // in words: how it began

  std::shared_ptr<const protocol::RunStartedT> started;
  SamplingSettings sampling;         // behind the newest chain
  std::vector<SamplerUse> samplers;  // by position
  std::vector<Ban> bans;
  std::vector<RecordedStep> steps;  // the prompt's and the generated ones
  std::optional<Stop> end;          // how it stood at its end when it was left
  std::uint32_t position = 0;       // of the token that comes next; less than steps.size() after going back
  std::optional<Stop> stop;         // how it stands there

  std::uint32_t n_prompt() const { return started ? started->n_prompt : 0; }
  std::uint32_t n_generated() const { return position > n_prompt() ? position - n_prompt() : 0; }
  std::uint32_t length() const { return static_cast<std::uint32_t>(steps.size()); }
  bool went_back() const { return position < length(); }
  bool finished() const { return stop && stop->finished; }
  const SamplerUse* sampler_at(std::uint32_t at) const;
  std::vector<Ban> bans_at(std::uint32_t at) const;  // those in force
  std::vector<std::int32_t> ids_before(std::uint32_t at) const;
};

SamplerChain copy_of(const SamplerChain& chain);

// A new branch with everything of `from` before `position`.
Branch branch_off(const Branch& from, std::uint32_t position, std::uint32_t id);

// What an engine has to be told to stand at `position` of the branch again.
std::unique_ptr<protocol::ForkT> make_fork(const Branch& branch, std::uint32_t position);

}  // namespace inferno::cli::debug
