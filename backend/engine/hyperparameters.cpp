#include "engine/hyperparameters.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>
#include <unordered_map>

#include "engine/printable.h"

namespace inferno::engine {
namespace {

// llama.cpp 0.5.0's limits (src/llama-hparams.h); it aborts beyond them.
constexpr std::uint64_t kMaxLayers = 512;
constexpr std::uint64_t kMaxExperts = 1024;
// No model is near it, and sizes computed from it stay far from overflow.
constexpr std::uint64_t kMaxWidth = 1u << 24;

constexpr std::array<std::string_view, 11> kEncoders = {
    "bert",         "modern-bert", "nomic-bert",      "nomic-bert-moe", "neo-bert", "jina-bert-v2",
    "jina-bert-v3", "eurobert",    "gemma-embedding", "llama-embed",    "t5encoder"};
constexpr std::array<std::string_view, 4> kDiffusion = {"dream", "llada", "llada-moe", "rnd1"};
constexpr std::array<std::string_view, 3> kDrafts = {"eagle3", "dflash", "gemma4-assistant"};
constexpr std::array<std::string_view, 6> kRecurrent = {"mamba", "mamba2", "rwkv6", "rwkv6qwen2", "rwkv7", "arwkv7"};

template <std::size_t n>
bool one_of(const std::array<std::string_view, n>& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

Content content_of(const ModelFiles& files, const std::string& architecture) {
  const std::string type = files.main().text("general.type").value_or("");
  if (type == "adapter" || architecture == "controlvector" || files.main().has("adapter.type"))
    return Content::kAdapter;
  if (type == "mmproj" || architecture == "clip") return Content::kProjector;
  if (type == "imatrix") return Content::kOther;
  if (files.n_tensors() == 0) return Content::kVocabulary;
  if (architecture == "t5") return Content::kEncoderDecoder;
  if (one_of(kDiffusion, architecture)) return Content::kDiffusion;
  if (one_of(kDrafts, architecture)) return Content::kDraft;
  const bool causal = files.main().flag(architecture + ".attention.causal").value_or(true);
  if (one_of(kEncoders, architecture) || !causal) return Content::kEncoder;
  return Content::kDecoder;
}

std::uint32_t to_u32(std::uint64_t value) {
  return static_cast<std::uint32_t>(std::min<std::uint64_t>(value, UINT32_MAX));
}

std::uint32_t largest(const std::vector<std::uint64_t>& values) {
  return values.empty() ? 0 : to_u32(*std::max_element(values.begin(), values.end()));
}

std::uint64_t cache_values_per_token(const GgufFile& file, const Hyperparameters& p) {
  if (p.recurrent || p.n_heads == 0) return 0;
  const std::string prefix = p.architecture + ".attention.";
  const std::uint64_t key = file.number(prefix + "key_length").value_or(p.n_embd / p.n_heads);
  const std::uint64_t value = file.number(prefix + "value_length").value_or(p.n_embd / p.n_heads);
  const std::vector<std::uint64_t> heads = file.numbers(prefix + "head_count_kv");
  std::uint64_t n_heads = 0;
  for (std::uint32_t layer = 0; layer < p.n_layers && layer < kMaxLayers; ++layer) {
    n_heads += heads.size() > 1 ? (layer < heads.size() ? heads[layer] : 0) : p.n_kv_heads;
  }
  return n_heads * std::min(key + value, kMaxWidth);
}

struct Refusal {
  ErrorCode code;
  const char* what;
  const char* hint;
};

Refusal refusal(Content content) {
  constexpr ErrorCode kUnsupported = ErrorCode::kUnsupportedArchitecture;
  switch (content) {
    case Content::kVocabulary:
      return {ErrorCode::kVocabularyOnly, "holds a tokenizer without weights",
              "It can tokenize, but not generate. Load a file with weights."};
    case Content::kEncoder:
      return {kUnsupported, "is an embedding model: it turns text into vectors and does not continue it",
              "Load a model that generates text."};
    case Content::kEncoderDecoder:
      return {kUnsupported, "is an encoder-decoder model, and Inferno runs decoders only",
              "Load a decoder model, such as one of the Llama, Mistral or Qwen families."};
    case Content::kDiffusion:
      return {kUnsupported, "is a diffusion model: it does not generate token by token",
              "Load a decoder model, such as one of the Llama, Mistral or Qwen families."};
    case Content::kProjector:
      return {kUnsupported, "is the image or audio part (mmproj) of a multimodal model",
              "Load the language model that it belongs to."};
    case Content::kAdapter:
      return {kUnsupported, "is an adapter (LoRA or control vector), not a model",
              "Load the model that it was made for."};
    case Content::kDraft:
      return {kUnsupported, "is a helper for speculative decoding and cannot run alone",
              "Load the model that it was made for."};
    case Content::kOther:
      return {kUnsupported, "holds data about a model, not a model", "Load the model itself."};
    case Content::kDecoder:
      break;
  }
  return {ErrorCode::kInternal, "", ""};
}

Error bad_value(const ModelFiles& files, const std::string& what) {
  return {ErrorCode::kInvalidModel, fmt::format("{} contradicts itself: {}", files.path(), what),
          "Download or convert the model again."};
}

// The range of one number of the architecture's; an absent one is llama.cpp's business.
Result<void> check_range(const ModelFiles& files, const std::string& key, std::uint64_t low, std::uint64_t high) {
  for (const std::uint64_t value : files.main().numbers(key)) {
    if (value < low || value > high) {
      return bad_value(files, fmt::format("{} is {}, and {} to {} is possible", printable(key, 100), value, low, high));
    }
  }
  return {};
}

Result<void> check_experts(const ModelFiles& files, const Hyperparameters& p) {
  if (p.n_experts > kMaxExperts)
    return bad_value(files, fmt::format("it has {} experts, and at most {} are possible", p.n_experts, kMaxExperts));
  if (p.n_experts_used > p.n_experts)
    return bad_value(files, fmt::format("it uses {} of {} experts", p.n_experts_used, p.n_experts));
  if (p.n_experts > 1 && p.n_experts_used == 0)
    return bad_value(files, fmt::format("it has {} experts and uses none", p.n_experts));
  return {};
}

}  // namespace

Hyperparameters read_hyperparameters(const ModelFiles& files) {
  const GgufFile& file = files.main();
  Hyperparameters p;
  p.architecture = file.text("general.architecture").value_or("");
  p.content = content_of(files, p.architecture);
  p.recurrent = one_of(kRecurrent, p.architecture);
  const auto number = [&](const char* name) { return largest(file.numbers(p.architecture + name)); };
  p.n_ctx_train = number(".context_length");
  p.n_embd = number(".embedding_length");
  p.n_layers = number(".block_count");
  p.n_ff = number(".feed_forward_length");
  p.n_heads = number(".attention.head_count");
  p.n_kv_heads = file.has(p.architecture + ".attention.head_count_kv") ? number(".attention.head_count_kv") : p.n_heads;
  p.n_experts = number(".expert_count");
  p.n_experts_used = number(".expert_used_count");
  for (const MetadataEntry& entry : file.metadata()) {
    if (entry.key == "tokenizer.ggml.tokens") p.n_vocab = to_u32(entry.n.value_or(0));
  }
  if (const auto shape = files.tensor_shape("position_embd.weight"); shape.size() == 2)
    p.n_positions = to_u32(shape[0]);
  for (const TensorInfo& tensor : files.tensors()) p.weights_bytes += tensor.size_bytes;
  p.cache_values_per_token = cache_values_per_token(file, p);
  return p;
}

Result<void> check_is_decoder(const std::string& path, const Hyperparameters& parameters) {
  if (parameters.content == Content::kDecoder) return {};
  const Refusal no = refusal(parameters.content);
  return Error{no.code, fmt::format("{} {}", path, no.what), no.hint};
}

Result<void> check_values(const ModelFiles& files, const Hyperparameters& p) {
  if (p.architecture.empty()) return bad_value(files, "it does not name its architecture");
  struct Range {
    const char* name;
    std::uint64_t low, high;
  };
  constexpr std::array<Range, 6> kRanges = {{{".block_count", 1, kMaxLayers},
                                             {".embedding_length", 1, kMaxWidth},
                                             {".context_length", 1, INT32_MAX},
                                             {".feed_forward_length", 0, kMaxWidth},
                                             {".attention.key_length", 1, kMaxWidth},
                                             {".attention.value_length", 1, kMaxWidth}}};
  for (const Range& range : kRanges) {
    if (auto ok = check_range(files, p.architecture + range.name, range.low, range.high); !ok) return ok;
  }
  const bool has_heads = files.main().has(p.architecture + ".attention.head_count");
  if (!p.recurrent && has_heads && p.n_heads == 0) return bad_value(files, "it has no attention heads");
  if (p.n_heads > p.n_embd)
    return bad_value(files, fmt::format("it has {} attention heads for {} dimensions", p.n_heads, p.n_embd));
  if (p.n_kv_heads > p.n_heads)
    return bad_value(files, fmt::format("it has {} attention heads and {} key/value heads", p.n_heads, p.n_kv_heads));
  return check_experts(files, p);
}

Result<void> check_tokens(const ModelFiles& files) {
  const std::string tokenizer = files.main().text("tokenizer.ggml.model").value_or("none");
  if (tokenizer == "none" || tokenizer == "no_vocab") return {};
  const std::vector<std::string_view> tokens = files.main().texts("tokenizer.ggml.tokens");
  std::unordered_map<std::string_view, std::size_t> ids;
  ids.reserve(tokens.size());
  for (std::size_t id = 0; id < tokens.size(); ++id) {
    if (tokens[id].empty()) continue;  // llama.cpp gives these names of their own
    const auto [first, is_new] = ids.emplace(tokens[id], id);
    if (is_new) continue;
    return bad_value(files,
                     fmt::format("tokens {} and {} are both \"{}\"", first->second, id, printable(tokens[id], 100)));
  }
  return {};
}

}  // namespace inferno::engine
