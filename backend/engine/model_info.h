#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "engine/options.h"

namespace inferno::engine {

// Plain descriptions of a model, mirrored by ModelInfo and its parts in
// protocol/inferno.fbs, where each field is explained.

struct Warning {
  std::string code;
  std::string message;
};

struct MetadataEntry {
  std::string key;
  std::string type;
  std::string value;
  std::optional<std::uint64_t> n;
};

struct TensorInfo {
  std::string name;
  std::string type;
  std::vector<std::uint64_t> shape;  // slowest dimension first
  std::uint64_t size_bytes = 0;
};

struct TokenizerInfo {
  std::string model;
  std::string pre;
  std::uint32_t n_tokens = 0;
  std::optional<std::int32_t> bos, eos, eot, pad, unk;
  bool adds_bos = false;
  bool adds_eos = false;
  std::uint32_t n_control = 0;
};

struct Capabilities {
  bool generate = false;
  bool attention = false;
  bool roll_back = false;
  bool chat_template = false;
  bool bos = false;
  bool eos = false;
  bool recurrent = false;
  bool hybrid = false;
  bool mixture_of_experts = false;
  bool encoder = false;
  bool tokenize = false;
};

struct MemoryEstimate {
  std::uint64_t weights_bytes = 0;
  std::uint64_t cache_bytes = 0;
  std::uint64_t compute_bytes = 0;
  std::uint64_t total_bytes = 0;
  std::uint64_t available_bytes = 0;
};

struct ChatMessage {
  std::string role;
  std::string content;
};

struct Example {
  std::string title;
  std::string text;                   // the prompt,
  std::vector<ChatMessage> messages;  // or, where there are any, a conversation
  std::string note;
};

struct ModelInfo {
  std::string name, path, architecture, description, quantisation;
  std::uint64_t size_bytes = 0;
  std::uint64_t file_bytes = 0;
  std::uint64_t n_params = 0;
  std::uint32_t n_ctx_train = 0, n_embd = 0, n_layers = 0, n_heads = 0, n_kv_heads = 0, n_vocab = 0;
  std::uint32_t n_experts = 0, n_experts_used = 0;
  TokenizerInfo tokenizer;
  std::string chat_template;
  Capabilities capabilities;
  MemoryEstimate memory;
  std::vector<Warning> warnings;
  std::vector<MetadataEntry> metadata;
  std::vector<TensorInfo> tensors;
  std::uint32_t n_ctx = 0;
  EngineOptions options;  // as resolved
  std::vector<std::string> devices;
  std::vector<Example> examples;
};

}  // namespace inferno::engine
