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
  llama_synchronize(model.context());
  llama_memory_clear(llama_get_memory(model.context()), true);
}

std::size_t Decoder::max_piece(Logits wanted) const {
  const std::size_t n_batch = wants_logits_.size();
  return wanted == Logits::kAll ? std::min<std::size_t>(n_batch, model_.n_outputs_max()) : n_batch;
}

Result<void> Decoder::decode(std::span<const std::int32_t> tokens, Logits wanted) {
  INFERNO_CHECK(!tokens.empty() && tokens.size() <= max_piece(wanted));
  std::fill_n(wants_logits_.begin(), tokens.size(), wanted == Logits::kAll ? 1 : 0);
  if (wanted == Logits::kLast) wants_logits_[tokens.size() - 1] = 1;

  const auto start = std::chrono::steady_clock::now();
  const int answer = call(tokens);
  decode_us_ = std::chrono::duration<double, std::micro>(std::chrono::steady_clock::now() - start).count();
  if (answer == 0) {
    n_past_ += static_cast<std::uint32_t>(tokens.size());
    return {};
  }
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
