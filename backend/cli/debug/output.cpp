#include "cli/debug/output.h"

#include <chrono>

#include "cli/debug/stop_text.h"

namespace inferno::cli::debug {

namespace {

constexpr std::size_t kPlainColumns = 100;  // of what is no terminal
constexpr double kProgressEveryS = 0.05;

double now_s() { return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count(); }

}  // namespace

Output::Output(const Terminal& terminal, bool json) : terminal_(terminal), json_(json) {}

std::size_t Output::columns() const {
  return terminal_.is_terminal() ? static_cast<std::size_t>(std::max(terminal_columns(), 40)) : kPlainColumns;
}

void Output::print(const std::string& text) { write(json_ ? stderr : stdout, text); }

void Output::stop(const DebugSession& session) {
  if (json_) return write(stdout, stop_json(session) + "\n");
  write(stdout, stop_text(session, terminal_, columns()));
}

void Output::progress(const Branch& branch) {
  if (!terminal_.is_terminal() || json_ || now_s() - last_progress_s_ < kProgressEveryS) return;
  last_progress_s_ = now_s();
  std::fputs(("\r\x1b[K  " + tail_text(branch, branch.position, terminal_, columns() - 3)).c_str(), stdout);
  std::fflush(stdout);
  progress_shown_ = true;
}

void Output::erase_progress() {
  if (progress_shown_) std::fputs("\r\x1b[K", stdout);
  progress_shown_ = false;
}

void Output::write(std::FILE* to, const std::string& text) {
  erase_progress();
  failed_ |= std::fwrite(text.data(), 1, text.size(), to) != text.size() || std::fflush(to) != 0;
}

}  // namespace inferno::cli::debug
