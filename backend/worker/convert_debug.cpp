#include "worker/convert_debug.h"

#include <algorithm>
#include <limits>
#include <string>
#include <utility>

#include "engine/continuation.h"
#include "worker/convert.h"

namespace inferno::worker {

namespace pb = protocol;

namespace {

std::string text_of(const flatbuffers::String* text) { return text == nullptr ? std::string() : text->str(); }

std::vector<std::int32_t> ids_of(const flatbuffers::Vector<std::int32_t>* ids) {
  return ids == nullptr ? std::vector<std::int32_t>() : std::vector<std::int32_t>(ids->begin(), ids->end());
}

template <typename T>
std::optional<T> optional_of(const flatbuffers::Optional<T>& value) {
  return value ? std::optional<T>(*value) : std::nullopt;
}

engine::ConditionSpec to_condition(const pb::Condition& from) {
  engine::ConditionSpec to;
  to.kind = static_cast<engine::ConditionKind>(from.kind());
  to.ids = ids_of(from.ids());
  to.text = text_of(from.text());
  to.threshold = optional_of(from.threshold());
  to.n = optional_of(from.n());
  to.stage = optional_of(from.stage());
  return to;
}

void add_bans(const pb::TokensBanned& from, std::vector<engine::Ban>& bans) {
  constexpr std::uint32_t kForever = std::numeric_limits<std::uint32_t>::max();
  // Without ids, whatever was banned may be chosen again.
  if (from.ids() == nullptr || from.ids()->size() == 0) {
    for (engine::Ban& ban : bans) ban.end = std::min(ban.end, from.position());
    return;
  }
  const bool for_ever = from.n_steps() == 0 || from.n_steps() > kForever - from.position();
  for (const std::int32_t id : *from.ids())
    bans.push_back({id, from.position(), for_ever ? kForever : from.position() + from.n_steps()});
}

}  // namespace

std::vector<engine::BreakpointSpec> to_breakpoints(
    const flatbuffers::Vector<flatbuffers::Offset<pb::Breakpoint>>* breakpoints) {
  std::vector<engine::BreakpointSpec> out;
  if (breakpoints == nullptr) return out;
  for (const auto* from : *breakpoints) {
    engine::BreakpointSpec& to = out.emplace_back();
    to.id = from->id();
    to.disabled = from->disabled();
    to.ignore = from->ignore();
    to.once = from->once();
    if (from->conditions() == nullptr) continue;
    for (const auto* condition : *from->conditions()) to.conditions.push_back(to_condition(*condition));
  }
  return out;
}

std::unique_ptr<pb::BreakpointT> from_breakpoint(const engine::BreakpointSpec& from) {
  auto to = std::make_unique<pb::BreakpointT>();
  to->id = from.id;
  to->disabled = from.disabled;
  to->ignore = from.ignore;
  to->once = from.once;
  for (const engine::ConditionSpec& condition : from.conditions) {
    auto out = std::make_unique<pb::ConditionT>();
    out->kind = static_cast<pb::ConditionKind>(condition.kind);
    out->ids = condition.ids;
    out->text = condition.text;
    if (condition.threshold) out->threshold = *condition.threshold;
    if (condition.n) out->n = *condition.n;
    if (condition.stage) out->stage = *condition.stage;
    to->conditions.push_back(std::move(out));
  }
  return to;
}

std::vector<engine::WatchSpec> to_watches(const flatbuffers::Vector<flatbuffers::Offset<pb::Watch>>* watches) {
  std::vector<engine::WatchSpec> out;
  if (watches == nullptr) return out;
  for (const auto* from : *watches) out.push_back({from->id(), text_of(from->word()), ids_of(from->ids())});
  return out;
}

std::unique_ptr<pb::WatchT> from_watch(const engine::WatchSpec& from, const engine::TokenTable& tokens) {
  auto to = std::make_unique<pb::WatchT>();
  to->id = from.id;
  to->word = from.word;
  // As it was asked for; `tokens` says what became of a word.
  if (from.word.empty()) to->ids = from.ids;
  for (const std::int32_t id : from.ids) to->tokens.push_back(from_token(id, tokens));
  return to;
}

Result<engine::ForkSpec> to_fork(const pb::Fork& from, std::size_t n_prompt, const engine::Model& model) {
  engine::ForkSpec to;
  to.replay = from.replay();
  if (from.past() != nullptr) {
    for (const auto* past : *from.past()) to.past.push_back({past->id(), past->forced(), past->drew()});
  }
  const std::size_t since = from.sampler_since().value_or(0);
  to.n_earlier = since > n_prompt ? since - n_prompt : 0;
  to.past_sum_logprob = from.past_sum_logprob();
  if (from.prompt_sum_logprob()) to.prompt_sum_logprob = *from.prompt_sum_logprob();
  to.n_prompt_scored = from.n_prompt_scored();
  if (from.bans() != nullptr) {
    for (const auto* banned : *from.bans()) add_bans(*banned, to.bans);
  }
  to.then = ids_of(from.tokens());
  const std::string text = text_of(from.text());
  if (text.empty()) return to;
  if (!to.then.empty())
    return Error{ErrorCode::kInvalidArgument, "A branch begins with tokens or with a text, not with both.", ""};
  auto tokens = engine::tokenize_continuation(model, text);
  if (!tokens) return tokens.error();
  to.then = std::move(*tokens);
  return to;
}

}  // namespace inferno::worker
