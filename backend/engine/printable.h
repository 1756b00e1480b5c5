#pragma once

#include <string>
#include <string_view>

namespace inferno::engine {

// `text` cut to at most `max_bytes`, at a character's edge, every malformed byte
// replaced by '?': for showing names and values of files nobody has checked.
std::string printable(std::string_view text, std::size_t max_bytes);

}  // namespace inferno::engine
