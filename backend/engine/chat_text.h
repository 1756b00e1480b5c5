#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "engine/chat_template.h"
#include "engine/control_text.h"

namespace inferno::engine {

// A rendered conversation, and which stretches of it came out of messages.
struct ChatText {
  std::string text;
  std::vector<TextRange> contents;  // of messages that name control tokens; ascending
};

// Renders the messages. Where a message names control tokens, its place in the text
// is found by rendering once more with a marker in its stead, so that the names in
// it can stay text while the template's own become tokens. Errors: kBadTemplate
// (also where a template changes or repeats such a message, so that its place is
// not certain), kInvalidArgument (a role that names a control token).
Result<ChatText> render_chat(const ChatTemplate& chat_template, const ControlNames& names,
                             const std::vector<ChatMessage>& messages);

}  // namespace inferno::engine
