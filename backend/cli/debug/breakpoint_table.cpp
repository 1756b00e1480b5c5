#include "cli/debug/breakpoint_table.h"

#include <algorithm>

namespace inferno::cli::debug {

namespace {

std::unique_ptr<protocol::ConditionT> to_protocol(const Condition& condition, const SamplerChain& chain,
                                                  bool& possible) {
  auto result = std::make_unique<protocol::ConditionT>();
  result->kind = condition.kind;
  for (const TokenName& token : condition.tokens) result->ids.push_back(token.id.value_or(-1));
  result->text = condition.text;
  if (condition.threshold) result->threshold = static_cast<float>(*condition.threshold);
  if (condition.n) result->n = *condition.n;
  if (condition.stage) {
    const auto index = stage_index(chain, *condition.stage);
    possible = possible && index.has_value();
    if (index) result->stage = *index;
  }
  return result;
}

std::unique_ptr<protocol::BreakpointT> stop_at(std::uint32_t position) {
  auto result = std::make_unique<protocol::BreakpointT>();
  result->id = BreakpointTable::kUntil;
  result->once = true;
  auto condition = std::make_unique<protocol::ConditionT>();
  condition->kind = protocol::ConditionKind::PositionIs;
  condition->n = position;
  result->conditions.push_back(std::move(condition));
  return result;
}

}  // namespace

BreakpointRecord& BreakpointTable::add(std::vector<Condition> conditions, bool once) {
  BreakpointRecord record;
  record.id = ++last_id_;
  record.conditions = std::move(conditions);
  record.once = once;
  return records_.emplace_back(std::move(record));
}

BreakpointRecord* BreakpointTable::find(std::uint32_t id) {
  const auto found = std::find_if(records_.begin(), records_.end(), [id](const auto& one) { return one.id == id; });
  return found == records_.end() ? nullptr : &*found;
}

const BreakpointRecord* BreakpointTable::find(std::uint32_t id) const {
  return const_cast<BreakpointTable*>(this)->find(id);
}

bool BreakpointTable::remove(std::uint32_t id) {
  return std::erase_if(records_, [id](const auto& one) { return one.id == id; }) > 0;
}

void BreakpointTable::hit(std::span<const std::uint32_t> ids) {
  for (const std::uint32_t id : ids) {
    BreakpointRecord* record = find(id);
    if (record == nullptr) continue;
    ++record->hits;
    record->ignore = 0;
    if (record->once) record->enabled = false;
  }
}

void BreakpointTable::set_ignore(std::uint32_t id, std::uint32_t ignore) {
  if (BreakpointRecord* record = find(id)) record->ignore = ignore;
}

std::vector<std::unique_ptr<protocol::BreakpointT>> BreakpointTable::to_protocol(
    const SamplerChain& chain, std::optional<std::uint32_t> until) const {
  std::vector<std::unique_ptr<protocol::BreakpointT>> result;
  for (const BreakpointRecord& record : records_) {
    auto one = std::make_unique<protocol::BreakpointT>();
    bool possible = true;
    one->id = record.id;
    for (const Condition& condition : record.conditions) {
      one->conditions.push_back(debug::to_protocol(condition, chain, possible));
    }
    one->disabled = !record.enabled || !possible;
    one->ignore = record.ignore;
    one->once = record.once;
    result.push_back(std::move(one));
  }
  if (until) result.push_back(stop_at(*until));
  return result;
}

std::optional<std::uint8_t> stage_index(const SamplerChain& chain, protocol::StageKind kind) {
  for (std::size_t i = 0; i < chain.size(); ++i) {
    if (chain[i]->kind == kind) return static_cast<std::uint8_t>(i);
  }
  return std::nullopt;
}

}  // namespace inferno::cli::debug
