#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "base/result.h"
#include "protocol/message.h"
#include "session/run_readers.h"
#include "session/runs.h"

namespace inferno::session {

// What a run did before one of its positions: all that a branch from there, a replay, or
// a look at what could have come there has to know. A few bytes a token.
struct RunPast {
  struct Token {
    std::int32_t id = 0;
    bool forced = false;  // put there by a person, not by the chain
    bool drew = false;    // a random number was used up for it
  };

  std::uint32_t run = 0;
  std::uint32_t position = 0;
  std::vector<std::int32_t> prompt;  // ids; all of them unless `position` lies within the prompt
  std::vector<Token> generated;
  // As the run told it, with the chain that its first step was chosen with: the record of
  // a branch begins with a change of the sampler where that is not the branch's own.
  protocol::RunStartedT started;
  // The chain that is to choose at `position`, with every parameter filled in.
  std::vector<std::unique_ptr<protocol::SamplerStageT>> sampler;
  std::uint32_t seed = 0;
  std::optional<std::uint32_t> sampler_since;  // position from which on it is in use; absent: from the first
  std::vector<std::unique_ptr<protocol::TokensBannedT>> bans;  // as far as they may still hold
  double sum_logprob = 0;                                      // raw, of `generated`
  std::optional<double> prompt_sum_logprob;                    // absent: no prompt token was scored
  std::uint32_t n_prompt_scored = 0;
  // The run's messages of tokens, bans and later changes of the sampler that lie before
  // `position`, wholly or in part.
  std::uint32_t n_messages = 0;

  std::vector<std::int32_t> ids() const;  // prompt and generated
};

// Makes a RunPast of the run's messages, fed one by one from the first. Needs no more
// memory than what it makes.
class RunPastBuilder {
 public:
  RunPastBuilder(std::uint32_t run, std::uint32_t position);

  // False: the rest of the run does not matter.
  bool add(const protocol::Envelope& envelope);
  // Errors: kWrongState for a run that has not started; kInvalidArgument for a position
  // behind its end; kMalformedMessage for a record with a gap.
  Result<RunPast> finish();

 private:
  bool add_steps(const flatbuffers::Vector<flatbuffers::Offset<protocol::Step>>& steps, bool is_prompt);
  void add_step(const protocol::Step& step, bool is_prompt);
  std::size_t n_tokens() const { return past_.prompt.size() + past_.generated.size(); }

  RunPast past_;
  bool has_started_ = false;
  bool has_gap_ = false;
};

// Of a run in memory (then the answer comes within the call) or a recorded one. Answers
// once. Errors besides: as Runs::message, so kNoSuchRun, kGone, and what reading a
// recording gives.
void read_past(RunReaders& readers, Runs& runs, std::uint32_t run, std::uint32_t position,
               std::function<void(Result<RunPast>)> done);

}  // namespace inferno::session
