// What only looks.

#include <algorithm>

#include <fmt/format.h>

#include "cli/debug/arguments.h"
#include "cli/debug/command.h"
#include "cli/debug/command_table.h"
#include "cli/debug/stop_text.h"
#include "cli/debug/tables.h"
#include "cli/debug/wording.h"
#include "cli/model_report.h"
#include "cli/token_printer.h"

namespace inferno::cli::debug {

namespace {

constexpr std::uint32_t kListed = 10;

// The chain that was in use at a step.
Result<SamplerChain> chain_at(const CommandContext& context, std::uint32_t position) {
  const Branch* branch = context.session.current();
  const SamplerUse* use = branch != nullptr ? branch->sampler_at(position) : nullptr;
  if (use == nullptr) return context.session.chain();
  return copy_of(*use->chain);
}

// The step that waits, or the one at a position if one is given behind `at`.
struct Seen {
  const pb::Step* step;
  SamplerChain chain;
};

Result<Seen> seen(CommandContext& context, std::optional<std::uint32_t> position) {
  auto step = position ? step_at(context.session, *position) : pending_step(context.session);
  if (!step) return step.error();
  auto chain = chain_at(context, (*step)->position());
  if (!chain) return chain.error();
  return Seen{*step, std::move(*chain)};
}

Result<void> info_breakpoints(CommandContext& context, Scanner&) {
  context.out.print(breakpoint_table(context.session.breakpoints()));
  return {};
}

Result<void> info_watches(CommandContext& context, Scanner&) {
  context.out.print(watch_table(context.session));
  return {};
}

Result<void> info_candidates(CommandContext& context, Scanner& line) {
  auto n = optional_count(line, kListed);
  if (!n) return n.error();
  auto found = seen(context, {});
  if (!found) return found.error();
  context.out.print(candidate_table(*found->step, found->chain, *n, context.out.terminal()));
  return {};
}

Result<void> info_stages(CommandContext& context, Scanner& line) {
  std::optional<std::uint32_t> position;
  if (!line.at_end()) {
    auto given = line.whole_number("a position");
    if (!given) return given.error();
    position = *given;
  }
  auto found = seen(context, position);
  if (!found) return found.error();
  context.out.print(stage_table(*found->step, found->chain));
  return {};
}

Result<void> info_step(CommandContext& context, Scanner& line) {
  std::optional<std::uint32_t> position;
  if (!line.at_end()) {
    auto given = line.whole_number("a position");
    if (!given) return given.error();
    if (auto end = line.end(); !end) return end;
    position = *given;
  }
  auto found = seen(context, position);
  if (!found) return found.error();
  context.out.print(step_table(*found->step, found->chain, context.out.terminal()));
  return {};
}

Result<void> info_run(CommandContext& context, Scanner&) {
  context.out.print(run_table(context.session));
  return {};
}

Result<void> info_sampler(CommandContext& context, Scanner&) {
  auto chain = context.session.chain();
  if (!chain) return chain.error();
  context.out.print(chain_in_words(*chain));
  return {};
}

Result<void> info_model(CommandContext& context, Scanner&) {
  const pb::ModelInfoT& model = context.model;
  context.out.print(fmt::format(
      "  {}\n  {}, {} parameters in {}\n  {} tokens in the vocabulary, {} of context ({} in training)\n  {}\n",
      model.name, model.architecture, model.n_params, model.quantisation, model.n_vocab, model.n_ctx, model.n_ctx_train,
      model.path));
  return {};
}

Result<void> info_branches(CommandContext& context, Scanner&) {
  context.out.print(branch_tree(context.session, context.out.terminal(), context.out.columns()));
  return {};
}

Result<void> info_tokens(CommandContext& context, Scanner&) {
  const Branch* branch = context.session.current();
  if (branch == nullptr)
    return Error{ErrorCode::kWrongState, "There is no run yet.", "Begin one: start Once upon a time"};
  context.out.print(token_list(*branch, 0, branch->length() + 1, context.out.terminal()));
  return {};
}

Result<void> info(CommandContext& context, Scanner& line) {
  if (line.at_end()) {
    std::string text;
    for (const Command& one : info_commands()) text += fmt::format("  info {:<18} {}\n", one.name, one.about);
    context.out.print(text);
    return {};
  }
  const std::size_t column = line.column();
  auto found = find_in(info_commands(), line.word(), "kind of info");
  if (!found) return line.fault_at(column, found.error().message, "`info` alone lists them.");
  if (auto done = (*found)->run(context, line); !done) return done;
  return {};
}

Result<void> list(CommandContext& context, Scanner& line) {
  const Branch* branch = context.session.current();
  if (branch == nullptr)
    return Error{ErrorCode::kWrongState, "There is no run yet.", "Begin one: start Once upon a time"};
  const std::uint32_t here = branch->position;
  std::uint32_t first = here > kListed / 2 + 2 ? here - kListed / 2 - 2 : 0;
  std::uint32_t count = kListed;
  if (!line.at_end()) {
    auto given = line.whole_number("a position");
    if (!given) return given.error();
    if (*given > branch->length()) return step_at(context.session, *given).error();
    first = *given;
    auto n = optional_count(line, kListed);
    if (!n) return n.error();
    count = *n;
  }
  context.out.print(token_list(*branch, first, first + count, context.out.terminal()));
  return {};
}

Result<void> backtrace_command(CommandContext& context, Scanner& line) {
  auto n = optional_count(line, kListed);
  if (!n) return n.error();
  const Branch* branch = context.session.current();
  if (branch == nullptr)
    return Error{ErrorCode::kWrongState, "There is no run yet.", "Begin one: start Once upon a time"};
  context.out.print(backtrace(*branch, *n, context.out.terminal()));
  return {};
}

Result<void> where(CommandContext& context, Scanner& line) {
  if (auto end = line.end(); !end) return end;
  if (context.session.current() == nullptr) {
    return Error{ErrorCode::kWrongState, "There is no run yet.", "Begin one: start Once upon a time"};
  }
  context.out.stop(context.session);
  return {};
}

Result<void> text(CommandContext& context, Scanner& line) {
  if (auto end = line.end(); !end) return end;
  const Branch* branch = context.session.current();
  if (branch == nullptr)
    return Error{ErrorCode::kWrongState, "There is no run yet.", "Begin one: start Once upon a time"};
  Utf8Holder holder;
  std::string whole;
  for (std::uint32_t i = 0; i < branch->position && i < branch->length(); ++i) {
    const pb::Step& step = *branch->steps[i].step;
    const std::string piece = without_controls(holder.push(bytes_of(step.token())));
    const bool generated = i >= branch->n_prompt() && step.raw_logprob();
    whole += generated ? context.out.terminal().coloured(piece, std::exp(*step.raw_logprob())) : piece;
  }
  context.out.print(whole + holder.flush() + "\n");
  return {};
}

Result<void> tokens(CommandContext& context, Scanner& line) {
  auto given = prompt_text(line);
  if (!given) return given.error();
  if (given->empty()) return line.expected("a text", "For example: tokens Once upon a time");
  auto found = context.session.tokenize(*given);
  if (!found) return found.error();
  std::string rows;
  for (const auto& token : found->tokens) {
    std::string shown = token->bytes.empty() ? quote(token->text) : "\"";
    for (const std::uint8_t byte : token->bytes) shown += fmt::format("\\x{:02X}", byte);
    rows += fmt::format("{:>8}  {}\n", token->id, token->bytes.empty() ? shown : shown + '"');
  }
  context.out.print(rows);
  return {};
}

Result<void> explore(CommandContext& context, Scanner& line) {
  pb::ExploreT question;
  auto n = line.at_end() ? Result<std::uint32_t>(question.n_branches) : line.whole_number("a number of branches");
  if (!n) return n.error();
  auto length = optional_count(line, question.n_tokens, "a number of tokens");
  if (!length) return length.error();
  question.n_branches = *n;
  question.n_tokens = *length;
  auto explored = context.session.explore(std::move(question));
  if (!explored) return explored.error();
  context.out.print(explored_text(*explored, context.out.columns()));
  return {};
}

Result<void> tree(CommandContext& context, Scanner& line) {
  pb::ExpandTreeT question;
  auto depth = optional_count(line, question.max_depth, "a depth");
  if (!depth) return depth.error();
  question.max_depth = *depth;
  auto found = context.session.expand(std::move(question));
  if (!found) return found.error();
  context.out.print(tree_text(*found));
  return {};
}

}  // namespace

const std::vector<Command>& info_commands() {
  static const std::vector<Command> commands{
      {"breakpoints", {"b"}, "", "Breakpoints with their conditions and stops", "", info_breakpoints},
      {"watches", {"w"}, "", "Watched words and how probable they are now", "", info_watches},
      {"candidates",
       {"c"},
       "[N]",
       "The N best candidates for the token that waits",
       "  info candidates 20\n",
       info_candidates},
      {"stages",
       {},
       "[POSITION]",
       "What each sampler stage did, at the waiting token or a past one",
       "  info stages 12\n",
       info_stages},
      {"step", {}, "[POSITION]", "Everything about the waiting token or a past one", "  info step 12\n", info_step},
      {"run", {}, "", "Length, perplexity, seed, sampler, bans", "", info_run},
      {"sampler", {}, "", "The chain in use", "", info_sampler},
      {"model", {}, "", "The model", "", info_model},
      {"branches", {}, "", "All branches", "", info_branches},
      {"tokens", {}, "", "Every token of the run, one a line", "", info_tokens}};
  return commands;
}

CommandGroup looking_commands() {
  return {"Looking",
          {{"where", {"frame", "f"}, "", "Where the run stands, why, and the token that waits", "", where},
           {"info",
            {"i"},
            "KIND",
            "Tables: candidates, stages, step, breakpoints, run …",
            "  info candidates 20\n  info stages\n  info step 12\n  info breakpoints\n",
            info},
           {"print",
            {"p", "x"},
            "[POSITION]",
            "Everything about the waiting token, or a past one",
            "  print\n  print 12\n",
            info_step},
           {"list",
            {"l"},
            "[POSITION [N]]",
            "Tokens around the current position, or from one on",
            "  list\n  list 0 20\n",
            list},
           {"backtrace", {"bt"}, "[N]", "The newest tokens, newest first", "  bt 5\n", backtrace_command},
           {"text", {}, "", "The whole text, coloured by probability", "", text},
           {"tokens", {}, "TEXT", "How a text is cut into tokens", "  tokens Once upon a time\n", tokens},
           {"explore",
            {"e"},
            "[BRANCHES [TOKENS]]",
            "What would follow each of the most probable tokens",
            "The run stays as it is.\n  explore\n  explore 4 30\n",
            explore},
           {"tree", {}, "[DEPTH]", "The most probable continuations as a tree", "  tree\n  tree 3\n", tree}}};
}

}  // namespace inferno::cli::debug
