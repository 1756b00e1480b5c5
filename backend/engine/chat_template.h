#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "engine/model.h"
#include "engine/prompt.h"

namespace inferno::engine {

// Longer templates are not taken; real ones have some kilobytes.
inline constexpr std::size_t kMaxTemplateBytes = 256 * 1024;

// A chat template, ready to turn messages into a text, ended by what begins the
// assistant's answer. With llama.cpp's `common` any Jinja template; otherwise, and
// where one of llama.cpp's built-in templates is asked for by name, those.
// Does not tokenize. The model must outlive it. One thread.
class ChatTemplate {
 public:
  // `source`: a Jinja template, a built-in one's name, or empty for the model's own.
  // Error: kBadTemplate.
  static Result<ChatTemplate> create(const Model& model, const std::string& source);
  ~ChatTemplate();
  ChatTemplate(ChatTemplate&&) noexcept;
  ChatTemplate& operator=(ChatTemplate&&) noexcept;

  // The text; a BOS token's name at its beginning is left out where the tokenizer
  // adds that token. Error: kBadTemplate, with the template's own message, also where it
  // runs for more than three seconds or makes a text that is too large.
  Result<std::string> render(const std::vector<ChatMessage>& messages) const;

 private:
  struct Impl;
  explicit ChatTemplate(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace inferno::engine
