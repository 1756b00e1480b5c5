#include "cli/explore_view.h"

#include <cmath>
#include <optional>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "cli/token_printer.h"
#include "cli/utf8_holder.h"

namespace inferno::cli {

namespace {

namespace pb = protocol;

std::string percent(double probability) { return fmt::format("{:>7.2f} %", 100 * probability); }

std::string on_one_line(const std::string& text) {
  std::string line;
  for (const char c : text) line += c == '\n' ? std::string("\\n") : c == '\t' ? std::string("\\t") : std::string(1, c);
  return without_controls(line);
}

std::string text_of(const pb::ExploredBranch& branch, const Terminal& terminal) {
  std::string line;
  Utf8Holder holder;
  for (const pb::Step* step : *branch.steps()) {
    const std::string text = on_one_line(holder.push(bytes_of(step->token())));
    const bool is_control = step->token()->kind() == pb::TokenKind::Control;
    line += is_control ? terminal.dim(text) : terminal.coloured(text, std::exp(step->raw_logprob().value_or(0.0f)));
  }
  return line + holder.flush();
}

// Indices of nodes by parent; the last list is the root's.
std::vector<std::vector<std::uint32_t>> children_of(const pb::Tree& tree) {
  const std::uint32_t n = tree.nodes() == nullptr ? 0 : tree.nodes()->size();
  std::vector<std::vector<std::uint32_t>> children(n + 1);
  for (std::uint32_t i = 0; i < n; ++i) {
    const auto parent = tree.nodes()->Get(i)->parent();
    children[parent ? *parent : n].push_back(i);
  }
  return children;
}

// An open place in the list of some node's children.
struct Level {
  const std::vector<std::uint32_t>* children;
  std::size_t next = 0;
};

std::string branch_lines(const std::vector<Level>& levels) {
  std::string lines;
  for (std::size_t i = 0; i < levels.size(); ++i) {
    const bool is_last_child = levels[i].next == levels[i].children->size();
    const bool is_own = i + 1 == levels.size();
    lines += is_own ? (is_last_child ? "└─" : "├─") : (is_last_child ? "  " : "│ ");
  }
  return lines;
}

}  // namespace

void print_branches(const pb::Explored& explored, const Terminal& terminal, std::FILE* out) {
  fmt::print(out, "{}\n", terminal.dim("    first   per token   text"));
  if (explored.branches() == nullptr) return;
  for (const pb::ExploredBranch* branch : *explored.branches()) {
    const double first = std::exp(branch->steps()->Get(0)->raw_logprob().value_or(0.0f));
    const double mean = std::exp(branch->sum_logprob() / branch->steps()->size());
    fmt::print(out, "{}  {}   {}\n", terminal.coloured(percent(first), first), percent(mean),
               text_of(*branch, terminal));
  }
}

void print_tree(const pb::Tree& tree, const Terminal& terminal, std::FILE* out) {
  fmt::print(out, "{}\n", terminal.dim("     path      here   token"));
  const auto children = children_of(tree);
  std::vector<Level> levels = {{&children.back()}};
  while (!levels.empty()) {
    Level& level = levels.back();
    if (level.next == level.children->size()) {
      levels.pop_back();
      continue;
    }
    const std::uint32_t index = (*level.children)[level.next++];
    const pb::TreeNode& node = *tree.nodes()->Get(index);
    const double here = std::exp(static_cast<double>(node.raw_logprob()));
    fmt::print(out, "{} {}   {}{}\n", percent(std::exp(static_cast<double>(node.path_logprob()))), percent(here),
               terminal.dim(branch_lines(levels)), terminal.coloured(quoted(node.token()), here));
    levels.push_back({&children[index]});
  }
}

}  // namespace inferno::cli
