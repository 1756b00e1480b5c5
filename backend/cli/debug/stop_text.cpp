#include "cli/debug/stop_text.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "cli/debug/wording.h"
#include "cli/finish_words.h"
#include "cli/json_object.h"
#include "cli/run_statistics.h"
#include "cli/token_printer.h"
#include "protocol/json.h"

namespace inferno::cli::debug {

namespace {

std::string place(const DebugSession& session) {
  const Branch& branch = *session.current();
  std::string text = fmt::format("position {}", branch.position);
  if (branch.started) text += fmt::format(", {} generated", branch.n_generated());
  if (session.branches().size() > 1) text += fmt::format(", branch {}", branch.id);
  if (branch.went_back()) text += fmt::format(", {} ahead", branch.length() - branch.position);
  return text;
}

std::string why(const DebugSession& session) {
  const Stop& stop = *session.current()->stop;
  if (stop.finished) return "Ended: " + reason_in_words(*stop.finished);
  std::string hit;
  for (const std::uint32_t id : stop.breakpoints) {
    const BreakpointRecord* record = session.breakpoints().find(id);
    if (record == nullptr) continue;
    hit += fmt::format("{}{} {}: {}", hit.empty() ? "" : "; ", record->once ? "Temporary breakpoint" : "Breakpoint", id,
                       in_words(record->conditions));
  }
  if (!hit.empty()) return hit;
  const bool reached =
      std::find(stop.breakpoints.begin(), stop.breakpoints.end(), BreakpointTable::kUntil) != stop.breakpoints.end();
  if (reached) return "Reached";
  switch (stop.reason) {
    case pb::PauseReason::Asked:
      return "Interrupted";
    case pb::PauseReason::Start:
      return session.current()->n_generated() == 0 ? "Before the first token" : "Paused";
    case pb::PauseReason::Stepped:
      return "Stepped";
    case pb::PauseReason::Breakpoint:
      break;
  }
  return "Paused";  // at a breakpoint, whose token was changed
}

const pb::Candidate* best_but(const pb::Step& step, std::int32_t id) {
  if (step.candidates() == nullptr) return nullptr;
  for (const pb::Candidate* candidate : *step.candidates()) {
    if (candidate->id() != id) return candidate;
  }
  return nullptr;
}

std::string quoted_candidate(const pb::Candidate& candidate) {
  if (candidate.text() != nullptr) return quote(candidate.text()->str());
  std::string result = "\"";
  if (candidate.bytes() != nullptr) {
    for (const std::uint8_t byte : *candidate.bytes()) result += fmt::format("\\x{:02X}", byte);
  }
  return result + '"';
}

// What else it could have been.
std::string other_text(const pb::Step& step) {
  if (step.forced() && step.chain_token()) {
    return fmt::format("by hand; the chain chose {}", candidate_text(step, *step.chain_token()));
  }
  if (step.forced()) return "by hand";
  const std::int32_t id = step.token() != nullptr ? step.token()->id() : -1;
  const pb::Candidate* other = best_but(step, id);
  if (other == nullptr || !other->raw_logprob()) return {};
  const double raw = std::exp(*other->raw_logprob());
  return fmt::format("{} {} {}", step.rank().value_or(1) > 1 ? "likeliest was" : "then", quoted_candidate(*other),
                     percent(raw));
}

std::string watch_lines(const DebugSession& session, const pb::Step& step) {
  std::string text;
  const auto* watched = step.watched();
  const auto& watches = session.watches();
  for (std::size_t i = 0; watched != nullptr && i < watched->size() && i < watches.size(); ++i) {
    const pb::Watched& value = *watched->Get(static_cast<flatbuffers::uoffset_t>(i));
    text += fmt::format("  watch {} {}: {}", watches[i].id, watch_in_words(watches[i]),
                        value.raw_prob() ? percent(*value.raw_prob()) : "not known");
    if (value.best_rank()) text += fmt::format(", rank {}", *value.best_rank());
    text += '\n';
  }
  return text;
}

}  // namespace

std::string candidate_text(const pb::Step& step, std::int32_t id) {
  if (step.token() != nullptr && step.token()->id() == id) return quoted(step.token());
  if (step.candidates() != nullptr) {
    for (const pb::Candidate* candidate : *step.candidates()) {
      if (candidate->id() == id) return quoted_candidate(*candidate);
    }
  }
  return fmt::format("token {}", id);
}

std::string tail_text(const Branch& branch, std::uint32_t position, const Terminal& terminal, std::size_t columns) {
  const std::size_t end = std::min<std::size_t>(position, branch.length());
  std::size_t first = end;
  std::size_t width = 0;
  while (first > 0) {
    const std::size_t more = display_width(bytes_of(branch.steps[first - 1].step->token()));
    if (width + more + 2 > columns) break;
    width += more;
    --first;
  }
  std::string text = first > 0 ? terminal.dim("…") : std::string();
  Utf8Holder holder;
  for (std::size_t i = first; i < end; ++i) {
    const pb::Step& step = *branch.steps[i].step;
    const std::string piece = on_one_line(without_controls(holder.push(bytes_of(step.token()))));
    const bool generated = i >= branch.n_prompt() && step.raw_logprob();
    text += generated ? terminal.coloured(piece, std::exp(*step.raw_logprob())) : terminal.dim(piece);
  }
  return text + on_one_line(holder.flush());
}

std::string step_text(const pb::Step& step, const Terminal& terminal) {
  const std::string token = quoted(step.token());
  std::string text = step.raw_logprob() ? terminal.coloured(token, std::exp(*step.raw_logprob())) : token;
  if (step.raw_logprob()) text += fmt::format("  raw {}", percent(std::exp(*step.raw_logprob())));
  if (step.final_prob()) text += fmt::format("  final {}", percent(*step.final_prob()));
  if (step.rank()) text += fmt::format("  rank {}", *step.rank());
  if (step.entropy()) text += fmt::format("  entropy {:.2f} bits", *step.entropy());
  const std::string other = other_text(step);
  if (!other.empty()) text += "  (" + other + ")";
  return text;
}

std::string stop_text(const DebugSession& session, const Terminal& terminal, std::size_t columns) {
  const Branch* branch = session.current();
  if (branch == nullptr || !branch->stop) return "There is no run yet.\n";
  std::string text = fmt::format("{}, at {}\n", terminal.bold(why(session)), place(session));
  text += "  " + tail_text(*branch, branch->position, terminal, columns - 2) + "\n";
  if (branch->stop->pending) {
    const pb::Step& pending = *branch->stop->pending->step;
    text += terminal.bold("→") + " " + step_text(pending, terminal) + "\n" + watch_lines(session, pending);
  }
  return text;
}

std::string stop_json(const DebugSession& session) {
  const Branch& branch = *session.current();
  const Stop& stop = *branch.stop;
  JsonObject object;
  object.add("stop", stop.finished ? "Finished" : pb::EnumNamePauseReason(stop.reason));
  object.add("branch", branch.id).add("position", branch.position).add("n_generated", branch.n_generated());
  std::string ids;
  for (const std::uint32_t id : stop.breakpoints) {
    if (id != BreakpointTable::kUntil) ids += (ids.empty() ? "" : ",") + std::to_string(id);
  }
  object.add_raw("breakpoints", "[" + ids + "]");
  std::string generated;
  for (std::uint32_t i = branch.n_prompt(); i < branch.position && i < branch.length(); ++i) {
    generated += bytes_of(branch.steps[i].step->token());
  }
  object.add("text", generated);
  if (stop.finished) object.add("reason", pb::EnumNameFinishReason(stop.finished->reason));
  if (stop.pending) {
    std::string step;
    pb::append_json(*stop.pending->step, step);
    object.add_raw("pending", step);
  }
  return object.text();
}

}  // namespace inferno::cli::debug
