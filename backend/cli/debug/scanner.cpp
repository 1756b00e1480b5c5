#include "cli/debug/scanner.h"

#include <charconv>
#include <cmath>

#include <fmt/format.h>

namespace inferno::cli::debug {

namespace {

constexpr std::string_view kBlanks = " \t\r";
constexpr std::string_view kSigns = ",\"#<>/";

bool is_blank(char c) { return kBlanks.find(c) != std::string_view::npos; }

std::optional<unsigned> hex_digit(char c) {
  if (c >= '0' && c <= '9') return static_cast<unsigned>(c - '0');
  if (c >= 'a' && c <= 'f') return static_cast<unsigned>(c - 'a' + 10);
  if (c >= 'A' && c <= 'F') return static_cast<unsigned>(c - 'A' + 10);
  return std::nullopt;
}

std::optional<char> escaped(char c) {
  switch (c) {
    case 'n':
      return '\n';
    case 't':
      return '\t';
    case 'r':
      return '\r';
    case '"':
    case '\\':
      return c;
    default:
      return std::nullopt;
  }
}

}  // namespace

std::size_t Scanner::column() {
  while (at_ < line_.size() && is_blank(line_[at_])) ++at_;
  return at_;
}

std::string_view Scanner::rest() {
  std::string_view left = line_.substr(column());
  at_ = line_.size();
  while (!left.empty() && is_blank(left.back())) left.remove_suffix(1);
  return left;
}

std::string_view Scanner::peek_word() {
  std::size_t end = column();
  while (end < line_.size() && !is_blank(line_[end]) && kSigns.find(line_[end]) == std::string_view::npos) ++end;
  return line_.substr(at_, end - at_);
}

std::string_view Scanner::word() {
  const std::string_view found = peek_word();
  at_ += found.size();
  return found;
}

std::string_view Scanner::argument() {
  std::size_t end = column();
  while (end < line_.size() && !is_blank(line_[end])) ++end;
  const std::string_view found = line_.substr(at_, end - at_);
  at_ = end;
  return found;
}

bool Scanner::take(std::string_view wanted) {
  if (peek_word() != wanted) return false;
  at_ += wanted.size();
  return true;
}

bool Scanner::take_sign(char sign) {
  if (peek() != sign) return false;
  ++at_;
  return true;
}

Result<std::string> Scanner::quoted() {
  const std::size_t start = column();
  if (!take_sign('"')) return expected("a text in double quotes");
  std::string text;
  while (at_ < line_.size() && line_[at_] != '"') {
    if (line_[at_] != '\\') {
      text += line_[at_++];
      continue;
    }
    const std::size_t slash = at_++;
    const char c = at_ < line_.size() ? line_[at_] : '\0';
    if (const auto simple = escaped(c)) {
      text += *simple;
      ++at_;
      continue;
    }
    const auto high = c == 'x' && at_ + 2 < line_.size() ? hex_digit(line_[at_ + 1]) : std::nullopt;
    const auto low = high ? hex_digit(line_[at_ + 2]) : std::nullopt;
    if (!low) return fault_at(slash, "There is no such escape in a text.", R"(Known are \n \t \r \" \\ and \xHH.)");
    text += static_cast<char>(*high * 16 + *low);
    at_ += 3;
  }
  if (at_ == line_.size())
    return fault_at(start, "This text has no closing quote.", R"(Inside a text, \" is a quote.)");
  ++at_;
  return text;
}

Result<std::string> Scanner::slashed() {
  const std::size_t start = column();
  if (!take_sign('/')) return expected("a regular expression between slashes");
  std::string pattern;
  while (at_ < line_.size() && line_[at_] != '/') {
    if (line_[at_] == '\\' && at_ + 1 < line_.size()) {
      if (line_[at_ + 1] != '/') pattern += '\\';
      ++at_;
    }
    pattern += line_[at_++];
  }
  if (at_ == line_.size()) {
    return fault_at(start, "This regular expression has no closing slash.", R"(Inside one, \/ is a slash.)");
  }
  ++at_;
  if (pattern.empty()) return fault_at(start, "This regular expression is empty.");
  return pattern;
}

Result<std::uint32_t> Scanner::whole_number(std::string_view what) {
  const std::size_t start = column();
  const std::string_view text = peek_word();
  std::uint32_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error == std::errc::result_out_of_range) return fault_at(start, fmt::format("{} is too large.", text));
  if (error != std::errc{} || end != text.data() + text.size()) return expected(what);
  at_ += text.size();
  return value;
}

Result<double> Scanner::number(std::string_view what) {
  const std::string_view text = peek_word();
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || !std::isfinite(value)) return expected(what);
  at_ += text.size();
  return value;
}

Result<double> Scanner::probability(std::string_view what) {
  const std::size_t start = column();
  std::string_view text = peek_word();
  const bool joined = text.ends_with('%');
  if (joined) text.remove_suffix(1);
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || !std::isfinite(value)) return expected(what);
  at_ += text.size() + (joined ? 1 : 0);
  if (joined || take("%")) value /= 100;
  if (value < 0 || value > 1) {
    return fault_at(start, "A probability lies between 0 and 1.", "Write 0.05 or 5%.");
  }
  return value;
}

Error Scanner::expected(std::string_view what, std::string hint) {
  const std::size_t where = column();
  const std::string_view found = line_.substr(where, line_.find_first_of(kBlanks, where) - where);
  std::string message =
      found.empty() ? fmt::format("Expected {} here.", what) : fmt::format("Expected {}, found '{}'.", what, found);
  return fault_at(where, std::move(message), std::move(hint));
}

Error Scanner::fault_at(std::size_t column, std::string message, std::string hint) const {
  Error error{ErrorCode::kInvalidArgument, std::move(message), std::move(hint)};
  error.offset = static_cast<std::uint32_t>(column);
  return error;
}

Result<void> Scanner::end() {
  if (at_end()) return {};
  return expected("the end of the line");
}

std::string quote(std::string_view text) {
  std::string result = "\"";
  for (const char c : text) {
    if (c == '\n') {
      result += "\\n";
    } else if (c == '\t') {
      result += "\\t";
    } else if (c == '\r') {
      result += "\\r";
    } else if (c == '"' || c == '\\') {
      result += '\\';
      result += c;
    } else if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) {
      result += fmt::format("\\x{:02X}", static_cast<unsigned char>(c));
    } else {
      result += c;
    }
  }
  return result + '"';
}

}  // namespace inferno::cli::debug
