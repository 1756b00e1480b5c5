#pragma once

#include <string>
#include <string_view>

namespace inferno::engine {

// True where `text` is well-formed UTF-8: no overlong forms, no surrogates,
// nothing above U+10FFFF, no character cut off. Empty text is.
bool is_utf8(std::string_view text);

// `text` cut to at most `max_bytes`, at a character's edge, every malformed byte
// replaced by '?': for showing names and values of files nobody has checked.
std::string printable(std::string_view text, std::size_t max_bytes);

}  // namespace inferno::engine
