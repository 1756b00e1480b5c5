#include "cli/token_printer.h"

#include <cmath>

#include <fmt/format.h>

namespace inferno::cli {

std::string bytes_of(const protocol::Token* token) {
  if (token == nullptr) return {};
  if (token->text() != nullptr) return token->text()->str();
  if (token->bytes() != nullptr) return {token->bytes()->begin(), token->bytes()->end()};
  return {};
}

std::string quoted(const protocol::Token* token) {
  if (token == nullptr) return "?";
  std::string result = "\"";
  if (token->text() == nullptr) {
    for (const char c : bytes_of(token)) result += fmt::format("\\x{:02X}", static_cast<unsigned char>(c));
    return result + "\"";
  }
  for (const char c : bytes_of(token)) {
    switch (c) {
      case '\n':
        result += "\\n";
        break;
      case '\t':
        result += "\\t";
        break;
      case '\r':
        result += "\\r";
        break;
      case '"':
        result += "\\\"";
        break;
      case '\\':
        result += "\\\\";
        break;
      default:
        result += c;
    }
  }
  return without_controls(result) + "\"";
}

void TokenPrinter::print(const protocol::Step& step) {
  const std::string bytes = bytes_of(step.token());
  if (!terminal_.is_terminal() && terminal_.depth() == ColourDepth::kNone) {
    const bool control = step.token() != nullptr && step.token()->kind() == protocol::TokenKind::Control;
    return write(control ? std::string() : bytes);
  }
  if (step.token() != nullptr && step.token()->kind() == protocol::TokenKind::Control) {
    return write(holder_.flush() + terminal_.dim(without_controls(bytes)));
  }
  const std::string text = without_controls(holder_.push(bytes));
  write(step.raw_logprob() ? terminal_.coloured(text, std::exp(*step.raw_logprob())) : text);
}

void TokenPrinter::print_plain(const protocol::Step& step) {
  const std::string bytes = bytes_of(step.token());
  const bool control = step.token() != nullptr && step.token()->kind() == protocol::TokenKind::Control;
  write(control ? terminal_.dim(without_controls(bytes)) : without_controls(holder_.push(bytes)));
}

void TokenPrinter::end() {
  write(holder_.flush());
  if (terminal_.is_terminal()) write("\n");
}

void TokenPrinter::write(const std::string& text) {
  std::fwrite(text.data(), 1, text.size(), out_);
  std::fflush(out_);
}

}  // namespace inferno::cli
