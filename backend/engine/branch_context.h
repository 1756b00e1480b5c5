#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "base/result.h"
#include "engine/model.h"

struct llama_context;

namespace inferno::engine {

// A token of a batch of several sequences.
struct BranchToken {
  std::int32_t token = 0;
  std::int32_t sequence = 0;
  std::uint32_t position = 0;
  bool wants_logits = false;
};

// A second context on a model's weights, in which several sequences share one prefix:
// what explores continuations works here, so that the model's own context, and the run
// that is paused in it, are left as they are. Sequence 0 is the prefix; the others
// branch off from it or from each other, which copies no keys and values.
//
// Keeps its prefix between uses, or takes over what the model's own context holds of it,
// and decodes only the rest. The same cache types, flash attention and threads as the model's own context. Uses
// Model's thread; the model must outlive it. A decode in progress ends early when the
// model's abort is requested or `stop` becomes true (CPU backends). After an error the
// context is empty and can be used again.
class BranchContext {
 public:
  struct Shape {
    std::uint32_t n_positions = 0;  // of all sequences together, what they share counted once
    std::uint32_t n_sequences = 0;  // the prefix's included
  };

  // What a context of this shape takes, in proportion to what the model's own was
  // reckoned to need; for recurrent and hybrid models an upper bound.
  static std::uint64_t bytes_needed(const ModelInfo& info, const Shape& shape);

  // Errors: kNotEnoughMemory, with the numbers; what libllama says if it makes none.
  static Result<std::unique_ptr<BranchContext>> create(Model& model, const Shape& shape, const std::atomic<bool>& stop);
  ~BranchContext();
  BranchContext(const BranchContext&) = delete;
  BranchContext& operator=(const BranchContext&) = delete;

  bool has_room_for(const Shape& shape) const;

  // Drops all branches and makes sequence 0 hold exactly these tokens.
  // Errors: as decode().
  Result<void> stand_at(std::span<const std::int32_t> prefix);
  // Of the token after the prefix; valid until the next stand_at().
  std::span<const float> prefix_logits() const { return prefix_logits_; }

  // Makes `to` hold what `from` holds.
  void branch(std::int32_t from, std::int32_t to);
  void drop(std::int32_t sequence);

  using OnLogits = std::function<void(std::size_t index, std::span<const float> logits)>;
  // Positions of one sequence follow one another. `on_logits` gets, in order, the logits
  // of each token that wants them; they are valid during the call.
  // Errors: kCancelled, kContextFull, kInternal.
  Result<void> decode(std::span<const BranchToken> tokens, const OnLogits& on_logits);

  // Positions computed since it was made.
  std::uint64_t n_decoded() const { return n_decoded_; }

 private:
  struct FreeContext {
    void operator()(llama_context* context) const;
  };
  using Handle = std::unique_ptr<llama_context, FreeContext>;

  // What libllama's abort callback is given.
  struct Watch {
    Model* model;
    const std::atomic<bool>* stop;

    bool stops() const { return model->count_activity() || stop->load(std::memory_order_relaxed); }
    static bool ask(void* self) { return static_cast<const Watch*>(self)->stops(); }
  };

  BranchContext(Model& model, const Shape& shape, const std::atomic<bool>& stop);
  // How many tokens of the prefix sequence 0 holds now, the last one never.
  std::size_t hold_common(std::span<const std::int32_t> prefix);
  // True: it was worth it, and sequence 0 holds so many tokens.
  bool take_over(std::size_t n_tokens);
  Result<void> decode_piece(std::span<const BranchToken> tokens);
  Error error_of(int answer) const;
  void clear();

  Model& model_;
  Shape shape_;
  Watch watch_;
  Handle context_;
  std::vector<std::int32_t> prefix_;
  std::vector<float> prefix_logits_;
  std::uint64_t n_decoded_ = 0;

  // llama_batch's arrays, of the size of one piece.
  std::vector<std::int32_t> tokens_;
  std::vector<std::int32_t> positions_;
  std::vector<std::int32_t> n_sequence_ids_;
  std::vector<std::int32_t> sequence_ids_;
  std::vector<std::int32_t*> sequence_id_lists_;
  std::vector<std::int8_t> wants_logits_;
};

}  // namespace inferno::engine
