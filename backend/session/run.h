#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include "base/result.h"
#include "protocol/message.h"
#include "session/recorder.h"
#include "session/run_log.h"

namespace inferno::session {

// One generation: what was asked for, its log, and what the log says of its state.
// Knows neither engines nor clients.
class Run {
 public:
  // `request` is the client's verified StartRun.
  Run(std::uint32_t id, const protocol::StartRun& request, Bytes start_message, std::string model_name);

  std::uint32_t id() const { return id_; }
  std::uint32_t model() const { return model_; }
  const RunLog& log() const { return log_; }
  RunLog& log() { return log_; }
  bool finished() const { return reason_.has_value(); }
  std::size_t memory_bytes() const { return kOverheadBytes + start_message_.size() + log_.n_bytes(); }
  // The StartRun for the engine, addressed to this run. That of a branch has to be
  // completed first with what only the server knows.
  const Bytes& start_message() const { return start_message_; }
  bool is_complete() const { return is_complete_; }
  void complete(Bytes start_message) {
    start_message_ = std::move(start_message);
    is_complete_ = true;
  }
  std::optional<std::uint32_t> parent() const { return parent_; }
  std::optional<std::uint32_t> fork_position() const { return fork_position_; }
  bool is_replay() const { return is_replay_; }
  protocol::RunSummaryT summary() const;
  std::int64_t asked_s() const { return asked_s_; }
  // A branch belongs to the session of its parent, and has its prompt.
  void join(const protocol::RunSummaryT& parent, std::uint32_t session);
  std::uint32_t session() const { return session_; }
  // As people gave it; absent parts stay.
  void label(const RunLabel& label);

  // Whether its messages wait to be stored before clients may have them.
  bool is_recorded() const { return stored_seq_.has_value(); }
  void record() { stored_seq_ = 0; }
  void stored(std::uint32_t seq) {
    if (stored_seq_) stored_seq_ = seq;
  }
  // Goes on in memory alone.
  void stop_recording(std::string reason) {
    stored_seq_.reset();
    not_recorded_ = std::move(reason);
  }
  // The last message that clients may have.
  std::uint32_t announced_seq() const { return stored_seq_.value_or(log_.last_seq()); }

  // Appends what the engine said of this run, or of the run it is a branch of. Errors:
  // kMalformedMessage for a message that does not carry the next number, or comes after
  // the end, or is none of a run's record.
  Result<void> append_from_engine(std::span<const std::uint8_t> envelope);

  // Ends an unfinished run in the server's own words, whatever the engine does.
  void finish(protocol::FinishReason reason, const std::optional<inferno::Error>& error);

 private:
  // Of keeping a run at all: short ones come in thousands.
  static constexpr std::size_t kOverheadBytes = 1500;

  void note(const protocol::Envelope& envelope);

  std::uint32_t id_;
  std::uint32_t model_;
  std::string model_name_;
  std::string prompt_;  // its beginning
  Bytes start_message_;
  bool is_complete_ = true;
  std::optional<std::uint32_t> parent_, fork_position_;  // of a branch
  std::uint32_t session_;
  bool is_replay_ = false;
  RunLog log_;
  std::uint32_t n_prompt_ = 0;
  std::uint32_t n_generated_ = 0;
  double sum_logprob_ = 0;
  std::int64_t asked_s_;
  bool paused_ = false;
  RunLabel label_;
  std::string not_recorded_;                      // why; empty: nothing failed
  std::optional<std::uint32_t> stored_seq_;       // absent: not recorded
  std::optional<protocol::FinishReason> reason_;  // once finished
};

}  // namespace inferno::session
