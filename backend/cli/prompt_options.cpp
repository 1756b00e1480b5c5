#include "cli/prompt_options.h"

#include <charconv>
#include <sstream>

#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include "cli/option_helpers.h"
#include "cli/text_input.h"

namespace inferno::cli {

namespace {

Error bad(std::string message, std::string hint) {
  return Error{ErrorCode::kInvalidArgument, std::move(message), std::move(hint)};
}

std::unique_ptr<protocol::ChatMessageT> chat_message(std::string role, std::string content) {
  auto message = std::make_unique<protocol::ChatMessageT>();
  message->role = std::move(role);
  message->content = std::move(content);
  return message;
}

}  // namespace

Result<std::vector<std::int32_t>> parse_ids(const std::string& text) {
  std::vector<std::int32_t> ids;
  std::string numbers = text;
  for (char& c : numbers) c = c == ',' ? ' ' : c;
  std::istringstream stream(numbers);
  for (std::string part; stream >> part;) {
    std::int32_t id = 0;
    const auto [end, error] = std::from_chars(part.data(), part.data() + part.size(), id);
    if (error != std::errc{} || end != part.data() + part.size()) {
      return bad(fmt::format("'{}' is not a token id.", part), "Give ids as in --ids 1,9038,2501.");
    }
    ids.push_back(id);
  }
  if (ids.empty()) return bad("--ids is empty.", "Give ids as in --ids 1,9038,2501.");
  return ids;
}

void PromptOptions::add_to(CLI::App& app) {
  const std::string group = "Prompt";
  app.add_option("-p,--prompt", text_, "The prompt")->type_name("TEXT")->group(group);
  app.add_option("-f,--file", file_, "File with the prompt; -: standard input")->type_name("FILE")->group(group);
  app.add_flag("--chat", chat_, "The prompt is a user's message, put into the model's chat template")->group(group);
  app.add_option("--system", system_, "The system message of a chat")->type_name("TEXT")->group(group);
  app.add_option("-m,--message", messages_, "A chat message, as role=content; may be repeated")
      ->type_name("ROLE=TEXT")
      ->take_all()
      ->allow_extra_args(false)
      ->group(group);
  app.add_option("--ids", ids_, "The prompt as token ids, taken as they are")->type_name("1,2,3")->group(group);
  app.add_flag("--special", special_, "Names of control tokens in the prompt become those tokens")->group(group);
  add_choice_flag(app, "--bos,!--no-bos", bos_, "Begin with the BOS token, or not (default: as the model says)")
      ->group(group);
  app.add_option("--chat-template", template_file_, "File with a chat template to use instead of the model's own")
      ->type_name("FILE")
      ->group(group);
}

PromptOptions PromptOptions::with_text(std::string text) const {
  PromptOptions other = *this;
  other.text_ = std::move(text);
  other.file_.reset();
  other.ids_.clear();
  return other;
}

Result<std::string> PromptOptions::text() const {
  if (!file_) return text_.value_or("");
  return read_text_file(*file_);
}

Result<void> PromptOptions::add_messages(protocol::PromptT& prompt) const {
  if (!system_.empty()) prompt.messages.push_back(chat_message("system", system_));
  for (const std::string& given : messages_) {
    const std::size_t equals = given.find('=');
    if (equals == std::string::npos || equals == 0) {
      return bad(fmt::format("The message '{}' is not of the form role=content.", given),
                 "For example -m user=\"What is a token?\"");
    }
    prompt.messages.push_back(chat_message(given.substr(0, equals), given.substr(equals + 1)));
  }
  if (text_ || file_) {
    auto content = text();
    if (!content) return content.error();
    prompt.messages.push_back(chat_message("user", std::move(*content)));
  }
  return {};
}

Result<std::unique_ptr<protocol::PromptT>> PromptOptions::prompt() const {
  const bool is_chat = chat_ || !system_.empty() || !messages_.empty();
  if (text_ && file_) return bad("Both -p and -f give the prompt.", "Leave one of them out.");
  if (!ids_.empty() && (is_chat || text_ || file_)) {
    return bad("--ids gives the whole prompt, and there is another one.", "Leave one of them out.");
  }
  if (ids_.empty() && !is_chat && !text_ && !file_) {
    return bad("There is no prompt.", "Give one with -p TEXT, -f FILE (-: standard input), -m ROLE=TEXT or --ids.");
  }
  auto prompt = std::make_unique<protocol::PromptT>();
  prompt->parse_special = special_;
  prompt->add_bos = bos_;
  if (!template_file_.empty()) {
    auto chat_template = read_text_file(template_file_);
    if (!chat_template) return chat_template.error();
    prompt->chat_template = std::move(*chat_template);
  }
  if (!ids_.empty()) {
    auto ids = parse_ids(ids_);
    if (!ids) return ids.error();
    prompt->ids = std::move(*ids);
  } else if (is_chat) {
    if (auto added = add_messages(*prompt); !added) return added.error();
    if (prompt->messages.empty()) return bad("The chat has no message.", "Give one with -p TEXT or -m user=TEXT.");
  } else {
    auto content = text();
    if (!content) return content.error();
    prompt->text = std::move(*content);
  }
  return prompt;
}

}  // namespace inferno::cli
