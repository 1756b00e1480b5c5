#include "engine/continuation.h"

#include <string_view>
#include <utility>

#include "engine/prompt.h"

namespace inferno::engine {

namespace {

Result<std::vector<std::int32_t>> ids_of(const Model& model, std::string text) {
  PromptSpec prompt;
  prompt.text = std::move(text);
  prompt.add_bos = false;
  auto tokenized = tokenize(model, prompt);
  if (!tokenized) return tokenized.error();
  return std::move(tokenized->ids);
}

// How many of the tokens make up the line feed, with a space that a tokenizer put before
// it; 0 where no token ends just behind it.
std::size_t tokens_of_line_feed(const Model& model, const std::vector<std::int32_t>& ids) {
  std::string text;
  for (std::size_t i = 0; i < ids.size(); ++i) {
    text += model.tokens().bytes(ids[i]);
    if (text == "\n" || text == " \n") return i + 1;
    if (text != " " && !text.empty()) return 0;
  }
  return 0;
}

}  // namespace

// Behind a line feed a text is tokenized as it would be in the middle of another.
Result<std::vector<std::int32_t>> tokenize_continuation(const Model& model, const std::string& text) {
  if (text.empty()) return std::vector<std::int32_t>();
  auto behind = ids_of(model, "\n" + text);
  if (!behind) return behind;
  const std::size_t n_before = tokens_of_line_feed(model, *behind);
  if (n_before == 0) return ids_of(model, text);
  behind->erase(behind->begin(), behind->begin() + static_cast<std::ptrdiff_t>(n_before));
  return behind;
}

}  // namespace inferno::engine
