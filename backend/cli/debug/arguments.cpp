#include "cli/debug/arguments.h"

#include <fmt/format.h>

namespace inferno::cli::debug {

namespace {

Result<std::int32_t> token_of_rank(Scanner& line, const pb::Step* step) {
  const std::size_t column = line.column();
  auto rank = line.whole_number("a rank, as in #2");
  if (!rank) return rank.error();
  const std::uint32_t n = step != nullptr ? step->n_top() : 0;
  if (*rank == 0 || *rank > n) {
    return line.fault_at(
        column,
        n == 0 ? std::string("No candidates are known here.") : fmt::format("Ranks 1 to {} were recorded here.", n),
        "A token can also be given by its text in quotes, or by its id.");
  }
  return step->candidates()->Get(*rank - 1)->id();
}

}  // namespace

Result<std::uint32_t> optional_count(Scanner& line, std::uint32_t otherwise, std::string_view what) {
  if (line.at_end()) return otherwise;
  auto count = line.whole_number(what);
  if (!count) return count.error();
  if (auto end = line.end(); !end) return end.error();
  return *count;
}

Result<std::vector<std::int32_t>> tokens_of(DebugSession& session, Scanner& line, const pb::Step* step) {
  std::vector<std::int32_t> ids;
  do {
    if (line.take_sign('#')) {
      auto id = token_of_rank(line, step);
      if (!id) return id.error();
      ids.push_back(*id);
      continue;
    }
    auto name = parse_token(line);
    if (!name)
      return line.fault_at(*name.error().offset, name.error().message,
                           "A token is its text in quotes, its id, or #RANK.");
    if (name->id) {
      ids.push_back(*name->id);
      continue;
    }
    auto tokens = session.tokenize(name->text);
    if (!tokens) return tokens.error();
    for (const auto& token : tokens->tokens) ids.push_back(token->id);
  } while (line.take_sign(',') || !line.at_end());
  return ids;
}

Result<const pb::Step*> pending_step(const DebugSession& session) {
  const Branch* branch = session.current();
  if (branch != nullptr && branch->stop && branch->stop->pending) return branch->stop->pending->step;
  return Error{ErrorCode::kWrongState, "No token waits here.",
               branch == nullptr ? "Begin a run: start Once upon a time"
                                 : "`back` returns to one; `info step N` shows any token."};
}

Result<const pb::Step*> step_at(const DebugSession& session, std::uint32_t position) {
  const Branch* branch = session.current();
  if (branch != nullptr && position < branch->length()) return branch->steps[position].step;
  if (branch != nullptr && position == branch->position && branch->stop && branch->stop->pending)
    return pending_step(session);
  return Error{ErrorCode::kInvalidArgument, fmt::format("There is no token at position {} yet.", position),
               branch == nullptr ? "Begin a run: start Once upon a time" : "`list` shows what there is."};
}

Result<std::string> prompt_text(Scanner& line) {
  if (line.peek() != '"') return std::string(line.rest());
  auto text = line.quoted();
  if (!text) return text.error();
  if (auto end = line.end(); !end) return end.error();
  return *text;
}

}  // namespace inferno::cli::debug
