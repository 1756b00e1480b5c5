#include "engine/printable.h"

#include "base/utf8.h"

namespace inferno::engine {

std::string printable(std::string_view text, std::size_t max_bytes) {
  std::string result;
  while (!text.empty()) {
    const std::size_t length = utf8_length(text);
    const std::size_t taken = length == 0 ? 1 : length;
    if (result.size() + taken > max_bytes) return result + "…";
    result += length == 0 ? std::string_view("?") : text.substr(0, length);
    text.remove_prefix(taken);
  }
  return result;
}

}  // namespace inferno::engine
