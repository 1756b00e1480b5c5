#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/result.h"
#include "protocol/message.h"
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
  bool finished() const { return finished_; }
  std::size_t memory_bytes() const { return start_message_.size() + log_.n_bytes(); }
  // The StartRun for the engine, addressed to this run.
  const Bytes& start_message() const { return start_message_; }
  protocol::RunSummaryT summary() const;

  // Appends what the engine said of this run. Errors: kMalformedMessage for a message
  // that does not carry the next number, or comes after the end, or is none of a
  // run's record.
  Result<void> append_from_engine(std::span<const std::uint8_t> envelope);

  // Ends an unfinished run in the server's own words, whatever the engine does.
  void finish(protocol::FinishReason reason, const std::optional<inferno::Error>& error);

 private:
  void note(const protocol::Envelope& envelope);

  std::uint32_t id_;
  std::uint32_t model_;
  std::string model_name_;
  std::string prompt_;  // its beginning
  Bytes start_message_;
  RunLog log_;
  std::uint32_t n_prompt_ = 0;
  std::uint32_t n_generated_ = 0;
  double sum_logprob_ = 0;
  bool paused_ = false;
  bool finished_ = false;
};

}  // namespace inferno::session
