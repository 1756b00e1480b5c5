#include "store/message_facts.h"

#include <fmt/format.h>

#include <cmath>
#include <iterator>
#include <string_view>

#include "base/utf8.h"

namespace inferno::store {

namespace {

// A number with three decimals at most, or null.
std::string rounded(flatbuffers::Optional<float> value) {
  if (!value || !std::isfinite(*value)) return "null";
  std::string text = fmt::format("{:.3f}", *value);
  text.erase(text.find_last_not_of('0') + 1);
  if (text.ends_with('.')) text.pop_back();
  return text;
}

std::string cleaned(std::string_view bytes) {
  std::string text;
  while (!bytes.empty()) {
    const std::size_t length = utf8_length(bytes);
    // SQLite's shell ends a text at a NUL.
    text += length == 0 || bytes.front() == '\0' ? std::string_view("\xEF\xBF\xBD") : bytes.substr(0, length);
    bytes.remove_prefix(length == 0 ? 1 : length);
  }
  return text;
}

}  // namespace

bool is_run_message(protocol::Body body) {
  switch (body) {
    case protocol::Body::RunStarted:
    case protocol::Body::PromptTokens:
    case protocol::Body::Steps:
    case protocol::Body::Paused:
    case protocol::Body::Resumed:
    case protocol::Body::Finished:
    case protocol::Body::Breakpoints:
    case protocol::Body::Watches:
    case protocol::Body::TokensBanned:
    case protocol::Body::SamplerChanged:
      return true;
    default:
      return false;
  }
}

const flatbuffers::Vector<flatbuffers::Offset<protocol::Step>>* steps_of(const protocol::Envelope& envelope) {
  if (const auto* steps = envelope.body_as_Steps()) return steps->steps();
  if (const auto* prompt = envelope.body_as_PromptTokens()) return prompt->tokens();
  return nullptr;
}

std::string prompt_text(const protocol::StartRun* request, std::size_t max_bytes) {
  const auto* prompt = request == nullptr ? nullptr : request->prompt();
  if (prompt == nullptr) return {};
  std::string text;
  if (prompt->text() != nullptr) text = prompt->text()->str();
  if (prompt->messages() != nullptr) {
    for (const auto* message : *prompt->messages()) {
      if (!text.empty()) text += '\n';
      if (message->content() != nullptr) text += message->content()->string_view();
    }
  }
  if (text.empty() && prompt->ids() != nullptr) text = fmt::format("{} token ids", prompt->ids()->size());
  return std::string(utf8_prefix(cleaned(text), max_bytes));
}

void StepSummary::add(const protocol::Envelope& envelope) {
  const auto* steps = steps_of(envelope);
  if (steps == nullptr) return;
  for (const auto* step : *steps) add(*step);
}

void StepSummary::add(const protocol::Step& step) {
  if (!first_position_) first_position_ = step.position();
  const auto* token = step.token();
  if (n_steps_++ > 0) steps_ += ',';
  fmt::format_to(std::back_inserter(steps_), "[{},{},{},{}]", token == nullptr ? -1 : token->id(),
                 rounded(step.raw_logprob()), rounded(step.entropy()),
                 step.rank() ? fmt::format("{}", *step.rank()) : "null");
  if (token == nullptr || token->kind() == protocol::TokenKind::Control) return;
  if (token->text() != nullptr) bytes_ += token->text()->string_view();
  if (token->bytes() != nullptr)
    bytes_.append(reinterpret_cast<const char*>(token->bytes()->data()), token->bytes()->size());
}

std::string StepSummary::text() const { return cleaned(bytes_); }

}  // namespace inferno::store
