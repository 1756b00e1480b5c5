#include "cli/utf8_holder.h"

#include <cstdint>

namespace inferno::cli {

namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";

struct Character {
  std::size_t length = 0;  // bytes to take
  bool valid = false;
  bool waits = false;  // may become valid with more bytes
};

// The range of the second byte depends on the first (no overlong forms, surrogates,
// or code points past U+10FFFF).
bool second_fits(std::uint8_t first, std::uint8_t second) {
  switch (first) {
    case 0xE0:
      return second >= 0xA0 && second <= 0xBF;
    case 0xED:
      return second >= 0x80 && second <= 0x9F;
    case 0xF0:
      return second >= 0x90 && second <= 0xBF;
    case 0xF4:
      return second >= 0x80 && second <= 0x8F;
    default:
      return second >= 0x80 && second <= 0xBF;
  }
}

std::size_t length_of(std::uint8_t first) {
  if (first < 0x80) return 1;
  if (first >= 0xC2 && first <= 0xDF) return 2;
  if (first >= 0xE0 && first <= 0xEF) return 3;
  if (first >= 0xF0 && first <= 0xF4) return 4;
  return 0;
}

Character first_character(std::string_view text) {
  const auto byte = [text](std::size_t i) { return static_cast<std::uint8_t>(text[i]); };
  const std::size_t length = length_of(byte(0));
  if (length == 0) return {1, false, false};
  for (std::size_t i = 1; i < length; ++i) {
    if (i >= text.size()) return {i, false, true};
    const bool fits = i == 1 ? second_fits(byte(0), byte(1)) : byte(i) >= 0x80 && byte(i) <= 0xBF;
    if (!fits) return {i, false, false};
  }
  return {length, true, false};
}

// U+2400 and on are the pictures of the control characters, in their order.
void append_picture(std::string& out, std::uint8_t control) {
  out += "\xE2\x90";
  out += static_cast<char>(0x80 + (control == 0x7F ? 0x21 : control));
}

}  // namespace

std::string Utf8Holder::push(std::string_view bytes) {
  held_ += bytes;
  std::string complete;
  std::string_view rest = held_;
  while (!rest.empty()) {
    const Character character = first_character(rest);
    if (character.waits) break;
    complete += character.valid ? rest.substr(0, character.length) : kReplacement;
    rest.remove_prefix(character.length);
  }
  held_.erase(0, held_.size() - rest.size());
  return complete;
}

std::string Utf8Holder::flush() {
  const bool any = !held_.empty();
  held_.clear();
  return any ? std::string(kReplacement) : std::string();
}

std::string without_controls(std::string_view utf8) {
  std::string result;
  for (std::size_t i = 0; i < utf8.size(); ++i) {
    const auto c = static_cast<std::uint8_t>(utf8[i]);
    const bool c1 = c == 0xC2 && i + 1 < utf8.size() && static_cast<std::uint8_t>(utf8[i + 1]) < 0xA0;
    if (c1) {
      result += kReplacement;
      ++i;
    } else if ((c < 0x20 && c != '\n' && c != '\t') || c == 0x7F) {
      append_picture(result, c);
    } else {
      result += utf8[i];
    }
  }
  return result;
}

}  // namespace inferno::cli
