#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "protocol/message.h"

namespace inferno::store {

// What the store looks at in a run's messages.

// Whether a message of this kind is part of a run's record.
bool is_run_message(protocol::Body body);

// The steps of PromptTokens or Steps, else null.
const flatbuffers::Vector<flatbuffers::Offset<protocol::Step>>* steps_of(const protocol::Envelope& envelope);

// The prompt of a StartRun as text, at most `max_bytes`, to be found by.
std::string prompt_text(const protocol::StartRun* request, std::size_t max_bytes);

// Collects what a chunk shows without being unpacked: its tokens' text, and a line of
// JSON with [token, raw log-probability, entropy, rank] of each step, rounded.
class StepSummary {
 public:
  void add(const protocol::Envelope& envelope);
  std::string steps() const { return "[" + steps_ + "]"; }
  std::string text() const;  // valid UTF-8; without control tokens
  std::uint32_t n_steps() const { return n_steps_; }
  std::optional<std::uint32_t> first_position() const { return first_position_; }

 private:
  void add(const protocol::Step& step);

  std::string steps_;
  std::string bytes_;
  std::uint32_t n_steps_ = 0;
  std::optional<std::uint32_t> first_position_;
};

}  // namespace inferno::store
