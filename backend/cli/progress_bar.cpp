#include "cli/progress_bar.h"

#include <algorithm>
#include <cstdio>

#include <unistd.h>

#include <fmt/format.h>

#include "cli/terminal.h"

namespace inferno::cli {

namespace {

// Work that is done sooner needs no bar: it would only flicker.
constexpr std::chrono::milliseconds kPatience{150};
constexpr int kBarColumns = 30;

}  // namespace

ProgressBar::ProgressBar(bool shown) : shown_(shown && ::isatty(STDERR_FILENO) != 0) {}

void ProgressBar::update(double fraction, const std::string& what) {
  if (!shown_ || std::chrono::steady_clock::now() - begun_ < kPatience) return;
  const int filled = static_cast<int>(std::clamp(fraction, 0.0, 1.0) * kBarColumns);
  std::string line = fmt::format("{:3.0f} % ", std::clamp(fraction, 0.0, 1.0) * 100);
  for (int i = 0; i < kBarColumns; ++i) line += i < filled ? "━" : "·";
  const auto room = static_cast<std::size_t>(std::max(0, terminal_columns() - kBarColumns - 10));
  line += "  " + what.substr(0, room);
  if (line == last_line_) return;
  last_line_ = line;
  drawn_ = true;
  fmt::print(stderr, "\r\x1b[K{}", line);
  std::fflush(stderr);
}

void ProgressBar::clear() {
  if (drawn_) fmt::print(stderr, "\r\x1b[K");
  std::fflush(stderr);
  drawn_ = false;
  last_line_.clear();
}

}  // namespace inferno::cli
