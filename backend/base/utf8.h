#pragma once

#include <cstddef>
#include <string_view>

namespace inferno {

// Bytes of the well-formed UTF-8 character that `text` begins with: 1 to 4, or 0
// where it begins with none (overlong forms, surrogates, characters above U+10FFFF
// and cut ones are not well-formed; neither is the empty text).
std::size_t utf8_length(std::string_view text);

bool is_utf8(std::string_view text);

// The longest beginning of at most `max_bytes` that does not cut a character.
std::string_view utf8_prefix(std::string_view text, std::size_t max_bytes);

}  // namespace inferno
