#include "engine/condition_check.h"

#include <cmath>
#include <optional>
#include <string>

namespace inferno::engine {

namespace {

constexpr std::int64_t kPatternMemoryBytes = 1 << 20;

enum class Range : std::uint8_t { kNone, kProbability, kNotNegative };

// What a kind reads.
struct Needs {
  bool ids = false;
  bool text = false;
  Range threshold = Range::kNone;
  bool n = false;
  bool n_from_1 = false;
};

Needs needs_of(ConditionKind kind) {
  switch (kind) {
    case ConditionKind::kTokenIs:
      return {.ids = true};
    case ConditionKind::kTextMatches:
    case ConditionKind::kPatternMatches:
      return {.text = true};
    case ConditionKind::kRawProbBelow:
    case ConditionKind::kFinalProbBelow:
    case ConditionKind::kNearTie:
    case ConditionKind::kEndOfTextAbove:
      return {.threshold = Range::kProbability};
    case ConditionKind::kEntropyAbove:
      return {.threshold = Range::kNotNegative};
    case ConditionKind::kTokenInTop:
      return {.ids = true, .n = true, .n_from_1 = true};
    case ConditionKind::kRankAbove:
    case ConditionKind::kPositionIs:
      return {.n = true};
    case ConditionKind::kRepetition:
    case ConditionKind::kEveryNth:
      return {.n = true, .n_from_1 = true};
    case ConditionKind::kStageRemovedTop:
    case ConditionKind::kUnset:
      break;
  }
  return {};
}

using Fault = std::optional<std::string>;

Fault fault_of_ids(const ConditionSpec& condition, const BreakpointScope& scope) {
  if (condition.ids.empty()) return "names no token";
  for (const std::int32_t id : condition.ids) {
    if (id < 0 || static_cast<std::uint32_t>(id) >= scope.n_vocab)
      return "names token " + std::to_string(id) + ", which there is not";
  }
  return std::nullopt;
}

Fault fault_of_text(const ConditionSpec& condition) {
  if (condition.text.empty()) return "has no text to look for";
  if (condition.kind != ConditionKind::kPatternMatches) return std::nullopt;
  const RE2 regex(condition.text, pattern_options());
  if (regex.ok()) return std::nullopt;
  return "has a pattern that is no regular expression: " + regex.error();
}

Fault fault_of_threshold(const ConditionSpec& condition, Range range) {
  if (!condition.threshold || !std::isfinite(*condition.threshold)) return "has no threshold";
  const float max = range == Range::kProbability ? 1.0f : INFINITY;
  if (*condition.threshold >= 0 && *condition.threshold <= max) return std::nullopt;
  return range == Range::kProbability ? "has a threshold that is no probability from 0 to 1"
                                      : "has a threshold below 0";
}

Fault fault_of_stage(const ConditionSpec& condition, const BreakpointScope& scope) {
  if (!scope.traced) return "looks at the sampler's stages, which this run does not record (capture.trace)";
  if (condition.stage && *condition.stage >= scope.n_stages)
    return "names sampler stage " + std::to_string(*condition.stage) + "; the chain has " +
           std::to_string(scope.n_stages);
  return std::nullopt;
}

Fault fault_of(const ConditionSpec& condition, const BreakpointScope& scope) {
  if (condition.kind == ConditionKind::kUnset || condition.kind > ConditionKind::kEveryNth) return "has no kind";
  const Needs needs = needs_of(condition.kind);
  Fault fault;
  if (needs.ids) fault = fault_of_ids(condition, scope);
  if (!fault && needs.text) fault = fault_of_text(condition);
  if (!fault && needs.threshold != Range::kNone) fault = fault_of_threshold(condition, needs.threshold);
  if (!fault && needs.n && !condition.n) fault = "has no number (n)";
  if (!fault && needs.n_from_1 && *condition.n == 0) fault = "has the number 0; it counts from 1";
  if (!fault && condition.kind == ConditionKind::kStageRemovedTop) fault = fault_of_stage(condition, scope);
  return fault;
}

Result<void> check_sizes(const BreakpointSpec& spec) {
  const auto too_large = [&](const std::string& what, std::size_t max) {
    return Error{ErrorCode::kTooLarge, "Breakpoint " + std::to_string(spec.id) + " has more " + what + " than can be.",
                 "There can be " + std::to_string(max) + "."};
  };
  if (spec.conditions.size() > kMaxConditions) return too_large("conditions", kMaxConditions);
  for (const ConditionSpec& condition : spec.conditions) {
    if (condition.ids.size() > kMaxConditionIds) return too_large("tokens in a condition", kMaxConditionIds);
    if (condition.text.size() > kMaxConditionBytes)
      return too_large("bytes of text in a condition", kMaxConditionBytes);
  }
  return {};
}

}  // namespace

RE2::Options pattern_options() {
  RE2::Options options;
  options.set_log_errors(false);
  // The longest match from a place reaches into the token if any does.
  options.set_longest_match(true);
  options.set_max_mem(kPatternMemoryBytes);
  return options;
}

Result<void> check_breakpoints(const std::vector<BreakpointSpec>& specs, const BreakpointScope& scope) {
  if (specs.size() > kMaxBreakpoints) {
    return Error{ErrorCode::kTooLarge, "There are " + std::to_string(specs.size()) + " breakpoints.",
                 "There can be " + std::to_string(kMaxBreakpoints) + "."};
  }
  for (const BreakpointSpec& spec : specs) {
    if (Result<void> sized = check_sizes(spec); !sized) return sized;
    const std::string which = "Breakpoint " + std::to_string(spec.id);
    if (spec.conditions.empty())
      return Error{ErrorCode::kInvalidArgument, which + " has no condition.", "Give it at least one."};
    for (std::size_t i = 0; i < spec.conditions.size(); ++i) {
      const Fault fault = fault_of(spec.conditions[i], scope);
      if (!fault) continue;
      return Error{ErrorCode::kInvalidArgument, which + ": condition " + std::to_string(i + 1) + " " + *fault + ".",
                   ""};
    }
  }
  return {};
}

}  // namespace inferno::engine
