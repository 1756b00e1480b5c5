#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <string>

#include "base/result.h"
#include "session/branch_request.h"
#include "session/run_past.h"
#include "session/run_readers.h"
#include "session/runs.h"

namespace inferno::session {

// Brings runs that are branches of others on their way: reads the other's past, says what
// the engine has to know, and, once the engine has begun, copies the other's tokens into
// the new record, so that it stands for itself. What the engine says meanwhile is held
// back until the copies are there. References are borrowed and outlive it.
class Branches {
 public:
  struct Events {
    // The run can be given to its engine: Run::start_message is complete.
    std::function<void(std::uint32_t run)> on_ready;
    std::function<void(std::uint32_t run, const Error&)> on_failed;
    // These messages of the engine were held back until now: the copies are there, or
    // the run has failed.
    std::function<void(std::uint32_t run, std::deque<Bytes> held)> on_copied;
  };
  Branches(RunReaders& readers, Runs& runs, Events events)
      : readers_(readers), runs_(runs), events_(std::move(events)) {}

  // For a model with this vocabulary, from the file of this name.
  void prepare(Run& run, std::uint32_t n_vocab, const std::string& model_name);
  // The engine has told RunStarted, which is in the run's record now.
  void started(std::uint32_t run);
  // True: the message was held back.
  bool hold(std::uint32_t run, std::span<const std::uint8_t> message);
  // The RunStarted of a branch with what the server has to add, if that is anything.
  std::optional<Bytes> completed(const protocol::Envelope& started) const;
  // The run has ended.
  void forget(std::uint32_t run) { waiting_.erase(run); }
  // Whether a branch still needs the run.
  bool need(std::uint32_t run) const;

 private:
  struct Waiting {
    std::uint32_t parent = 0;
    std::uint32_t position = 0;
    std::uint32_t n_copied = 0;
    std::optional<protocol::SamplerChangedT> first_sampler;
    bool has_own_sampler = false;
    std::string warning;  // of the model; empty: none
    bool is_copying = false;
    std::deque<Bytes> held;
  };

  void on_past(std::uint32_t run, std::uint32_t n_vocab, const std::string& model_name, Result<RunPast> past);
  void on_copied(std::uint32_t run, const Result<void>& copied);

  RunReaders& readers_;
  Runs& runs_;
  Events events_;
  std::map<std::uint32_t, Waiting> waiting_;
};

}  // namespace inferno::session
