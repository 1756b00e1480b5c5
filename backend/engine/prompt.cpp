#include "engine/prompt.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <llama.h>

#include <algorithm>

#include "engine/chat_template.h"
#include "engine/chat_text.h"
#include "engine/control_text.h"

namespace inferno::engine {
namespace {

constexpr std::size_t kMaxIds = 4u << 20;
constexpr std::size_t kMaxNamesShown = 5;

Error bad_prompt(const std::string& what, const std::string& hint) { return {ErrorCode::kInvalidArgument, what, hint}; }

Result<void> check_one_kind(const PromptSpec& prompt) {
  const int n = (prompt.text ? 1 : 0) + (prompt.messages ? 1 : 0) + (prompt.ids ? 1 : 0);
  if (n == 1) return {};
  return bad_prompt(n == 0 ? "there is no prompt" : "there are several prompts",
                    "Give exactly one of text, messages and ids.");
}

Result<void> check_size(const PromptSpec& prompt) {
  std::size_t bytes = prompt.text ? prompt.text->size() : 0;
  if (prompt.messages) {
    for (const ChatMessage& message : *prompt.messages) bytes += message.role.size() + message.content.size();
  }
  bytes += prompt.chat_template.size();
  if (bytes <= kMaxPromptBytes && (!prompt.ids || prompt.ids->size() <= kMaxIds)) return {};
  return Error{
      ErrorCode::kTooLarge,
      fmt::format("the prompt is over the limit of {} MiB of text or {} token ids", kMaxPromptBytes >> 20, kMaxIds),
      "Use a shorter prompt."};
}

// The tokens that the tokenizer puts around every text.
struct Frame {
  std::vector<std::int32_t> before, after;
};

Result<Frame> frame_of(const Model& model, const PromptSpec& prompt) {
  const llama_vocab* vocab = model.vocab();
  const TokenizerInfo& tokenizer = model.info().tokenizer;
  Frame frame;
  // A tokenizer that is to add a token it does not have aborts the process.
  const bool complete = (llama_vocab_bos(vocab) >= 0 || !llama_vocab_get_add_bos(vocab)) &&
                        (llama_vocab_eos(vocab) >= 0 || !llama_vocab_get_add_eos(vocab));
  if (prompt.add_bos.value_or(true) && complete) {
    const auto around = tokenize_text(vocab, "", /*add_special=*/true, /*parse_special=*/false);
    if (!around) return around.error();
    const bool has_bos = !around->empty() && around->front() == llama_vocab_bos(vocab);
    frame.before.assign(around->begin(), around->begin() + (has_bos ? 1 : 0));
    frame.after.assign(around->begin() + (has_bos ? 1 : 0), around->end());
  }
  if (prompt.add_bos == true && frame.before.empty()) {
    if (!tokenizer.bos) return bad_prompt("add_bos is set, but the model has no BOS token", "Leave add_bos out.");
    frame.before.push_back(*tokenizer.bos);
  }
  return frame;
}

void warn(TokenizedPrompt& result, const char* code, std::string message) {
  result.warnings.push_back({code, std::move(message)});
}

void warn_about_names(TokenizedPrompt& result, const std::vector<std::string>& found) {
  if (found.empty()) return;
  const std::size_t shown = std::min(found.size(), kMaxNamesShown);
  warn(result, "control_token_in_text",
       fmt::format("The text names control tokens ({}{}); they are taken as plain text.",
                   fmt::join(found.begin(), found.begin() + static_cast<std::ptrdiff_t>(shown), ", "),
                   found.size() > shown ? ", …" : ""));
}

void warn_about_trailing_space(TokenizedPrompt& result, const Model& model, const std::string& text) {
  const std::string& tokenizer = model.info().tokenizer.model;
  if (text.empty() || text.back() != ' ' || (tokenizer != "SPM" && tokenizer != "BPE")) return;
  warn(result, "trailing_space",
       "The prompt ends with a space. In this tokenizer a word carries the space before it, so the next word may come "
       "out wrongly: leave the space away.");
}

void put_frame(TokenizedPrompt& result, const Model& model, const PromptSpec& prompt, const Frame& frame) {
  const std::optional<std::int32_t> bos = model.info().tokenizer.bos;
  std::vector<std::int32_t>& ids = result.ids;
  const bool doubled =
      bos && !frame.before.empty() && frame.before.front() == *bos && !ids.empty() && ids.front() == *bos;
  if (doubled && prompt.add_bos == true) {
    warn(result, "double_bos", "The prompt begins with two BOS tokens: its own, and the one that add_bos asks for.");
  }
  if (doubled && prompt.add_bos != true) {
    warn(result, "double_bos", "The prompt begins with a BOS token of its own; the tokenizer's was left out.");
  } else {
    ids.insert(ids.begin(), frame.before.begin(), frame.before.end());
  }
  ids.insert(ids.end(), frame.after.begin(), frame.after.end());
}

void warn_about_length(TokenizedPrompt& result, const Model& model) {
  const std::uint32_t n_ctx = model.info().n_ctx;
  if (n_ctx == 0 || result.ids.size() < n_ctx) return;
  warn(result, "over_context",
       fmt::format("The prompt has {} tokens, and the context holds {}: there is no room to generate.",
                   result.ids.size(), n_ctx));
}

Result<TokenizedPrompt> take_ids(const Model& model, const std::vector<std::int32_t>& ids) {
  const auto n_vocab = static_cast<std::int32_t>(model.tokens().size());
  for (std::size_t i = 0; i < ids.size(); ++i) {
    if (ids[i] >= 0 && ids[i] < n_vocab) continue;
    return bad_prompt(fmt::format("token id {} at place {} is out of range", ids[i], i),
                      fmt::format("This model has the ids 0 to {}.", n_vocab - 1));
  }
  TokenizedPrompt result{.ids = ids};
  const std::optional<std::int32_t> bos = model.info().tokenizer.bos;
  if (bos && ids.size() >= 2 && ids[0] == *bos && ids[1] == *bos) {
    warn(result, "double_bos", "The prompt begins with two BOS tokens.");
  }
  return result;
}

Result<TokenizedPrompt> tokenize_plain(const Model& model, const PromptSpec& prompt) {
  const Result<Frame> frame = frame_of(model, prompt);
  if (!frame) return frame.error();
  auto ids = tokenize_text(model.vocab(), *prompt.text, /*add_special=*/false, prompt.parse_special);
  if (!ids) return ids.error();
  TokenizedPrompt result{.ids = std::move(*ids)};
  put_frame(result, model, prompt, *frame);
  if (!prompt.parse_special) warn_about_names(result, ControlNames(model.vocab()).found_in(*prompt.text));
  warn_about_trailing_space(result, model, *prompt.text);
  return result;
}

Result<TokenizedPrompt> tokenize_chat(const Model& model, const PromptSpec& prompt) {
  if (prompt.messages->empty()) return bad_prompt("the chat has no messages", "Give at least one.");
  const Result<Frame> frame = frame_of(model, prompt);
  if (!frame) return frame.error();
  const Result<ChatTemplate> chat_template = ChatTemplate::create(model, prompt.chat_template);
  if (!chat_template) return chat_template.error();

  const ControlNames names(model.vocab());
  TokenizedPrompt result;
  std::vector<TextRange> contents;
  if (prompt.parse_special) {
    Result<std::string> text = chat_template->render(*prompt.messages);
    if (!text) return text.error();
    result.rendered = std::move(*text);
  } else {
    Result<ChatText> chat = render_chat(*chat_template, names, *prompt.messages);
    if (!chat) return chat.error();
    result.rendered = std::move(chat->text);
    contents = std::move(chat->contents);
    std::string named;
    for (const TextRange& range : contents)
      named += result.rendered.substr(range.begin, range.end - range.begin) + '\n';
    warn_about_names(result, names.found_in(named));
  }
  auto ids = contents.empty()
                 ? tokenize_text(model.vocab(), result.rendered, /*add_special=*/false, /*parse_special=*/true)
                 : names.tokenize(result.rendered, contents);
  if (!ids) return ids.error();
  result.ids = std::move(*ids);
  put_frame(result, model, prompt, *frame);
  return result;
}

}  // namespace

Result<TokenizedPrompt> tokenize(const Model& model, const PromptSpec& prompt) {
  if (auto ok = check_one_kind(prompt); !ok) return ok.error();
  if (auto ok = check_size(prompt); !ok) return ok.error();
  if (!prompt.ids && !model.info().capabilities.tokenize) {
    return bad_prompt("this model has no tokenizer", "Give the prompt as token ids.");
  }
  Result<TokenizedPrompt> result = prompt.ids    ? take_ids(model, *prompt.ids)
                                   : prompt.text ? tokenize_plain(model, prompt)
                                                 : tokenize_chat(model, prompt);
  if (result) warn_about_length(*result, model);
  return result;
}

}  // namespace inferno::engine
