#include "cli/debug/tables.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "cli/debug/stop_text.h"
#include "cli/debug/wording.h"
#include "cli/run_statistics.h"
#include "cli/token_printer.h"

namespace inferno::cli::debug {

namespace {

constexpr std::size_t kTokenColumns = 18;

std::string quoted_candidate(const pb::Step& step, const pb::Candidate& candidate) {
  return candidate_text(step, candidate.id());
}

std::string stage_label(const SamplerChain& chain, std::size_t stage) {
  return stage < chain.size() ? std::string(stage_name(chain[stage]->kind)) : fmt::format("stage {}", stage);
}

std::string fate(const pb::Step& step, const pb::Candidate& candidate, const SamplerChain& chain) {
  const bool chosen = step.token() != nullptr && step.token()->id() == candidate.id();
  std::string text = chosen ? (step.forced() ? "by hand" : "chosen") : "";
  if (candidate.removed_by()) {
    text += (text.empty() ? "" : ", ") + std::string("removed by ") + stage_label(chain, *candidate.removed_by());
  } else if (candidate.banned()) {
    text += (text.empty() ? "" : ", ") + std::string("banned");
  }
  return text;
}

template <typename Vector>
std::size_t size_of(const Vector* vector) {
  return vector == nullptr ? 0 : vector->size();
}

// POSITION "token" raw rank entropy.
std::string step_line(const Branch& branch, std::uint32_t position, const Terminal& terminal) {
  const pb::Step& step = *branch.steps[position].step;
  const std::string token = in_columns(quoted(step.token()), kTokenColumns);
  std::string line = fmt::format("{:>6}  ", position);
  line += step.raw_logprob() ? terminal.coloured(token, std::exp(*step.raw_logprob())) : token;
  line += fmt::format("  {:>8}", step.raw_logprob() ? percent(std::exp(*step.raw_logprob())) : "-");
  line += fmt::format("  {:>8}", step.final_prob() ? percent(*step.final_prob()) : "-");
  line += fmt::format("  {:>5}", step.rank() ? fmt::format("{}", *step.rank()) : "-");
  line += fmt::format("  {:>7}", step.entropy() ? fmt::format("{:.2f}", *step.entropy()) : "-");
  if (position < branch.n_prompt()) line += "  prompt";
  if (step.forced()) line += "  by hand";
  return line;
}

std::string step_heading() {
  return fmt::format("  {:>6}  {:<18}  {:>8}  {:>8}  {:>5}  {:>7}\n", "at", "token", "raw", "final", "rank", "entropy");
}

std::string optional_number(const char* name, const flatbuffers::Optional<float>& value, const char* format) {
  return value ? fmt::format("  {:<12} {}\n", name, fmt::format(fmt::runtime(format), *value)) : std::string();
}

void add_children(const DebugSession& session, std::optional<std::uint32_t> parent, const std::string& indent,
                  const Terminal& terminal, std::size_t columns, std::string& text) {
  std::vector<const Branch*> children;
  for (const Branch& one : session.branches()) {
    if (one.parent == parent) children.push_back(&one);
  }
  for (std::size_t i = 0; i < children.size(); ++i) {
    const Branch& branch = *children[i];
    const bool last = i + 1 == children.size();
    const bool here = &branch == session.current();
    std::string line = fmt::format("{} {}{}", here ? "*" : " ", indent, parent ? (last ? "└─ " : "├─ ") : "");
    line += fmt::format("{}  ", branch.id);
    if (branch.parent) line += fmt::format("from {}, ", branch.fork_position);
    line += fmt::format("{} tokens, {}", branch.length(), branch.made_by);
    if (branch.end && branch.end->finished) line += ", ended";
    line += ":  ";
    const std::size_t width = display_width(line);
    line = here ? terminal.bold(line) : line;
    if (columns > width + 10) line += tail_text(branch, branch.length(), terminal, columns - width);
    text += line + "\n";
    add_children(session, branch.id, indent + (!parent ? "" : last ? "   " : "│  "), terminal, columns, text);
  }
}

void add_nodes(const pb::TreeT& tree, std::optional<std::uint32_t> parent, const std::string& indent,
               std::string& text) {
  std::vector<std::uint32_t> children;
  for (std::uint32_t i = 0; i < tree.nodes.size(); ++i) {
    const auto& node = tree.nodes[i];
    if (node->parent ? parent == *node->parent : !parent) children.push_back(i);
  }
  for (std::size_t i = 0; i < children.size(); ++i) {
    const pb::TreeNodeT& node = *tree.nodes[children[i]];
    const bool last = i + 1 == children.size();
    const std::string token = node.token->text.empty() && !node.token->bytes.empty()
                                  ? fmt::format("token {}", node.token->id)
                                  : quote(node.token->text);
    text += fmt::format("{:>8}  {}{}{}", percent(std::exp(node.path_logprob)), indent, last ? "└─ " : "├─ ", token);
    text += fmt::format("  {}{}\n", percent(std::exp(node.raw_logprob)), node.end_of_text ? "  ends" : "");
    add_nodes(tree, children[i], indent + (last ? "   " : "│  "), text);
  }
}

std::string bytes_of(const pb::TokenT& token) {
  return token.bytes.empty() ? token.text : std::string(token.bytes.begin(), token.bytes.end());
}

}  // namespace

std::string candidate_table(const pb::Step& step, const SamplerChain& chain, std::size_t n, const Terminal& terminal) {
  const std::size_t count = std::min<std::size_t>(n, size_of(step.candidates()));
  if (count == 0) return "  nothing was recorded of other tokens here\n";
  std::string text = fmt::format("  {:>4}  {:>7}  {:<18}  {:>8}  {:>8}\n", "rank", "id", "token", "raw", "final");
  const auto line = [&](std::string rank, const pb::Candidate& candidate) {
    const std::optional<double> raw =
        candidate.raw_logprob() ? std::optional<double>(std::exp(*candidate.raw_logprob())) : std::nullopt;
    const std::string token = in_columns(quoted_candidate(step, candidate), kTokenColumns);
    std::string row = fmt::format("  {:>4}  {:>7}  {}  {:>8}  {:>8}", rank, candidate.id(),
                                  raw ? terminal.coloured(token, *raw) : token, raw ? percent(*raw) : "-",
                                  candidate.final_prob() ? percent(*candidate.final_prob()) : "-");
    const std::string became = fate(step, candidate, chain);
    return row + (became.empty() ? "" : "  " + became) + "\n";
  };
  for (std::size_t i = 0; i < count; ++i) {
    const auto& candidate = *step.candidates()->Get(static_cast<flatbuffers::uoffset_t>(i));
    const bool in_top = i < step.n_top();
    text += line(in_top ? fmt::format("{}", i + 1) : step.rank() ? fmt::format("{}", *step.rank()) : "-", candidate);
  }
  const std::size_t all = size_of(step.candidates());
  if (all > count) text += fmt::format("  {} more were recorded: `info candidates {}`\n", all - count, all);
  return text;
}

std::string stage_table(const pb::Step& step, const SamplerChain& chain) {
  if (size_of(step.stages()) == 0) return "  no sampler stages were recorded here\n";
  std::string text = fmt::format("  {:<20}  {:>7} {:>7}  {:>9}  {:>14}  {}\n", "stage", "in", "out", "removed",
                                 "entropy", "most probable");
  for (const pb::StageTrace* stage : *step.stages()) {
    std::string top = candidate_text(step, stage->top_before());
    if (stage->top_after() != stage->top_before()) top += " → " + candidate_text(step, stage->top_after());
    if (stage->removed_top()) top += " (removed)";
    if (stage->selected()) top = "chose " + candidate_text(step, *stage->selected());
    text += fmt::format("  {:<20}  {:>7} {:>7}  {:>9}  {:>6.2f} → {:>5.2f}  {}\n", stage_label(chain, stage->stage()),
                        stage->n_in(), stage->n_out(), percent(stage->mass_removed()), stage->entropy_before(),
                        stage->entropy_after(), top);
  }
  return text;
}

std::string step_table(const pb::Step& step, const SamplerChain& chain, const Terminal& terminal) {
  std::string text = fmt::format("  position {}, token {}: {}\n", step.position(),
                                 step.token() != nullptr ? step.token()->id() : -1, step_text(step, terminal));
  text += optional_number("logit", step.logit(), "{:.4f}");
  text += optional_number("log-prob.", step.raw_logprob(), "{:.4f}");
  if (step.draw()) text += fmt::format("  {:<12} {:.6f}\n", "drawn", *step.draw());
  if (step.n_final()) text += fmt::format("  {:<12} {}\n", "chosen among", *step.n_final());
  text += fmt::format("  {:<12} {:.0f} µs model, {:.0f} µs sampler, {:.0f} µs measuring\n", "time", step.decode_us(),
                      step.sample_us(), step.capture_us());
  text += candidate_table(step, chain, 5, terminal);
  return size_of(step.stages()) > 0 ? text + stage_table(step, chain) : text;
}

std::string token_list(const Branch& branch, std::uint32_t first, std::uint32_t last, const Terminal& terminal) {
  std::string text = step_heading();
  for (std::uint32_t i = first; i < std::min(last, branch.length()); ++i) {
    text += (i == branch.position ? terminal.bold("→") + " " : "  ") + step_line(branch, i, terminal) + "\n";
  }
  if (branch.position == branch.length() && last > branch.length() && branch.stop && branch.stop->pending) {
    const pb::Step& pending = *branch.stop->pending->step;
    text += fmt::format("{} {:>6}  {}\n", terminal.bold("→"), branch.position, step_text(pending, terminal));
  }
  return text;
}

std::string backtrace(const Branch& branch, std::uint32_t n, const Terminal& terminal) {
  std::string text = "    " + step_heading().substr(2);
  for (std::uint32_t i = 0; i < n && i < branch.position; ++i) {
    text += fmt::format("#{:<3}", i) + step_line(branch, branch.position - 1 - i, terminal) + "\n";
  }
  return text;
}

std::string breakpoint_table(const BreakpointTable& breakpoints) {
  if (breakpoints.all().empty())
    return "No breakpoints. `break rank > 3` sets one; `help break` lists the conditions.\n";
  std::string text = fmt::format("{:<4} {:<4} {:<4} {:<5} {}\n", "Num", "Kind", "On", "Stops", "Condition");
  for (const BreakpointRecord& one : breakpoints.all()) {
    text += fmt::format("{:<4} {:<4} {:<4} {:<5} {}", one.id, one.once ? "once" : "keep", one.enabled ? "yes" : "no",
                        one.hits, in_words(one.conditions));
    if (one.ignore > 0) text += fmt::format(", after {} more", one.ignore);
    text += '\n';
  }
  return text;
}

std::string watch_table(const DebugSession& session) {
  if (session.watches().empty()) return "No watches. `watch Lily` follows how probable a word is.\n";
  const Branch* branch = session.current();
  const pb::Step* pending =
      branch != nullptr && branch->stop && branch->stop->pending ? branch->stop->pending->step : nullptr;
  std::string text = fmt::format("{:<4} {:<20} {:>8}  {:>5}\n", "Num", "Word", "raw", "rank");
  for (std::size_t i = 0; i < session.watches().size(); ++i) {
    const pb::Watched* value = pending != nullptr && i < size_of(pending->watched())
                                   ? pending->watched()->Get(static_cast<flatbuffers::uoffset_t>(i))
                                   : nullptr;
    const WatchRecord& watch = session.watches()[i];
    text += fmt::format("{:<4} {} {:>8}  {:>5}\n", watch.id, in_columns(watch_in_words(watch), 20),
                        value != nullptr && value->raw_prob() ? percent(*value->raw_prob()) : "-",
                        value != nullptr && value->best_rank() ? fmt::format("{}", *value->best_rank()) : "-");
  }
  return text;
}

std::string branch_tree(const DebugSession& session, const Terminal& terminal, std::size_t columns) {
  if (session.branches().empty()) return "There is no run yet.\n";
  std::string text;
  add_children(session, std::nullopt, "", terminal, columns, text);
  return text;
}

std::string run_table(const DebugSession& session) {
  const Branch* branch = session.current();
  if (branch == nullptr || !branch->started) return "There is no run yet.\n";
  std::string text = fmt::format("  branch {}, begun by {}\n", branch->id, branch->made_by);
  text += fmt::format("  {} tokens of prompt, {} generated, {} ahead; room for {}\n", branch->n_prompt(),
                      branch->n_generated(), branch->length() - std::min(branch->position, branch->length()),
                      branch->started->n_ctx);
  double sum = 0;
  std::size_t scored = 0;
  for (std::uint32_t i = branch->n_prompt(); i < branch->position && i < branch->length(); ++i) {
    if (!branch->steps[i].step->raw_logprob()) continue;
    sum += *branch->steps[i].step->raw_logprob();
    ++scored;
  }
  if (scored > 0)
    text += fmt::format("  mean log-probability {:.4f}, perplexity {:.3f}\n", sum / scored, std::exp(-sum / scored));
  const SamplerUse* use = branch->sampler_at(branch->position);
  if (use != nullptr)
    text +=
        fmt::format("  seed {}; sampler since position {}:\n{}", use->seed, use->position, chain_in_words(*use->chain));
  for (const Ban& ban : branch->bans_at(branch->position)) {
    text += fmt::format("  banned: {}{}\n", fmt::join(ban.ids, ", "),
                        ban.n_steps > 0 ? fmt::format(" for {} more", ban.left_at(branch->position)) : "");
  }
  return text;
}

std::string explored_text(const pb::ExploredT& explored, std::size_t columns) {
  std::string text;
  for (const auto& branch : explored.branches) {
    std::string words;
    for (const auto& step : branch->steps) words += bytes_of(*step->token);
    Utf8Holder holder;
    words = on_one_line(without_controls(holder.push(words) + holder.flush()));
    const std::optional<float> first = branch->steps.empty() || !branch->steps.front()->raw_logprob
                                           ? std::optional<float>()
                                           : std::optional<float>(*branch->steps.front()->raw_logprob);
    text += fmt::format("{:>8}  {:>8.2f}  ", first ? percent(std::exp(*first)) : "-", branch->sum_logprob);
    if (display_width(words) > columns - 24) words = in_columns(words, columns - 24);
    text += words + (branch->end_of_text ? " ■" : "") + "\n";
  }
  return fmt::format("{:>8}  {:>8}  text\n", "first", "log-prob") + text;
}

std::string tree_text(const pb::TreeT& tree) {
  std::string text = fmt::format("{:>8}  path, with the probability of each token\n", "whole");
  add_nodes(tree, std::nullopt, "", text);
  text += fmt::format("{} nodes, {} positions computed, {:.0f} ms{}\n", tree.nodes.size(), tree.n_decoded, tree.ms,
                      tree.complete ? "" : "; the bound on nodes was met first");
  return text;
}

}  // namespace inferno::cli::debug
