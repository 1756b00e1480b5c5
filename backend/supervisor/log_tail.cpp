#include "supervisor/log_tail.h"

#include <algorithm>

#include "base/utf8.h"

namespace inferno::supervisor {

namespace {

std::string printable(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const std::size_t length = utf8_length(text);
    const bool is_control = static_cast<unsigned char>(text.front()) < 0x20;
    if (length > 0 && !is_control) out.append(text.substr(0, length));
    text.remove_prefix(std::max<std::size_t>(length, 1));
  }
  return out;
}

}  // namespace

void LogTail::add(std::string_view bytes, const std::function<void(std::string_view)>& on_line) {
  kept_.append(bytes);
  for (auto end = kept_.find('\n', line_start_); end != std::string::npos; end = kept_.find('\n', line_start_)) {
    on_line(std::string_view(kept_).substr(line_start_, end - line_start_));
    line_start_ = end + 1;
  }
  if (kept_.size() <= max_bytes_) return;
  const std::size_t n_dropped = kept_.size() - max_bytes_;
  kept_.erase(0, n_dropped);
  line_start_ -= std::min(line_start_, n_dropped);
}

std::string LogTail::last_words(std::size_t max_lines, std::size_t max_bytes) const {
  std::string words;
  std::string_view rest(kept_);
  for (std::size_t n_lines = 0; n_lines < max_lines && !rest.empty();) {
    if (rest.back() == '\n') rest.remove_suffix(1);
    const std::size_t line_at = rest.rfind('\n') + 1;  // npos + 1 is 0
    const std::string line = printable(rest.substr(line_at));
    rest = rest.substr(0, line_at);
    if (line.find_first_not_of(' ') == std::string::npos) continue;
    if (words.size() + line.size() > max_bytes && !words.empty()) break;
    words = std::string(utf8_prefix(line, max_bytes)) + (words.empty() ? "" : " / ") + words;
    ++n_lines;
  }
  return words;
}

}  // namespace inferno::supervisor
