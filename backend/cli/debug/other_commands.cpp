// Help, scripts, files, leaving.

#include <fstream>

#include <fmt/format.h>

#include "cli/debug/arguments.h"
#include "cli/debug/command.h"
#include "cli/debug/command_table.h"
#include "protocol/json.h"

namespace inferno::cli::debug {

namespace {

Result<void> help(CommandContext& context, Scanner& line) {
  if (line.at_end()) {
    context.out.print(help_overview());
    return {};
  }
  const std::size_t column = line.column();
  auto found = find_command(line.word());
  if (!found) return line.fault_at(column, found.error().message, found.error().hint);
  if ((*found)->name == "info" && !line.at_end()) {
    auto kind = find_in(info_commands(), line.word(), "kind of info");
    if (!kind) return kind.error();
    context.out.print(help_of(**kind, "info "));
    return {};
  }
  if (auto end = line.end(); !end) return end;
  context.out.print(help_of(**found));
  return {};
}

Result<void> source(CommandContext& context, Scanner& line) {
  const std::string path(line.rest());
  if (path.empty()) return line.expected("a file with commands");
  return context.run_script(path);
}

Result<void> save(CommandContext& context, Scanner& line) {
  const std::string path(line.rest());
  if (path.empty()) return line.expected("a file to write to", "For example: save story.jsonl");
  const Branch* branch = context.session.current();
  if (branch == nullptr)
    return Error{ErrorCode::kWrongState, "There is no run yet.", "Begin one: start Once upon a time"};
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  std::string json;
  for (const RecordedStep& step : branch->steps) {
    json.clear();
    pb::append_json(*step.step, json);
    file << json << '\n';
  }
  file.close();
  if (!file) return Error{ErrorCode::kInvalidArgument, fmt::format("{} could not be written.", path), {}};
  context.out.print(fmt::format("{} tokens to {}\n", branch->length(), path));
  return {};
}

Result<void> history(CommandContext& context, Scanner& line) {
  auto n = optional_count(line, 20);
  if (!n) return n.error();
  context.out.print(context.history(*n));
  return {};
}

Result<void> quit(CommandContext& context, Scanner& line) {
  if (auto end = line.end(); !end) return end;
  context.quit = true;
  return {};
}

}  // namespace

CommandGroup other_commands() {
  return {"Other",
          {{"help", {"h"}, "[COMMAND]", "This list, or more on one command", "  help break\n", help},
           {"source", {}, "FILE", "Run the commands in a file; # begins a comment", "  source setup.inferno\n", source},
           {"save",
            {},
            "FILE",
            "Write the branch's tokens as JSON lines, as `inferno run --json` does",
            "  save story.jsonl\n",
            save},
           {"history", {}, "[N]", "The newest lines that were typed", "", history},
           {"quit", {"q", "exit"}, "", "Leave (Ctrl-D does, too)", "", quit}}};
}

}  // namespace inferno::cli::debug
