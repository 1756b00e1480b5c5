// What changes the token that waits and those after it.

#include <fmt/format.h>

#include "cli/debug/arguments.h"
#include "cli/debug/command.h"
#include "cli/debug/sampler_words.h"
#include "cli/debug/stop_text.h"
#include "cli/debug/wording.h"

namespace inferno::cli::debug {

namespace {

Result<void> put(CommandContext& context, Scanner& line, bool one) {
  auto pending = pending_step(context.session);
  if (!pending) return pending.error();
  const std::size_t column = line.column();
  auto ids = tokens_of(context.session, line, *pending);
  if (!ids) return ids.error();
  if (one && ids->size() != 1) {
    return line.fault_at(
        column, fmt::format("This is {} tokens; choose takes one.", ids->size()),
        "`force` puts several, one after the other. Most words begin with a space, as in \" dragon\".");
  }
  const std::string made_by = candidate_text(**pending, ids->front()) + " by hand";
  if (auto forced = context.session.force(*ids, made_by); !forced) return forced;
  context.out.stop(context.session);
  return {};
}

Result<void> choose(CommandContext& context, Scanner& line) { return put(context, line, true); }
Result<void> force(CommandContext& context, Scanner& line) { return put(context, line, false); }

Result<void> ban(CommandContext& context, Scanner& line) {
  auto pending = pending_step(context.session);
  if (!pending) return pending.error();
  std::uint32_t n_steps = 0;
  if (line.take("for")) {
    auto n = line.whole_number("a number of steps");
    if (!n) return n.error();
    n_steps = *n;
  }
  auto ids = tokens_of(context.session, line, *pending);
  if (!ids) return ids.error();
  if (auto banned = context.session.ban(*ids, n_steps); !banned) return banned;
  context.out.stop(context.session);
  return {};
}

Result<void> unban(CommandContext& context, Scanner& line) {
  std::vector<std::int32_t> ids;
  if (!line.at_end()) {
    auto found = tokens_of(context.session, line, nullptr);
    if (!found) return found.error();
    ids = std::move(*found);
  }
  if (auto lifted = context.session.unban(ids); !lifted) return lifted;
  context.out.stop(context.session);
  return {};
}

Result<void> set(CommandContext& context, Scanner& line) {
  const std::size_t column = line.column();
  const std::string name(line.argument());
  line.take_sign('=');
  if (name.empty()) {
    return line.expected("the name of a sampler setting",
                         fmt::format("There are: {}.", fmt::join(setting_words(), ", ")));
  }
  std::string value;
  if (line.peek() == '"') {
    auto text = line.quoted();
    if (!text) return text.error();
    value = std::move(*text);
  } else {
    value = std::string(line.rest());
  }
  if (value.empty()) return line.expected(fmt::format("a value for {}", name));
  auto changed = with_setting(context.session.sampling(), name, value);
  if (!changed) return line.fault_at(column, changed.error().message, changed.error().hint);
  if (auto set = context.session.set_sampling(*changed); !set) return set;
  const Branch* branch = context.session.current();
  if (branch != nullptr && branch->stop && branch->stop->pending) {
    context.out.stop(context.session);
    return {};
  }
  auto chain = context.session.chain();
  if (!chain) return chain.error();
  context.out.print("For the next run:\n" + chain_in_words(*chain));
  return {};
}

}  // namespace

CommandGroup changing_commands() {
  return {"Changing what comes next",
          {{"choose",
            {"ch"},
            "\"TEXT\" | ID | #RANK",
            "Put another token in place of the one that waits",
            "It is taken by the next `step` or `continue`. After going back, this begins a new branch.\n"
            "  choose \" Tim\"\n  choose #2\n  choose 403\n",
            choose},
           {"force",
            {},
            "\"TEXT\" | ID | #RANK …",
            "Put several tokens next, one after the other",
            "  force \" and then the dragon\"\n  force 403 407 261\n",
            force},
           {"ban",
            {},
            "[for N] \"TEXT\" | ID | #RANK …",
            "Tokens that cannot be chosen; for N steps, or the rest of the run",
            "A waiting token that is banned is chosen anew.\n  ban \" Lily\"\n  ban for 5 #1\n",
            ban},
           {"unban", {}, "[\"TEXT\" | ID …]", "Lift bans; none named: all", "  unban\n", unban},
           {"set",
            {},
            "SETTING VALUE",
            "Change the sampler from the next token on, and for later runs",
            "The settings of `inferno run`, by the same names. The waiting token is chosen anew.\n"
            "  set temp 0.5\n  set top-k 0\n  set seed 7\n  set sampler.min_p 0.1\n  set greedy on\n",
            set}}};
}

}  // namespace inferno::cli::debug
