#include "protocol/json_scanner.h"

#include <fmt/format.h>

#include "base/utf8.h"

namespace inferno::protocol {

namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

void append_utf8(unsigned code_point, std::string& out) {
  const auto tail = [&](unsigned shift) { out += static_cast<char>(0x80 | ((code_point >> shift) & 0x3F)); };
  if (code_point < 0x80) {
    out += static_cast<char>(code_point);
  } else if (code_point < 0x800) {
    out += static_cast<char>(0xC0 | (code_point >> 6));
    tail(0);
  } else if (code_point < 0x10000) {
    out += static_cast<char>(0xE0 | (code_point >> 12));
    tail(6);
    tail(0);
  } else {
    out += static_cast<char>(0xF0 | (code_point >> 18));
    tail(12);
    tail(6);
    tail(0);
  }
}

}  // namespace

bool JsonScanner::fail(std::string problem) {
  if (problem_.empty()) problem_ = std::move(problem);
  return false;
}

char JsonScanner::peek() {
  while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\n' || text_[at_] == '\t' || text_[at_] == '\r'))
    ++at_;
  return at_ < text_.size() ? text_[at_] : '\0';
}

bool JsonScanner::take_if(char wanted) {
  if (peek() != wanted || at_ == text_.size()) return false;
  ++at_;
  return true;
}

bool JsonScanner::take(char expected) {
  return take_if(expected) || fail(at_ == text_.size() ? fmt::format("the text ends where '{}' is missing", expected)
                                                       : fmt::format("'{}' is missing", expected));
}

bool JsonScanner::string(std::string& out) {
  out.clear();
  if (!take('"')) return false;
  while (at_ < text_.size()) {
    const auto c = static_cast<unsigned char>(text_[at_]);
    if (c == '"') {
      ++at_;
      return true;
    }
    if (c < 0x20) return fail("a control character in a string must be written as an escape");
    if (c == '\\') {
      if (!escape(out)) return false;
      continue;
    }
    const std::size_t length = c < 0x80 ? 1 : utf8_length(text_.substr(at_));
    if (length == 0) return fail("a string is not valid UTF-8");
    out.append(text_.substr(at_, length));
    at_ += length;
  }
  return fail("the text ends inside a string");
}

bool JsonScanner::escape(std::string& out) {
  ++at_;  // the backslash
  if (at_ == text_.size()) return fail("the text ends inside a string");
  constexpr std::string_view kNames = "\"\\/bfnrt";
  constexpr std::string_view kMeanings = "\"\\/\b\f\n\r\t";
  const char c = text_[at_++];
  if (c == 'u') return unicode_escape(out);
  const std::size_t which = kNames.find(c);
  if (which == std::string_view::npos) return fail("an escape in a string is none that JSON knows");
  out += kMeanings[which];
  return true;
}

bool JsonScanner::unicode_escape(std::string& out) {
  constexpr unsigned kHighFirst = 0xD800, kLowFirst = 0xDC00, kLowLast = 0xDFFF;
  unsigned code = 0;
  if (!four_hex(code)) return false;
  if (code >= kLowFirst && code <= kLowLast) return fail("a \\u escape is half a character");
  if (code >= kHighFirst && code < kLowFirst) {
    unsigned low = 0;
    if (text_.substr(at_, 2) != "\\u") return fail("a \\u escape is half a character");
    at_ += 2;
    if (!four_hex(low)) return false;
    if (low < kLowFirst || low > kLowLast) return fail("a \\u escape is half a character");
    code = 0x10000 + ((code - kHighFirst) << 10) + (low - kLowFirst);
  }
  append_utf8(code, out);
  return true;
}

bool JsonScanner::four_hex(unsigned& out) {
  out = 0;
  for (int i = 0; i < 4; ++i, ++at_) {
    const char c = at_ < text_.size() ? text_[at_] : '\0';
    const char lower = static_cast<char>(c | 0x20);
    if (is_digit(c)) {
      out = out * 16 + static_cast<unsigned>(c - '0');
    } else if (lower >= 'a' && lower <= 'f') {
      out = out * 16 + static_cast<unsigned>(lower - 'a' + 10);
    } else {
      return fail("a \\u escape wants four hexadecimal digits");
    }
  }
  return true;
}

std::size_t JsonScanner::digits() {
  const std::size_t begin = at_;
  while (at_ < text_.size() && is_digit(text_[at_])) ++at_;
  return at_ - begin;
}

bool JsonScanner::number(std::string_view& out) {
  peek();
  const std::size_t begin = at_;
  const auto next_is = [&](char c) { return at_ < text_.size() && text_[at_] == c; };
  if (next_is('-')) ++at_;
  const bool leading_zero = next_is('0');
  const std::size_t n_whole = digits();
  if (n_whole == 0 || (leading_zero && n_whole > 1)) return fail("a number is not written as JSON wants it");
  if (next_is('.')) {
    ++at_;
    if (digits() == 0) return fail("a number is not written as JSON wants it");
  }
  if (next_is('e') || next_is('E')) {
    ++at_;
    if (next_is('+') || next_is('-')) ++at_;
    if (digits() == 0) return fail("a number is not written as JSON wants it");
  }
  out = text_.substr(begin, at_ - begin);
  return true;
}

bool JsonScanner::word(std::string_view& out) {
  peek();
  for (const std::string_view known : {"true", "false", "null"}) {
    if (text_.substr(at_, known.size()) != known) continue;
    at_ += known.size();
    out = known;
    return true;
  }
  return fail("a value is missing, or it is none that JSON knows");
}

bool JsonScanner::skip_members(char end, unsigned max_depth) {
  std::string key;
  if (take_if(end)) return true;
  do {
    if (end == '}' && (!string(key) || !take(':'))) return false;
    if (!skip_value(max_depth)) return false;
  } while (take_if(','));
  return take(end);
}

bool JsonScanner::skip_value(unsigned max_depth) {
  if (max_depth == 0) return fail("it is nested too deeply");
  std::string text;
  std::string_view token;
  switch (peek()) {
    case '{':
      ++at_;
      return skip_members('}', max_depth - 1);
    case '[':
      ++at_;
      return skip_members(']', max_depth - 1);
    case '"':
      return string(text);
    case 't':
    case 'f':
    case 'n':
      return word(token);
    default:
      return number(token);
  }
}

}  // namespace inferno::protocol
