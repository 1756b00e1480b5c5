// Beginning a run and going on in it.

#include <fmt/format.h>

#include "cli/debug/arguments.h"
#include "cli/debug/command.h"

namespace inferno::cli::debug {

namespace {

Result<void> begin(CommandContext& context, Scanner& line, bool pause_first) {
  auto text = prompt_text(line);
  if (!text) return text.error();
  if (!text->empty()) context.prompt_text = std::move(*text);
  if (!context.prompt_text && !context.prompt.given()) {
    return Error{
        ErrorCode::kInvalidArgument, "There is no prompt.",
        "Give one here, as in `start Once upon a time`, or with -p TEXT or -f FILE when starting inferno debug."};
  }
  auto prompt = context.prompt_text ? context.prompt.with_text(*context.prompt_text).prompt() : context.prompt.prompt();
  if (!prompt) return prompt.error();
  if (auto started = context.session.start(std::move(*prompt), pause_first); !started) return started;
  for (const auto& warning : context.session.current()->started->warnings) context.out.print(warning->message + "\n");
  context.out.stop(context.session);
  return {};
}

Result<void> run(CommandContext& context, Scanner& line) { return begin(context, line, false); }
Result<void> start(CommandContext& context, Scanner& line) { return begin(context, line, true); }

// Lets the breakpoint that was stopped at pass n - 1 times more.
Result<void> ignore_hits(CommandContext& context, std::uint32_t n) {
  const Branch* branch = context.session.current();
  std::vector<std::uint32_t> ids;
  if (branch != nullptr && branch->stop) ids = branch->stop->breakpoints;
  std::erase_if(ids, [&](std::uint32_t id) { return context.session.breakpoints().find(id) == nullptr; });
  if (ids.empty()) {
    return Error{ErrorCode::kWrongState, "This is no stop at a breakpoint, so there is none to pass.",
                 "`ignore NUMBER COUNT` says which."};
  }
  return context.session.change_breakpoints([&](BreakpointTable& table) {
    for (const std::uint32_t id : ids) table.set_ignore(id, n - 1);
  });
}

Result<void> resume(CommandContext& context, Scanner& line) {
  auto n = optional_count(line, 1);
  if (!n) return n.error();
  if (*n > 1) {
    if (auto ignored = ignore_hits(context, *n); !ignored) return ignored;
  }
  if (auto resumed = context.session.resume(); !resumed) return resumed;
  context.out.stop(context.session);
  return {};
}

Result<void> step(CommandContext& context, Scanner& line) {
  auto n = optional_count(line, 1);
  if (!n) return n.error();
  for (std::uint32_t i = 0; i < *n; ++i) {
    if (auto stepped = context.session.step(); !stepped) return stepped;
    const Branch& branch = *context.session.current();
    if (branch.finished() || !branch.stop->breakpoints.empty() || branch.stop->reason != pb::PauseReason::Stepped)
      break;
  }
  context.out.stop(context.session);
  return {};
}

Result<void> until(CommandContext& context, Scanner& line) {
  const std::size_t column = line.column();
  auto position = line.whole_number("a position");
  if (!position) return position.error();
  if (auto end = line.end(); !end) return end;
  const Branch* branch = context.session.current();
  if (branch != nullptr && *position <= branch->position) {
    return line.fault_at(column, fmt::format("The run stands at position {} already.", branch->position),
                         fmt::format("`goto {}` goes back.", *position));
  }
  if (auto resumed = context.session.resume(*position); !resumed) return resumed;
  context.out.stop(context.session);
  return {};
}

}  // namespace

CommandGroup running_commands() {
  return {"Running",
          {{"run",
            {"r"},
            "[TEXT]",
            "Begin a run and go on to the first breakpoint",
            "TEXT is the prompt, as it is or in quotes with \\n and the like; without it, the one given before.\n"
            "Runs that were begun before stay, as branches.\n"
            "  run Once upon a time\n"
            "  run \"First line\\nSecond line\"\n",
            run},
           {"start", {}, "[TEXT]", "Begin a run and stop before the first token", "  start Once upon a time\n", start},
           {"continue",
            {"c", "fg"},
            "[N]",
            "Go on to the next breakpoint, or the end; N: pass this one N - 1 times",
            "Ctrl-C pauses.\n  continue\n  continue 3\n",
            resume,
            true},
           {"step",
            {"s", "next", "n"},
            "[N]",
            "Take the token that waits, N times",
            "Stops earlier at a breakpoint. An empty line steps again.\n  step\n  step 10\n",
            step,
            true},
           {"until", {"u", "advance"}, "POSITION", "Go on to a position", "  until 40\n", until}}};
}

}  // namespace inferno::cli::debug
