#include "cli/debug/line_source.h"

#include <array>
#include <cerrno>

#include <unistd.h>

namespace inferno::cli::debug {

LineSource::Outcome PipeLines::read(std::string& line) {
  while (true) {
    const std::size_t end = held_.find('\n');
    if (end != std::string::npos) {
      line = held_.substr(0, end);
      held_.erase(0, end + 1);
      return Outcome::kLine;
    }
    if (ended_) {
      line = std::exchange(held_, {});
      return line.empty() ? Outcome::kEnd : Outcome::kLine;
    }
    if (wait_(fd_) != EngineSession::Readiness::kReadable) return Outcome::kInterrupted;
    std::array<char, 4096> buffer{};
    const ssize_t n = ::read(fd_, buffer.data(), buffer.size());
    if (n > 0) held_.append(buffer.data(), static_cast<std::size_t>(n));
    if (n == 0 || (n < 0 && errno != EINTR && errno != EAGAIN)) ended_ = true;
  }
}

LineSource::Outcome StreamLines::read(std::string& line) {
  return std::getline(stream_, line) ? Outcome::kLine : Outcome::kEnd;
}

}  // namespace inferno::cli::debug
