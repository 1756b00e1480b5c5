#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

namespace inferno::supervisor {

// The end of what an engine wrote to its standard error, for the report of its death.
class LogTail {
 public:
  explicit LogTail(std::size_t max_bytes = 32 * 1024) : max_bytes_(max_bytes) {}

  // Every line that is complete with `bytes` goes to `on_line`.
  void add(std::string_view bytes, const std::function<void(std::string_view)>& on_line);

  // The last lines that say anything, oldest first, joined by " / "; valid UTF-8.
  std::string last_words(std::size_t max_lines = 3, std::size_t max_bytes = 600) const;

 private:
  std::size_t max_bytes_;
  std::string kept_;
  std::size_t line_start_ = 0;  // in kept_
};

}  // namespace inferno::supervisor
