#include "cli/debug/debugger.h"

#include <cstdio>
#include <fstream>

#include <fmt/format.h>

#include "cli/debug/command_table.h"
#include "cli/debug/wording.h"
#include "cli/text_input.h"

namespace inferno::cli::debug {

namespace {

constexpr std::size_t kMaxDepth = 16;
constexpr std::string_view kBlanks = " \t\r";
constexpr std::size_t kHintColumns = 78;  // a narrow terminal's, indented by two

// Blanks at the end, and a line that only comments, are nothing.
std::string meaningful(const std::string& line) {
  const std::size_t first = line.find_first_not_of(kBlanks);
  if (first == std::string::npos || line[first] == '#') return {};
  return line.substr(0, line.find_last_not_of(kBlanks) + 1);
}

// Lines of a text, indented, broken between words.
std::string wrapped(const std::string& text) {
  std::string lines;
  std::size_t used = kHintColumns;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find(' ', at), text.size());
    const std::size_t width = display_width(text.substr(at, end - at));
    const bool fits = used + 1 + width <= kHintColumns;
    lines += fits ? " " : lines.empty() ? "  " : "\n  ";
    used = fits ? used + 1 + width : width;
    lines += text.substr(at, end - at);
    at = end + 1;
  }
  return lines + "\n";
}

}  // namespace

std::string fault_text(const Error& error, const std::string& line, const std::string& place) {
  std::string text = place.empty() ? "" : place + ": ";
  text += error.message + "\n";
  if (error.offset) {
    const std::size_t column = std::min<std::size_t>(*error.offset, line.size());
    text += "  " + on_one_line(line) + "\n  " + std::string(display_width(line.substr(0, column)), ' ') + "^\n";
  }
  if (!error.hint.empty()) text += wrapped(error.hint);
  return text;
}

Debugger::Debugger(DebugSession& session, Output& out, const pb::ModelInfoT& model, const PromptOptions& prompt,
                   Options options)
    : context_{session, out, model, prompt, {}, {}, {}, false}, options_(std::move(options)) {
  context_.run_script = [this](const std::string& path) { return run_script(path); };
  context_.history = [this](std::size_t n) { return options_.history ? options_.history(n) : std::string(); };
  session.on_progress([&out](const Branch& branch) { out.progress(branch); });
}

void Debugger::converse(LineSource& source) {
  std::string line;
  while (!context_.quit) {
    const auto outcome = source.read(line);
    if (outcome == LineSource::Outcome::kEnd) return;
    if (outcome == LineSource::Outcome::kInterrupted) continue;
    const bool empty = line.find_first_not_of(kBlanks) == std::string::npos;
    execute(empty ? repeatable_ : line, {});
  }
}

Result<void> Debugger::run_lines(LineSource& source, const std::string& name) {
  std::string line;
  for (std::size_t number = 1; !context_.quit; ++number) {
    const auto outcome = source.read(line);
    if (outcome == LineSource::Outcome::kEnd) return {};
    if (outcome == LineSource::Outcome::kInterrupted) {
      interrupted_ = true;
      return Error{ErrorCode::kCancelled, "Interrupted.", {}};
    }
    const std::string place = fmt::format("{}:{}", name, number);
    if (execute(line, place)) continue;
    failed_ = true;
    if (!options_.keep_going) return Error{ErrorCode::kCancelled, fmt::format("{} ended this script.", place), {}};
  }
  return {};
}

Result<void> Debugger::run_script(const std::string& path) {
  std::ifstream file(path);
  if (!file) return Error{ErrorCode::kFileNotFound, fmt::format("Cannot read the file {}.", path), {}};
  if (depth_ >= kMaxDepth) return Error{ErrorCode::kInvalidArgument, "Scripts call each other too deeply.", {}};
  ++depth_;
  StreamLines lines(file);
  auto done = run_lines(lines, path);
  --depth_;
  return done;
}

bool Debugger::execute(const std::string& line, const std::string& place) {
  const std::string text = meaningful(line);
  if (text.empty()) return true;
  const auto done = dispatch(text);
  if (const std::string notice = context_.session.take_notice(); !notice.empty()) context_.out.print(notice + "\n");
  if (done) return true;
  context_.out.print({});  // what was on its way comes first
  std::fputs(fault_text(done.error(), text, place).c_str(), stderr);
  return false;
}

Result<void> Debugger::dispatch(const std::string& line) {
  if (auto valid = require_utf8("The line", line); !valid) return valid;
  Scanner scanner(line);
  const std::size_t column = scanner.column();
  const std::string_view word = scanner.peek_word();
  auto command = find_command(word);
  if (!command || word.empty()) {
    if (word.empty()) return scanner.expected("a command", "`help` lists them.");
    return scanner.fault_at(column, command.error().message, command.error().hint);
  }
  scanner.word();
  repeatable_ = (*command)->repeats ? line : std::string();
  return (*command)->run(context_, scanner);
}

}  // namespace inferno::cli::debug
