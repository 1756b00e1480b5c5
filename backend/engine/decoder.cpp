#include "engine/decoder.h"

#include <llama.h>

#include <algorithm>
#include <chrono>
#include <string>

#include "base/check.h"
#include "engine/llama_call.h"
#include "engine/llama_log.h"

namespace inferno::engine {

Decoder::Decoder(Model& model) : model_(model), wants_logits_(llama_n_batch(model.context()), 0) {
  // One entry a token at most, so that the decode loop need not allocate.
  model.cache().tokens.reserve(llama_n_ctx(model.context()));
  model.cache().pieces.reserve(llama_n_ctx(model.context()));
}

void Decoder::empty() {
  llama_synchronize(model_.context());
  llama_memory_clear(llama_get_memory(model_.context()), true);
  model_.cache().clear();
  n_past_ = 0;
  begun_ = true;
}

std::size_t Decoder::keep(const CacheRecord& plan, std::size_t n_pieces) {
  INFERNO_CHECK(!begun_ && n_pieces <= plan.pieces.size());
  CacheRecord& held = model_.cache();
  std::size_t n_kept = 0, n_tokens = 0;
  while (n_kept < std::min(n_pieces, held.pieces.size()) && held.pieces[n_kept] == plan.pieces[n_kept]) {
    const auto from = held.tokens.begin() + static_cast<std::ptrdiff_t>(n_tokens);
    if (!std::equal(from, from + held.pieces[n_kept], plan.tokens.begin() + static_cast<std::ptrdiff_t>(n_tokens)))
      break;
    n_tokens += held.pieces[n_kept++];
  }
  llama_synchronize(model_.context());
  const auto first_removed = static_cast<llama_pos>(n_tokens);
  const llama_memory_t memory = llama_get_memory(model_.context());
  // A sliding window that has dropped its beginning would be filled in another order.
  const bool is_whole = n_kept > 0 && llama_memory_seq_pos_min(memory, 0) == 0;
  if (!is_whole || !llama_memory_seq_rm(memory, 0, first_removed, -1)) {
    empty();
    return 0;
  }
  held.tokens.resize(n_tokens);
  held.pieces.resize(n_kept);
  n_past_ = static_cast<std::uint32_t>(n_tokens);
  begun_ = true;
  return n_kept;
}

std::size_t Decoder::max_piece(Logits wanted) const {
  const std::size_t n_batch = wants_logits_.size();
  return wanted == Logits::kAll ? std::min<std::size_t>(n_batch, model_.n_outputs_max()) : n_batch;
}

Result<void> Decoder::decode(std::span<const std::int32_t> tokens, Logits wanted) {
  INFERNO_CHECK(!tokens.empty() && tokens.size() <= max_piece(wanted));
  if (!begun_) empty();
  std::fill_n(wants_logits_.begin(), tokens.size(), wanted == Logits::kAll ? 1 : 0);
  if (wanted == Logits::kLast) wants_logits_[tokens.size() - 1] = 1;

  const auto start = std::chrono::steady_clock::now();
  const int answer = call(tokens);
  decode_us_ = std::chrono::duration<double, std::micro>(std::chrono::steady_clock::now() - start).count();
  if (answer == 0) {
    n_past_ += static_cast<std::uint32_t>(tokens.size());
    model_.cache().tokens.insert(model_.cache().tokens.end(), tokens.begin(), tokens.end());
    model_.cache().pieces.push_back(static_cast<std::uint32_t>(tokens.size()));
    return {};
  }
  model_.cache().clear();  // who knows what is in it now
  if (answer == 2 || model_.abort_requested()) return Error{ErrorCode::kCancelled, "Stopped during a decode.", ""};
  if (answer == 1) {
    return Error{ErrorCode::kContextFull, "The context has no room for position " + std::to_string(n_past_) + ".",
                 "Load the model with a longer context."};
  }
  const std::string why = LlamaLog::install().errors();
  return Error{ErrorCode::kInternal,
               "llama.cpp could not decode (" + std::to_string(answer) + ")" + (why.empty() ? "." : ": " + why),
               "Load the model again; fewer GPU layers or a shorter context need less memory."};
}

int Decoder::call(std::span<const std::int32_t> tokens) {
  llama_batch batch = {};
  batch.n_tokens = static_cast<std::int32_t>(tokens.size());
  batch.token = const_cast<llama_token*>(tokens.data());  // libllama only reads it
  batch.logits = wants_logits_.data();
  const LlamaCall call;
  try {
    const int answer = llama_decode(model_.context(), batch);
    llama_synchronize(model_.context());
    return answer;
  } catch (const std::exception&) {
    return -4;
  }
}

std::span<const float> Decoder::logits(std::size_t index) const {
  const LlamaCall call;
  const float* row = llama_get_logits_ith(model_.context(), static_cast<std::int32_t>(index));
  INFERNO_CHECK(row != nullptr);
  return {row, model_.info().n_vocab};
}

}  // namespace inferno::engine
