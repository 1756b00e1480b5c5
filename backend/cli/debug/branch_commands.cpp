// Going back, and branches.

#include <fmt/format.h>

#include "cli/debug/arguments.h"
#include "cli/debug/command.h"
#include "cli/debug/stop_text.h"
#include "cli/debug/tables.h"

namespace inferno::cli::debug {

namespace {

Result<void> show(CommandContext& context, Result<void> done) {
  if (done) context.out.stop(context.session);
  return done;
}

Result<void> back(CommandContext& context, Scanner& line) {
  auto n = optional_count(line, 1);
  if (!n) return n.error();
  const Branch* branch = context.session.current();
  const std::uint32_t generated = branch == nullptr ? 0 : branch->n_generated();
  if (branch != nullptr && *n > generated) {
    return Error{ErrorCode::kWrongState,
                 fmt::format("{} token{} been generated up to here, so there is no going back by {}.", generated,
                             generated == 1 ? " has" : "s have", *n),
                 "`branches` and `checkout N` lead to other branches."};
  }
  return show(context, context.session.go_to(branch == nullptr ? 0 : branch->position - *n));
}

Result<void> go_to(CommandContext& context, Scanner& line) {
  if (line.take("end")) {
    const Branch* branch = context.session.current();
    return show(context, context.session.go_to(branch == nullptr ? 0 : branch->length()));
  }
  auto position = line.whole_number("a position, or `end`");
  if (!position) return position.error();
  if (auto end = line.end(); !end) return end;
  return show(context, context.session.go_to(*position));
}

// [POSITION] [TOKENS]: a number that comes first is a position.
Result<void> branch(CommandContext& context, Scanner& line) {
  const Branch* current = context.session.current();
  std::uint32_t position = current == nullptr ? 0 : current->position;
  if (line.peek() >= '0' && line.peek() <= '9') {
    auto given = line.whole_number("a position");
    if (!given) return given.error();
    position = *given;
  }
  std::vector<std::int32_t> ids;
  std::string made_by = "as it was";
  if (!line.at_end()) {
    auto step = step_at(context.session, position);
    auto found = tokens_of(context.session, line, step ? *step : nullptr);
    if (!found) return found.error();
    ids = std::move(*found);
    made_by = (step ? candidate_text(**step, ids.front()) : fmt::format("token {}", ids.front())) + " by hand";
  }
  return show(context, context.session.branch(position, ids, made_by));
}

Result<void> branches(CommandContext& context, Scanner& line) {
  if (auto end = line.end(); !end) return end;
  context.out.print(branch_tree(context.session, context.out.terminal(), context.out.columns()));
  return {};
}

Result<void> checkout(CommandContext& context, Scanner& line) {
  auto id = line.whole_number("the number of a branch");
  if (!id) return id.error();
  if (auto end = line.end(); !end) return end;
  return show(context, context.session.checkout(*id));
}

}  // namespace

CommandGroup branch_commands() {
  return {"Going back, and branches",
          {{"back",
            {"bk"},
            "[N]",
            "Go back by N tokens",
            "What lies ahead is kept, and going on passes over it again, to the same tokens. The first change\n"
            "there (choose, force, ban, set) begins a new branch.\n  back\n  back 10\n",
            back,
            true},
           {"goto",
            {"go"},
            "POSITION | end",
            "Go to a position that was generated before",
            "  goto 14\n  goto end\n",
            go_to},
           {"branch",
            {},
            "[POSITION] [\"TEXT\" | ID | #RANK …]",
            "Begin a branch there, with these tokens if given",
            "The branch it comes from stays as it is.\n"
            "  branch\n  branch 14 \" Tim\"\n  branch 14 #2\n",
            branch},
           {"branches", {}, "", "All branches as a tree; the current one is marked *", "", branches},
           {"checkout",
            {"switch", "co"},
            "NUMBER",
            "Go to another branch, where it was left",
            "  checkout 1\n",
            checkout}}};
}

}  // namespace inferno::cli::debug
