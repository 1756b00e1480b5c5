#include "cli/confinement_report.h"

#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <sstream>

#include "supervisor/child.h"

namespace inferno::cli {

namespace {

std::string read_to_the_end(int fd) {
  std::string text;
  std::array<char, 4096> piece{};
  for (ssize_t n = 0; (n = ::read(fd, piece.data(), piece.size())) > 0;) {
    text.append(piece.data(), static_cast<std::size_t>(n));
  }
  return text;
}

}  // namespace

Result<ConfinementReport> check_confinement(const std::string& engine) {
  auto child = supervisor::start_child(engine, {"--check-confinement"});
  if (!child) return child.error();
  std::istringstream lines(read_to_the_end(child->output.get()));
  ::waitpid(child->pid, nullptr, 0);
  ConfinementReport report;
  std::string part, outcome, what;
  while (std::getline(lines, part, '\t') && std::getline(lines, outcome, '\t') && std::getline(lines, what)) {
    report.tried = true;
    if (outcome != "denied") (part == "files" ? report.open_files : report.open_calls).push_back(what);
  }
  return report;
}

}  // namespace inferno::cli
