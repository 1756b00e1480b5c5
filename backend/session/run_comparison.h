#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "protocol/message.h"
#include "session/client.h"
#include "session/step_difference.h"

namespace inferno::session {

// What is known of one side of a comparison besides its steps.
struct ComparedRun {
  std::optional<protocol::RunStartedT> started;
  std::string model_identity;  // tells one file's content from another's; empty: not known
  std::uint32_t n_forced = 0;
  std::uint32_t n_bans = 0;
  std::uint32_t n_sampler_changes = 0;
  std::uint32_t n_generated = 0;
};

// Compares two runs' records position by position, fed message by message, whichever side
// is behind: it keeps only what the other side has not reached yet. It ends where the runs
// stop saying the same: behind that, nothing can be compared.
class RunComparison {
 public:
  enum Side : std::size_t { kFirst = 0, kSecond = 1 };

  explicit RunComparison(float tolerance) : tolerance_(tolerance) {}

  void set_model_identity(Side side, std::string identity) { runs_[side].model_identity = std::move(identity); }
  // The side's messages in order, from the first; verified.
  void add(Side side, SharedBytes message);
  // No message comes any more.
  void end(Side side);

  bool wants(Side side) const { return !is_over_ && !ended_[side] && waiting_[side].empty(); }
  bool is_over() const { return is_over_; }
  std::uint32_t n_compared() const { return result_.n_compared; }
  // Once it is over.
  protocol::RunsComparedT result() const;

 private:
  struct Entry {
    SharedBytes message;  // what `step` lies in
    const protocol::Step* step = nullptr;
    bool is_prompt = false;
  };

  void go_on();
  void compare(const Entry& first, const Entry& second);
  bool is_replay(Side side) const { return runs_[side].started && runs_[side].started->replay; }
  bool has_same_capture() const;
  bool has_same_vocabulary() const;

  float tolerance_;
  std::array<ComparedRun, 2> runs_;
  std::array<std::deque<Entry>, 2> waiting_;
  std::array<bool, 2> ended_{};
  bool is_over_ = false;
  std::optional<std::uint32_t> other_prompt_;  // first position where the prompts differ
  bool tokens_differ_ = false;                 // as recorded, not only as the chain would choose
  protocol::RunsComparedT result_;
};

}  // namespace inferno::session
