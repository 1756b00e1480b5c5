#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"
#include "engine/model_files.h"

namespace inferno::engine {

// What kind of network a file holds, as far as Inferno must treat it differently.
enum class Content : std::uint8_t {
  kDecoder,         // continues text: what Inferno runs
  kVocabulary,      // a tokenizer without weights
  kEncoder,         // turns text into vectors (BERT and its kin)
  kEncoderDecoder,  // T5
  kDiffusion,       // fills text in all places at once
  kProjector,       // the image or audio part of a multimodal model
  kAdapter,         // LoRA weights or a control vector
  kDraft,           // a helper for another model, of no use alone
  kOther,           // data about a model: an importance matrix
};

// The numbers that describe a network, from the file's metadata. 0 where absent.
struct Hyperparameters {
  std::string architecture;
  Content content = Content::kDecoder;
  bool recurrent = false;  // without attention
  std::uint32_t n_ctx_train = 0, n_embd = 0, n_layers = 0, n_ff = 0;
  std::uint32_t n_heads = 0, n_kv_heads = 0;  // of the layer with the most
  std::uint32_t n_experts = 0, n_experts_used = 0;
  std::uint32_t n_vocab = 0;
  std::uint32_t n_positions = 0;  // rows of a learned position table; 0: no such table
  std::uint64_t weights_bytes = 0;
  std::uint64_t cache_values_per_token = 0;  // keys and values of all layers
};

Hyperparameters read_hyperparameters(const ModelFiles& files);

// Refuses, in words, what is no decoder. Errors: kVocabularyOnly,
// kUnsupportedArchitecture.
Result<void> check_is_decoder(const std::string& path, const Hyperparameters& parameters);

// Refuses values on which llama.cpp would stop the process instead of reporting an
// error. Error: kInvalidModel.
Result<void> check_values(const ModelFiles& files, const Hyperparameters& parameters);

// The same for the tokens: no two may be equal. Error: kInvalidModel.
Result<void> check_tokens(const ModelFiles& files);

}  // namespace inferno::engine
