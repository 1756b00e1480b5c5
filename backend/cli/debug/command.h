#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "cli/debug/debug_session.h"
#include "cli/debug/output.h"
#include "cli/debug/scanner.h"
#include "cli/prompt_options.h"

namespace inferno::cli::debug {

// What a command works with. Borrowed from the debugger that runs it.
struct CommandContext {
  DebugSession& session;
  Output& out;
  const protocol::ModelInfoT& model;
  const PromptOptions& prompt;             // as on the command line
  std::optional<std::string> prompt_text;  // as last given to run or start
  std::function<Result<void>(const std::string&)> run_script;
  std::function<std::string(std::size_t)> history;  // the newest lines; empty without a terminal
  bool quit = false;
};

using Handler = Result<void> (*)(CommandContext&, Scanner&);

// One command as people type it. `info` and `help` have their own tables behind them.
struct Command {
  std::string name;
  std::vector<std::string> aliases;
  std::string usage;  // behind the name
  std::string about;  // one line
  std::string more;   // further lines, with examples
  Handler run = nullptr;
  bool repeats = false;  // an empty line does it again
};

struct CommandGroup {
  std::string title;
  std::vector<Command> commands;
};

CommandGroup running_commands();
CommandGroup breakpoint_commands();
CommandGroup looking_commands();
CommandGroup changing_commands();
CommandGroup branch_commands();
CommandGroup other_commands();
// What `info` knows.
const std::vector<Command>& info_commands();

}  // namespace inferno::cli::debug
