#include "engine/examples.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "engine/printable.h"

#ifdef INFERNO_HAVE_LLAMA_COMMON
#include <json.h>

#include <exception>
#endif

namespace inferno::engine {

namespace {

void warn(ModelInfo& info, std::string message) { info.warnings.push_back({"examples", std::move(message)}); }

}  // namespace

#ifdef INFERNO_HAVE_LLAMA_COMMON

namespace {

constexpr std::size_t kMaxTitleBytes = 200;
constexpr std::size_t kMaxNoteBytes = 2000;

std::optional<std::string> text_of(const common_json& object, const char* key) {
  if (!object.contains(key) || !object.at(key).is_string()) return std::nullopt;
  return object.at(key).get<std::string>();
}

std::optional<std::vector<ChatMessage>> messages_of(const common_json& list) {
  if (!list.is_array() || list.empty() || list.size() > kMaxExampleMessages) return std::nullopt;
  std::vector<ChatMessage> messages;
  for (std::size_t i = 0; i < list.size(); ++i) {
    const common_json& message = list.at(i);
    if (!message.is_object()) return std::nullopt;
    auto role = text_of(message, "role"), content = text_of(message, "content");
    if (!role || !content) return std::nullopt;
    messages.push_back({std::move(*role), std::move(*content)});
  }
  return messages;
}

// One prompt: a text or messages, not both.
std::optional<Example> example_of(const common_json& entry) {
  if (!entry.is_object()) return std::nullopt;
  const auto title = text_of(entry, "title");
  const auto text = text_of(entry, "text");
  const bool has_messages = entry.contains("messages");
  if (!title || title->empty() || text.has_value() == has_messages || text == "") return std::nullopt;
  Example example;
  example.title = printable(*title, kMaxTitleBytes);
  example.note = printable(text_of(entry, "note").value_or(""), kMaxNoteBytes);
  if (text) {
    example.text = *text;
    return example;
  }
  auto messages = messages_of(entry.at("messages"));
  if (!messages) return std::nullopt;
  example.messages = std::move(*messages);
  return example;
}

void add_list(ModelInfo& info, const common_json& list) {
  std::size_t n_malformed = 0;
  const std::size_t n = std::min(list.size(), kMaxExamples);
  for (std::size_t i = 0; i < n; ++i) {
    auto example = example_of(list.at(i));
    if (example) {
      info.examples.push_back(std::move(*example));
    } else {
      ++n_malformed;
    }
  }
  if (n_malformed > 0) {
    warn(info, fmt::format("{} of the prompts to try in the file (inferno.examples) are not of the form {{title, text "
                           "or messages, note}} and were left out.",
                           n_malformed));
  }
  if (list.size() > kMaxExamples) {
    warn(info, fmt::format("The file has {} prompts to try; the first {} are offered.", list.size(), kMaxExamples));
  }
}

}  // namespace

void add_examples(ModelInfo& info, const std::string& json) {
  if (json.size() > kMaxExamplesBytes) {
    return warn(info, fmt::format("The prompts to try in the file take {} bytes; more than {} are not read.",
                                  json.size(), kMaxExamplesBytes));
  }
  try {
    const common_json list = common_json::parse(json);
    if (list.is_array()) return add_list(info, list);
    warn(info, "The prompts to try in the file (inferno.examples) are not a JSON list.");
  } catch (const std::exception& failure) {
    warn(info, "The prompts to try in the file (inferno.examples) cannot be read: " + printable(failure.what(), 300));
  }
}

#else

void add_examples(ModelInfo& info, const std::string&) {
  warn(info,
       "The file brings prompts to try, which this build cannot read, because it has no llama.cpp common library.");
}

#endif

}  // namespace inferno::engine
