#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "engine/model.h"
#include "engine/model_info.h"

namespace inferno::engine {

// A prompt of more bytes of text is refused.
inline constexpr std::size_t kMaxPromptBytes = 16u << 20;

// Exactly one of text, messages and ids is present. Mirrors Prompt of the protocol.
struct PromptSpec {
  std::optional<std::string> text;
  std::optional<std::vector<ChatMessage>> messages;
  std::optional<std::vector<std::int32_t>> ids;
  bool parse_special = false;
  std::optional<bool> add_bos;
  std::string chat_template;
};

struct TokenizedPrompt {
  std::vector<std::int32_t> ids;
  std::string rendered;           // what the template made of the messages; else empty
  std::vector<Warning> warnings;  // double_bos, control_token_in_text, trailing_space, over_context …
};

// Turns a prompt into token ids. Control tokens named in a user's text or message
// stay text unless parse_special. One BOS token at most is put in front: none where
// the text begins with its own. Some tokenizers recurse once per letter of a long
// word: call it on a thread with a large stack; any thread, also during a run. Errors: kInvalidArgument (ids out of
// range, none or several kinds given), kBadTemplate, kTooLarge (over kMaxPromptBytes).
Result<TokenizedPrompt> tokenize(const Model& model, const PromptSpec& prompt);

}  // namespace inferno::engine
