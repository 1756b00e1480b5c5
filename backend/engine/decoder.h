#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "base/result.h"
#include "engine/model.h"

namespace inferno::engine {

enum class Logits : std::uint8_t { kSkip, kLast, kAll };

// llama_decode on one sequence that starts from an empty cache: gives it pieces of
// tokens, takes the time, and turns libllama's answers into errors in words. Does not
// split: a piece has at most max_piece() tokens. Uses Model's thread; the model must
// outlive it.
class Decoder {
 public:
  // Empties the model's cache.
  explicit Decoder(Model& model);

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
  int call(std::span<const std::int32_t> tokens);

  Model& model_;
  std::vector<std::int8_t> wants_logits_;
  std::uint32_t n_past_ = 0;
  double decode_us_ = 0;
};

}  // namespace inferno::engine
