#include "engine/describe.h"

#include <fmt/format.h>
#include <llama.h>

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <map>

#include "engine/chat_template.h"
#include "engine/examples.h"
#include "engine/printable.h"

namespace inferno::engine {
namespace {

std::string tokenizer_name(const llama_vocab* vocab) {
  switch (llama_vocab_type(vocab)) {
    case LLAMA_VOCAB_TYPE_NONE:
      return "none";
    case LLAMA_VOCAB_TYPE_SPM:
      return "SPM";
    case LLAMA_VOCAB_TYPE_BPE:
      return "BPE";
    case LLAMA_VOCAB_TYPE_WPM:
      return "WPM";
    case LLAMA_VOCAB_TYPE_UGM:
      return "UGM";
    case LLAMA_VOCAB_TYPE_RWKV:
      return "RWKV";
    case LLAMA_VOCAB_TYPE_PLAMO2:
      return "PLaMo-2";
    case LLAMA_VOCAB_TYPE_TEST:
      return "test";
  }
  return "unknown";
}

std::optional<std::int32_t> known_token(const llama_vocab* vocab, llama_token id) {
  if (id < 0 || id >= llama_vocab_n_tokens(vocab)) return std::nullopt;
  return id;
}

// libllama has no question for the unknown token.
std::optional<std::int32_t> unknown_token(const llama_vocab* vocab, const GgufFile& file) {
  const auto id = file.number("tokenizer.ggml.unknown_token_id");
  return id && *id < INT32_MAX ? known_token(vocab, static_cast<llama_token>(*id)) : std::nullopt;
}

// libllama has defaults (1 and 2) for what the file does not name, even where they
// are ordinary tokens: those do not count.
std::optional<std::int32_t> named_token(const llama_vocab* vocab, llama_token id, const GgufFile& file,
                                        const char* key) {
  const auto known = known_token(vocab, id);
  if (!known || file.has(key)) return known;
  return llama_vocab_is_control(vocab, id) ? known : std::nullopt;
}

TokenizerInfo describe_tokenizer(const llama_vocab* vocab, const GgufFile& file) {
  TokenizerInfo info;
  info.model = tokenizer_name(vocab);
  info.pre = printable(file.text("tokenizer.ggml.pre").value_or(""), 100);
  info.n_tokens = static_cast<std::uint32_t>(llama_vocab_n_tokens(vocab));
  info.bos = named_token(vocab, llama_vocab_bos(vocab), file, "tokenizer.ggml.bos_token_id");
  info.eos = named_token(vocab, llama_vocab_eos(vocab), file, "tokenizer.ggml.eos_token_id");
  info.eot = known_token(vocab, llama_vocab_eot(vocab));
  info.pad = known_token(vocab, llama_vocab_pad(vocab));
  info.unk = unknown_token(vocab, file);
  info.adds_bos = llama_vocab_get_add_bos(vocab) && info.bos;
  info.adds_eos = llama_vocab_get_add_eos(vocab) && info.eos;
  for (llama_token id = 0; id < llama_vocab_n_tokens(vocab); ++id) {
    if (llama_vocab_get_attr(vocab, id) & LLAMA_TOKEN_ATTR_CONTROL) ++info.n_control;
  }
  return info;
}

// The type that holds most of the weights, where the file does not name its own.
std::string prevailing_type(const std::vector<TensorInfo>& tensors) {
  std::map<std::string, std::uint64_t> sizes;
  for (const TensorInfo& tensor : tensors) sizes[tensor.type] += tensor.size_bytes;
  const auto most =
      std::max_element(sizes.begin(), sizes.end(), [](const auto& a, const auto& b) { return a.second < b.second; });
  return most == sizes.end() ? "" : most->first;
}

std::string quantisation(const GgufFile& file, const std::vector<TensorInfo>& tensors) {
  if (tensors.empty()) return "";
  const auto type = file.number("general.file_type");
  const char* name = type && *type < LLAMA_FTYPE_GUESSED ? llama_ftype_name(static_cast<llama_ftype>(*type)) : nullptr;
  return name != nullptr ? name : prevailing_type(tensors);
}

std::uint64_t n_elements(const TensorInfo& tensor) {
  std::uint64_t n = 1;
  for (const std::uint64_t dimension : tensor.shape) n *= dimension;
  return n;
}

std::string description_of(const llama_model* model, const ModelInfo& info) {
  char text[256] = "";
  llama_model_desc(model, text, sizeof text);
  return text[0] != '\0' ? printable(text, sizeof text)
                         : info.architecture + (info.quantisation.empty() ? "" : " ") + info.quantisation;
}

Capabilities capabilities(const llama_model* model, const TokenizerInfo& tokenizer, const Hyperparameters& p) {
  Capabilities can;
  const bool has_tokenizer = tokenizer.n_tokens > 0 && tokenizer.model != "none";
  can.generate = p.content == Content::kDecoder;
  can.recurrent = llama_model_is_recurrent(model);
  can.hybrid = llama_model_is_hybrid(model);
  can.attention = p.content != Content::kVocabulary && !can.recurrent;
  can.roll_back = can.generate && !can.recurrent && !can.hybrid;
  const char* chat_template = llama_model_chat_template(model, nullptr);
  can.chat_template = chat_template != nullptr && std::strlen(chat_template) <= kMaxTemplateBytes;
  can.bos = tokenizer.bos.has_value();
  can.eos = tokenizer.eos.has_value();
  can.mixture_of_experts = p.n_experts > 0;
  can.encoder =
      p.content == Content::kEncoder || p.content == Content::kEncoderDecoder || llama_model_has_encoder(model);
  can.tokenize = has_tokenizer;
  return can;
}

void warn(ModelInfo& info, const char* code, std::string message) {
  info.warnings.push_back({code, std::move(message)});
}

void warn_about_content(ModelInfo& info, const std::string& path, const Hyperparameters& p) {
  const Result<void> decoder = check_is_decoder(path, p);
  if (decoder) return;
  warn(info, p.content == Content::kVocabulary ? "vocabulary_only" : "not_a_decoder",
       decoder.error().message + ". " + decoder.error().hint);
}

void warn_about_tokenizer(ModelInfo& info) {
  if (!info.capabilities.tokenize) {
    warn(info, "no_tokenizer", "The file has no tokenizer: prompts must be given as token ids.");
    return;
  }
  if (info.tokenizer.model == "BPE" && info.tokenizer.pre.empty()) {
    warn(info, "no_pre_tokenizer",
         "The file does not name its pre-tokenizer (tokenizer.ggml.pre): text may be cut into tokens wrongly. Convert "
         "the model again.");
  }
  if (!info.capabilities.eos)
    warn(info, "no_eos", "The file names no end-of-text token: the model is not likely to stop by itself.");
  if (!info.capabilities.chat_template) {
    warn(info, "no_chat_template",
         fmt::format("The file has no chat template (or one of more than {} KiB): it is likely a base model, for plain "
                     "text. Chat messages need a template of your own.",
                     kMaxTemplateBytes >> 10));
  }
}

void warn_about_context(ModelInfo& info) {
  if (info.n_ctx == 0 || info.n_ctx_train == 0) return;
  if (info.n_ctx < info.n_ctx_train) {
    warn(info, "short_context",
         fmt::format("The context holds {} tokens; the model was trained on up to {}.", info.n_ctx, info.n_ctx_train));
  }
  if (info.n_ctx > info.n_ctx_train) {
    warn(info, "long_context",
         fmt::format(
             "The context holds {} tokens, but the model was trained on only {}: beyond them it may write nonsense.",
             info.n_ctx, info.n_ctx_train));
  }
}

}  // namespace

ModelInfo describe_files(const ModelFiles& files, const Hyperparameters& p, bool with_tensors) {
  ModelInfo info;
  std::vector<TensorInfo> tensors = files.tensors();
  info.path = files.path();
  info.name = printable(files.main().text("general.name").value_or(""), 200);
  if (info.name.empty()) info.name = std::filesystem::path(files.path()).stem().string();
  info.architecture = printable(p.architecture, 100);
  info.quantisation = quantisation(files.main(), tensors);
  info.description = info.architecture + (info.quantisation.empty() ? "" : " ") + info.quantisation;
  info.file_bytes = files.file_bytes();
  for (const TensorInfo& tensor : tensors) {
    info.size_bytes += tensor.size_bytes;
    info.n_params += n_elements(tensor);
  }
  info.n_ctx_train = p.n_ctx_train;
  info.n_embd = p.n_embd;
  info.n_layers = p.n_layers;
  info.n_heads = p.n_heads;
  info.n_kv_heads = p.n_kv_heads;
  info.n_vocab = p.n_vocab;
  info.n_experts = p.n_experts;
  info.n_experts_used = p.n_experts_used;
  info.metadata = files.main().metadata();
  if (with_tensors) info.tensors = std::move(tensors);
  return info;
}

void describe_model(ModelInfo& info, const llama_model* model, const ModelFiles& files, const Hyperparameters& p) {
  const llama_vocab* vocab = llama_model_get_vocab(model);
  info.n_vocab = static_cast<std::uint32_t>(llama_vocab_n_tokens(vocab));
  info.tokenizer = describe_tokenizer(vocab, files.main());
  info.description = description_of(model, info);
  info.capabilities = capabilities(model, info.tokenizer, p);
  if (info.capabilities.chat_template) info.chat_template = llama_model_chat_template(model, nullptr);
}

void add_warnings(ModelInfo& info, const ModelFiles& files, const Hyperparameters& p) {
  warn_about_content(info, files.path(), p);
  const bool readable = p.content == Content::kDecoder || p.content == Content::kVocabulary;
  if (readable) warn_about_tokenizer(info);
  if (const auto examples = files.main().text("inferno.examples")) add_examples(info, *examples);
  warn_about_context(info);
}

}  // namespace inferno::engine
