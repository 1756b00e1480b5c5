// Breakpoints and watches.

#include <fmt/format.h>

#include "cli/debug/arguments.h"
#include "cli/debug/command.h"
#include "cli/debug/tables.h"
#include "cli/debug/wording.h"

namespace inferno::cli::debug {

namespace {

Result<void> add(CommandContext& context, Scanner& line, bool once) {
  auto conditions = parse_conditions(line);
  if (!conditions) return conditions.error();
  const std::string words = in_words(*conditions);
  auto id = context.session.add_breakpoint(std::move(*conditions), once);
  if (!id) return id.error();
  context.out.print(fmt::format("{} {}: {}\n", once ? "Temporary breakpoint" : "Breakpoint", *id, words));
  return {};
}

Result<void> set_break(CommandContext& context, Scanner& line) { return add(context, line, false); }
Result<void> set_tbreak(CommandContext& context, Scanner& line) { return add(context, line, true); }

// Numbers up to the end of the line, each of a breakpoint; none: all.
Result<std::vector<std::uint32_t>> numbers(CommandContext& context, Scanner& line) {
  std::vector<std::uint32_t> ids;
  while (!line.at_end()) {
    const std::size_t column = line.column();
    auto id = line.whole_number("the number of a breakpoint");
    if (!id) return id.error();
    if (context.session.breakpoints().find(*id) == nullptr) {
      return line.fault_at(column, fmt::format("There is no breakpoint {}.", *id), "`info breakpoints` lists them.");
    }
    ids.push_back(*id);
  }
  if (!ids.empty()) return ids;
  for (const BreakpointRecord& one : context.session.breakpoints().all()) ids.push_back(one.id);
  return ids;
}

Result<void> switch_all(CommandContext& context, Scanner& line, bool on) {
  auto ids = numbers(context, line);
  if (!ids) return ids.error();
  return context.session.change_breakpoints([&](BreakpointTable& table) {
    for (const std::uint32_t id : *ids) table.find(id)->enabled = on;
  });
}

Result<void> enable(CommandContext& context, Scanner& line) { return switch_all(context, line, true); }
Result<void> disable(CommandContext& context, Scanner& line) { return switch_all(context, line, false); }

Result<void> remove(CommandContext& context, Scanner& line) {
  auto ids = numbers(context, line);
  if (!ids) return ids.error();
  return context.session.change_breakpoints([&](BreakpointTable& table) {
    for (const std::uint32_t id : *ids) table.remove(id);
  });
}

Result<void> ignore(CommandContext& context, Scanner& line) {
  const std::size_t column = line.column();
  auto id = line.whole_number("the number of a breakpoint");
  if (!id) return id.error();
  if (context.session.breakpoints().find(*id) == nullptr) {
    return line.fault_at(column, fmt::format("There is no breakpoint {}.", *id), "`info breakpoints` lists them.");
  }
  auto count = line.whole_number("how many hits to let pass");
  if (!count) return count.error();
  if (auto end = line.end(); !end) return end;
  auto changed = context.session.change_breakpoints([&](BreakpointTable& table) { table.set_ignore(*id, *count); });
  if (!changed) return changed;
  context.out.print(fmt::format("Will pass breakpoint {} {} times.\n", *id, *count));
  return {};
}

Result<void> watch(CommandContext& context, Scanner& line) {
  std::string word;
  std::vector<std::int32_t> ids;
  const char next = line.peek();
  if (next == '"') {
    auto text = line.quoted();
    if (!text) return text.error();
    word = std::move(*text);
  } else if (next >= '0' && next <= '9') {
    auto found = tokens_of(context.session, line, nullptr);
    if (!found) return found.error();
    ids = std::move(*found);
  } else {
    word = std::string(line.argument());
  }
  if (word.empty() && ids.empty()) return line.expected("a word, or token ids", "For example: watch Lily");
  if (auto end = line.end(); !end) return end;
  auto id = context.session.add_watch(word, ids);
  if (!id) return id.error();
  context.out.print(fmt::format("Watch {}: {}\n", *id, watch_in_words(context.session.watches().back())));
  return {};
}

Result<void> unwatch(CommandContext& context, Scanner& line) {
  auto id = line.whole_number("the number of a watch");
  if (!id) return id.error();
  if (auto end = line.end(); !end) return end;
  return context.session.remove_watch(*id);
}

}  // namespace

CommandGroup breakpoint_commands() {
  static const char* const kConditions =
      "A breakpoint stops when the chain has chosen a token and before it is taken. Conditions:\n"
      "  token \" Tim\", 403       the token is one of these (texts or ids)\n"
      "  text \"dragon\"           this token completes the text\n"
      "  /drag(on|ged)/          a regular expression matches up into this token\n"
      "  raw < 5%                its raw probability (what the model gave)\n"
      "  final < 0.05            its final probability (what the sampler chain left)\n"
      "  entropy > 4             bits, of the raw distribution\n"
      "  rank > 3                of the token\n"
      "  removed-top [by top-p]  a sampler stage removed the most probable candidate\n"
      "  tie < 0.02              the two highest final probabilities differ by less\n"
      "  \" the\" in top 5         among the 5 most probable, chosen or not\n"
      "  repeat 8                the newest 8 tokens are the 8 before them once more\n"
      "  eot > 10%               probability of all tokens that end the text\n"
      "  at 40                   position (`break 40` is the same)\n"
      "  every 16                every 16th generated token\n"
      "Joined by `and`, all must hold:\n"
      "  break rank > 1 and entropy > 2\n";
  return {"Breakpoints and watches",
          {{"break", {"b"}, "CONDITION [and CONDITION]…", "Stop where conditions hold", kConditions, set_break},
           {"tbreak", {"tb"}, "CONDITION [and CONDITION]…", "The same, once", "  tbreak token \"\\n\"\n", set_tbreak},
           {"enable", {}, "[NUMBER]…", "Switch breakpoints on; none named: all", "  enable 2\n", enable},
           {"disable", {}, "[NUMBER]…", "Switch breakpoints off", "  disable 1 2\n", disable},
           {"delete", {"d"}, "[NUMBER]…", "Delete breakpoints", "  delete 1\n", remove},
           {"ignore", {}, "NUMBER COUNT", "Let a breakpoint pass so many times first", "  ignore 1 5\n", ignore},
           {"watch",
            {"w"},
            "WORD",
            "Follow how probable a word is, chosen or not",
            "The probability of the word's first token, alone and behind a space; or of token ids.\n"
            "Every stop tells it.\n  watch Lily\n  watch \"good bye\"\n  watch 403 407\n",
            watch},
           {"unwatch", {}, "NUMBER", "End a watch", "  unwatch 1\n", unwatch}}};
}

}  // namespace inferno::cli::debug
