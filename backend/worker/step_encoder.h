#pragma once

#include <flatbuffers/flatbuffers.h>

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "engine/step.h"
#include "engine/token_table.h"
#include "inferno_generated.h"

namespace inferno::worker {

// Turns step records of the decode loop into Steps or PromptTokens messages of the
// client wire: add() some, then finish(). Reuses its memory: after the first messages
// it allocates nothing. The bytes of a token are written once per message, however
// often it is a candidate. NaN and the like become absent fields.
// Does not send, number or bound messages: the caller looks at size_bytes() and
// count(). One thread; the token table must outlive it.
class StepEncoder {
 public:
  explicit StepEncoder(const engine::TokenTable& tokens);
  const engine::TokenTable& tokens() const { return tokens_; }

  // All records of a message are prompt tokens, or none is.
  void add(const engine::StepRecord& record);
  std::size_t count() const { return steps_.size(); }
  // Of the message so far, within a few bytes.
  std::size_t size_bytes() const { return builder_.GetSize(); }
  // The finished Envelope, valid until the next add(). At least one record must have
  // been added.
  std::span<const std::uint8_t> finish(std::uint32_t run, std::uint32_t seq);

 private:
  struct Bytes {
    flatbuffers::uoffset_t offset = 0;  // 0: not in this message yet
  };

  void start_message();
  flatbuffers::uoffset_t bytes_of(std::int32_t id);
  flatbuffers::Offset<protocol::Token> token(std::int32_t id);
  flatbuffers::Offset<protocol::Candidate> candidate(const engine::CandidateRecord& record);
  flatbuffers::Offset<protocol::StageTrace> stage(const engine::StageRecord& record);
  flatbuffers::Offset<protocol::Watched> watched(const engine::WatchRecord& record);

  const engine::TokenTable& tokens_;
  flatbuffers::FlatBufferBuilder builder_;
  std::vector<Bytes> written_;             // [n_vocab]
  std::vector<std::int32_t> written_ids_;  // those of this message
  std::vector<flatbuffers::Offset<protocol::Step>> steps_;
  std::vector<flatbuffers::Offset<protocol::Candidate>> candidates_;
  std::vector<flatbuffers::Offset<protocol::StageTrace>> stages_;
  std::vector<flatbuffers::Offset<protocol::Watched>> watched_;
  bool is_prompt_ = false;
  bool finished_ = false;
};

}  // namespace inferno::worker
