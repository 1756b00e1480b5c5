#include "vocabulary.h"

#include <array>
#include <cstdio>
#include <set>
#include <string_view>
#include <utility>
#include <vector>

#include "llama.h"

namespace inferno::make_model {
namespace {

constexpr std::string_view kSpaceMark = "\xE2\x96\x81";  // U+2581, SentencePiece's visible space

constexpr std::array<std::string_view, 24> kWords = {"the",  "and",  "once", "upon", "time",  "there", "was",  "little",
                                                     "girl", "boy",  "dog",  "said", "they",  "with",  "that", "have",
                                                     "this", "from", "all",  "new",  "model", "token", "one",  "of"};

struct Token {
  std::string text;
  llama_token_type type = LLAMA_TOKEN_TYPE_NORMAL;
};

// The tokenizer joins two neighbours at a time, so every beginning of a word must be a token, too.
void add_word(std::vector<Token>& tokens, std::set<std::string>& known, std::string_view word) {
  for (std::size_t length = 1; length <= word.size(); ++length) {
    std::string piece = std::string(kSpaceMark).append(word.substr(0, length));
    if (known.insert(piece).second) tokens.push_back({std::move(piece)});
  }
}

std::vector<Token> byte_tokens() {
  std::vector<Token> tokens = {
      {"<unk>", LLAMA_TOKEN_TYPE_UNKNOWN}, {"<s>", LLAMA_TOKEN_TYPE_CONTROL}, {"</s>", LLAMA_TOKEN_TYPE_CONTROL}};
  for (int byte = 0; byte < 256; ++byte) {
    std::array<char, 8> name{};
    std::snprintf(name.data(), name.size(), "<0x%02X>", static_cast<unsigned>(byte));
    tokens.push_back({name.data(), LLAMA_TOKEN_TYPE_BYTE});
  }
  return tokens;
}

std::vector<Token> make_tokens(std::int64_t n_tokens) {
  std::vector<Token> tokens = byte_tokens();
  std::set<std::string> known;
  tokens.push_back({std::string(kSpaceMark)});
  for (char c = '!'; c <= '~'; ++c) tokens.push_back({std::string(1, c)});
  for (const std::string_view word : kWords) add_word(tokens, known, word);
  while (static_cast<std::int64_t>(tokens.size()) < n_tokens) {
    tokens.push_back({"<unused" + std::to_string(tokens.size()) + ">", LLAMA_TOKEN_TYPE_UNUSED});
  }
  return tokens;
}

void set_token_arrays(gguf_context* target, const std::vector<Token>& tokens) {
  std::vector<const char*> texts;
  std::vector<float> scores;
  std::vector<std::int32_t> types;
  for (const Token& token : tokens) {
    texts.push_back(token.text.c_str());
    scores.push_back(-static_cast<float>(scores.size()));
    types.push_back(token.type);
  }
  gguf_set_arr_str(target, "tokenizer.ggml.tokens", texts.data(), texts.size());
  gguf_set_arr_data(target, "tokenizer.ggml.scores", GGUF_TYPE_FLOAT32, scores.data(), scores.size());
  gguf_set_arr_data(target, "tokenizer.ggml.token_type", GGUF_TYPE_INT32, types.data(), types.size());
}

void keep_tokenizer_keys_only(gguf_context* context) {
  for (std::int64_t i = gguf_get_n_kv(context) - 1; i >= 0; --i) {
    const std::string key = gguf_get_key(context, i);
    if (!key.starts_with("tokenizer.")) gguf_remove_key(context, key.c_str());
  }
}

}  // namespace

Result<std::int64_t> add_byte_vocabulary(gguf_context* target, std::int64_t n_tokens) {
  const std::vector<Token> tokens = make_tokens(n_tokens);
  const auto n_made = static_cast<std::int64_t>(tokens.size());
  if (n_tokens > 0 && n_tokens < n_made) {
    return Error{ErrorCode::kInvalidArgument,
                 "the byte vocabulary has " + std::to_string(n_made) + " tokens; it cannot be made smaller", ""};
  }
  gguf_set_val_str(target, "tokenizer.ggml.model", "llama");
  gguf_set_val_str(target, "tokenizer.ggml.pre", "default");
  set_token_arrays(target, tokens);
  gguf_set_val_u32(target, "tokenizer.ggml.unknown_token_id", 0);
  gguf_set_val_u32(target, "tokenizer.ggml.bos_token_id", 1);
  gguf_set_val_u32(target, "tokenizer.ggml.eos_token_id", 2);
  gguf_set_val_bool(target, "tokenizer.ggml.add_bos_token", true);
  gguf_set_val_bool(target, "tokenizer.ggml.add_eos_token", false);
  return n_made;
}

Result<std::int64_t> copy_vocabulary(gguf_context* target, const std::string& path) {
  const GgufPtr source(gguf_init_from_file(path.c_str(), {.no_alloc = true, .ctx = nullptr}));
  if (!source) {
    return Error{ErrorCode::kNotGguf, "no GGUF file that can be read: " + path, "check --vocab-from"};
  }
  const std::int64_t tokens_key = gguf_find_key(source.get(), "tokenizer.ggml.tokens");
  if (tokens_key < 0 || gguf_get_kv_type(source.get(), tokens_key) != GGUF_TYPE_ARRAY) {
    return Error{ErrorCode::kInvalidModel, "the file holds no tokenizer: " + path,
                 "take a model file or a vocabulary file"};
  }
  const auto n_tokens = static_cast<std::int64_t>(gguf_get_arr_n(source.get(), tokens_key));
  keep_tokenizer_keys_only(source.get());
  gguf_set_kv(target, source.get());
  return n_tokens;
}

}  // namespace inferno::make_model
