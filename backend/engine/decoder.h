#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "base/result.h"
#include "engine/cache_record.h"
#include "engine/model.h"

namespace inferno::engine {

enum class Logits : std::uint8_t { kSkip, kLast, kAll };

// llama_decode on one sequence: gives it pieces of tokens, takes the time, keeps the
// model's CacheRecord, and turns libllama's answers into errors in words. Does not
// split: a piece has at most max_piece() tokens. Uses Model's thread; the model must
// outlive it.
class Decoder {
 public:
  // Begins with an empty cache, but for what keep() keeps.
  explicit Decoder(Model& model);

  // To be called first. Keeps of the cache what it has in common with `plan`: whole
  // pieces, at most `n_pieces` of them; empties it where the model cannot go back
  // (recurrent ones). Returns how many are kept; the next piece to decode is that one.
  std::size_t keep(const CacheRecord& plan, std::size_t n_pieces);

  // Tokens of one decode() that asks for these logits.
  std::size_t max_piece(Logits wanted) const;
  // Errors: kCancelled (the model's abort was requested), kContextFull, kInternal.
  Result<void> decode(std::span<const std::int32_t> tokens, Logits wanted);
  // Of the `index`-th token of the last piece; valid until the next decode().
  // kLast has them only for the piece's last token.
  std::span<const float> logits(std::size_t index) const;

  std::uint32_t n_past() const { return n_past_; }
  // Of the last piece, computation included.
  double decode_us() const { return decode_us_; }

 private:
  void empty();
  int call(std::span<const std::int32_t> tokens);

  Model& model_;
  std::vector<std::int8_t> wants_logits_;
  std::uint32_t n_past_ = 0;
  bool begun_ = false;
  double decode_us_ = 0;
};

}  // namespace inferno::engine
