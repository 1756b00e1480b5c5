#include "engine/chat_template.h"

#include <fmt/format.h>
#include <llama.h>

#include <algorithm>
#include <chrono>
#include <exception>

#include "engine/printable.h"
#include "engine/work_budget.h"

#ifdef INFERNO_HAVE_LLAMA_COMMON
#include <chat.h>
#include <log.h>
#endif

namespace inferno::engine {
namespace {

// A template is a program that came with the model: it may run so long, and no text in
// it may grow larger. Real ones take a millisecond.
constexpr std::chrono::milliseconds kMaxTime{3000};
constexpr std::size_t kMaxTextBytes = std::size_t{64} << 20;
constexpr std::size_t kMaxRenderedBytes = std::size_t{16} << 20;  // as a prompt given as text

Error bad_template(const std::string& what) {
  return {ErrorCode::kBadTemplate, "the chat template failed: " + printable(what, 1000),
          "Give another template, or write the prompt as plain text."};
}

bool is_builtin(const std::string& name) {
  std::vector<const char*> names(static_cast<std::size_t>(std::max(0, llama_chat_builtin_templates(nullptr, 0))));
  llama_chat_builtin_templates(names.data(), names.size());
  return std::find(names.begin(), names.end(), name) != names.end();
}

// By llama.cpp's built-in templates, which it knows by name or by their look.
Result<std::string> render_builtin(const std::string& source, const std::vector<ChatMessage>& messages) {
  std::vector<llama_chat_message> chat;
  for (const ChatMessage& message : messages) chat.push_back({message.role.c_str(), message.content.c_str()});
  const int size = llama_chat_apply_template(source.c_str(), chat.data(), chat.size(), true, nullptr, 0);
  if (size < 0) {
    return Error{ErrorCode::kBadTemplate,
                 "the model's chat template is none of llama.cpp's built-in ones, and this build has no Jinja engine",
                 "Name a built-in template, or build with llama.cpp's common library."};
  }
  // It copies with strncpy, which wants room for a terminating zero.
  std::string text(static_cast<std::size_t>(size) + 1, '\0');
  llama_chat_apply_template(source.c_str(), chat.data(), chat.size(), true, text.data(), static_cast<int>(text.size()));
  text.resize(static_cast<std::size_t>(size));
  return text;
}

}  // namespace

#ifdef INFERNO_HAVE_LLAMA_COMMON

struct ChatTemplate::Impl {
  std::string source;
  common_chat_templates_ptr jinja;  // null: a built-in template
};

namespace {

std::string token_name(const llama_vocab* vocab, llama_token id) {
  const char* text = id < 0 ? nullptr : llama_vocab_get_text(vocab, id);
  return text == nullptr ? "" : text;
}

// llama.cpp gives its own exceptions away as std::exception, without their text,
// when a template does not parse: so it is parsed here first.
Result<void> check_parses(const llama_vocab* vocab, const std::string& source) {
  try {
    const common_chat_template parsed(source, token_name(vocab, llama_vocab_bos(vocab)),
                                      token_name(vocab, llama_vocab_eos(vocab)));
    (void)parsed;
    return {};
  } catch (const std::exception& failure) {
    return bad_template(failure.what());
  }
}

common_chat_templates_inputs inputs_for(const std::vector<ChatMessage>& messages) {
  common_chat_templates_inputs inputs;
  inputs.use_jinja = true;
  for (const ChatMessage& message : messages) {
    common_chat_msg chat;
    chat.role = message.role;
    chat.content = message.content;
    inputs.messages.push_back(std::move(chat));
  }
  return inputs;
}

Result<std::string> render_jinja(const common_chat_templates* templates, const std::vector<ChatMessage>& messages) {
  common_chat_templates_inputs inputs = inputs_for(messages);
  const WorkBudget budget(kMaxTime, kMaxTextBytes);
  try {
    return common_chat_templates_apply(templates, inputs).prompt;
  } catch (const std::exception&) {
    if (budget.spent() != nullptr) return bad_template(budget.spent());
    // llama.cpp also works out how to parse answers, which fails for templates
    // that render well. The plain way says the template's own error, if it has one.
    inputs.force_pure_content = true;
  }
  try {
    return common_chat_templates_apply(templates, inputs).prompt;
  } catch (const std::exception& failure) {
    return bad_template(budget.spent() != nullptr ? budget.spent() : failure.what());
  }
}

Result<common_chat_templates_ptr> parse_jinja(const Model& model, const std::string& source) {
  common_log_set_verbosity_thold(-1);  // its log would start a thread and write to standard output
  const WorkBudget budget(kMaxTime, kMaxTextBytes);
  if (auto parsed = check_parses(model.vocab(), source); !parsed) return parsed.error();
  try {
    // It also runs the template, to find out what it can do, and passes over failures.
    auto templates = common_chat_templates_init(model.model(), source);
    if (budget.spent() != nullptr) return bad_template(budget.spent());
    return templates;
  } catch (const std::exception& failure) {
    return bad_template(budget.spent() != nullptr ? budget.spent() : failure.what());
  }
}

}  // namespace

#else

struct ChatTemplate::Impl {
  std::string source;
};

#endif

ChatTemplate::ChatTemplate(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
ChatTemplate::~ChatTemplate() = default;
ChatTemplate::ChatTemplate(ChatTemplate&&) noexcept = default;
ChatTemplate& ChatTemplate::operator=(ChatTemplate&&) noexcept = default;

Result<ChatTemplate> ChatTemplate::create(const Model& model, const std::string& source) {
  auto impl = std::make_unique<Impl>();
  impl->source = source.empty() ? model.info().chat_template : source;
  if (impl->source.empty()) {
    return Error{ErrorCode::kBadTemplate, fmt::format("{} has no chat template", model.info().name),
                 "Give a template (\"chatml\" suits many models), or write the prompt as plain text."};
  }
  if (impl->source.size() > kMaxTemplateBytes) {
    return bad_template(fmt::format("it has {} bytes, and {} are taken", impl->source.size(), kMaxTemplateBytes));
  }
#ifdef INFERNO_HAVE_LLAMA_COMMON
  if (!is_builtin(impl->source)) {
    auto jinja = parse_jinja(model, impl->source);
    if (!jinja) return jinja.error();
    impl->jinja = std::move(*jinja);
  }
#endif
  return ChatTemplate(std::move(impl));
}

Result<std::string> ChatTemplate::render(const std::vector<ChatMessage>& messages) const {
#ifdef INFERNO_HAVE_LLAMA_COMMON
  if (impl_->jinja) {
    auto text = render_jinja(impl_->jinja.get(), messages);
    if (text && text->size() > kMaxRenderedBytes) return bad_template("the text it makes is too long");
    return text;
  }
#endif
  return render_builtin(impl_->source, messages);
}

}  // namespace inferno::engine
