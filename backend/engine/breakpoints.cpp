#include "engine/breakpoints.h"

#include <re2/re2.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "engine/condition_check.h"

namespace inferno::engine {

namespace {

// Enough for the longest text to be looked for, and for what patterns see.
constexpr std::size_t kTailBytes = std::max(kMaxConditionBytes, kPatternWindowBytes);

// The two highest; -infinity where there are not so many.
struct TopTwo {
  double first = -INFINITY, second = -INFINITY;

  void add(double value) {
    if (!(value > second)) return;
    second = value;
    if (second > first) std::swap(first, second);
  }
};

// Behind a greedy end one candidate has everything: then the raw probabilities say how
// near it was.
double lead(const StepRecord& step) {
  TopTwo final, raw;
  for (const CandidateRecord& candidate : step.candidates) {
    if (std::isfinite(candidate.final_prob) && candidate.final_prob > 0)
      final.add(static_cast<double>(candidate.final_prob));
    if (std::isfinite(candidate.raw_logprob)) raw.add(std::exp(static_cast<double>(candidate.raw_logprob)));
  }
  const TopTwo& top = std::isfinite(final.second) ? final : raw;
  return top.first - top.second;
}

bool removed_top(const StepRecord& step, std::optional<std::uint8_t> stage) {
  return std::any_of(step.stages.begin(), step.stages.end(), [&](const StageRecord& record) {
    return record.removed_top && (!stage || record.stage == *stage);
  });
}

bool in_top(const std::vector<std::int32_t>& ids, std::uint32_t n, const BreakContext& context) {
  const StepRecord& step = context.step;
  const auto is_one = [&](std::int32_t id) { return std::find(ids.begin(), ids.end(), id) != ids.end(); };
  const std::size_t n_listed = std::min<std::size_t>(n, step.n_top);
  for (std::size_t i = 0; i < n_listed; ++i) {
    if (is_one(step.candidates[i].id)) return true;
  }
  if (n <= step.n_top) return false;
  return std::any_of(ids.begin(), ids.end(), [&](std::int32_t id) {
    return std::isfinite(context.stats.logit(id)) && context.stats.rank(id) <= n;
  });
}

}  // namespace

struct Breakpoints::Pattern {
  explicit Pattern(const std::string& text) : regex(text, pattern_options()) {}
  RE2 regex;
};

Breakpoints::Breakpoints(const TokenTable& tokens) : tokens_(&tokens) {
  for (std::uint32_t id = 0; id < tokens.size(); ++id) {
    if (tokens.is_end_of_generation(static_cast<std::int32_t>(id)))
      end_of_text_.push_back(static_cast<std::int32_t>(id));
  }
  tail_.reserve(2 * kTailBytes);
  window_.reserve(2 * kTailBytes);
}

Breakpoints::~Breakpoints() = default;
Breakpoints::Breakpoints(Breakpoints&&) noexcept = default;
Breakpoints& Breakpoints::operator=(Breakpoints&&) noexcept = default;

Result<void> Breakpoints::set(std::vector<BreakpointSpec> specs, const Chain& chain) {
  Result<void> sound = check_breakpoints(specs, {tokens_->size(), chain.n_stages, chain.traced});
  if (!sound) return sound;
  std::vector<std::vector<std::unique_ptr<Pattern>>> patterns;
  for (const BreakpointSpec& spec : specs) {
    auto& compiled = patterns.emplace_back();
    for (const ConditionSpec& condition : spec.conditions) {
      compiled.push_back(condition.kind == ConditionKind::kPatternMatches ? std::make_unique<Pattern>(condition.text)
                                                                          : nullptr);
    }
  }
  specs_ = std::move(specs);
  patterns_ = std::move(patterns);
  hits_.clear();
  hits_.reserve(specs_.size());
  update_armed();
  return {};
}

void Breakpoints::update_armed() {
  armed_ = std::any_of(specs_.begin(), specs_.end(), [](const BreakpointSpec& spec) { return !spec.disabled; });
}

std::span<const std::uint32_t> Breakpoints::judge(const BreakContext& context) {
  hits_.clear();
  if (!armed_) return hits_;
  for (std::size_t i = 0; i < specs_.size(); ++i) {
    BreakpointSpec& spec = specs_[i];
    if (spec.disabled) continue;
    bool all = true;
    for (std::size_t c = 0; all && c < spec.conditions.size(); ++c)
      all = holds(spec.conditions[c], patterns_[i][c].get(), context);
    if (!all) continue;
    if (spec.ignore > 0) {
      --spec.ignore;
      continue;
    }
    hits_.push_back(spec.id);
    spec.disabled = spec.once;
  }
  if (!hits_.empty()) update_armed();
  return hits_;
}

void Breakpoints::accepted(std::int32_t token) {
  tail_ += tokens_->bytes(token);
  n_text_bytes_ += tokens_->bytes(token).size();
  if (tail_.size() > 2 * kTailBytes) tail_.erase(0, tail_.size() - kTailBytes);
}

bool Breakpoints::holds(const ConditionSpec& condition, const Pattern* pattern, const BreakContext& context) const {
  const StepRecord& step = context.step;
  const auto below = [&](double value) { return value < static_cast<double>(*condition.threshold); };
  const auto above = [&](double value) { return value > static_cast<double>(*condition.threshold); };
  switch (condition.kind) {
    case ConditionKind::kTokenIs:
      return std::find(condition.ids.begin(), condition.ids.end(), step.token) != condition.ids.end();
    case ConditionKind::kTextMatches:
      return text_completed(condition.text, tokens_->bytes(step.token));
    case ConditionKind::kPatternMatches:
      return pattern_reaches(*pattern, tokens_->bytes(step.token));
    case ConditionKind::kRawProbBelow:
      return below(std::exp(static_cast<double>(step.raw_logprob)));
    case ConditionKind::kFinalProbBelow:
      return below(static_cast<double>(step.final_prob));
    case ConditionKind::kEntropyAbove:
      return above(static_cast<double>(step.entropy));
    case ConditionKind::kRankAbove:
      return step.rank > *condition.n;
    case ConditionKind::kStageRemovedTop:
      return removed_top(step, condition.stage);
    case ConditionKind::kNearTie:
      return below(lead(step));
    case ConditionKind::kTokenInTop:
      return in_top(condition.ids, *condition.n, context);
    case ConditionKind::kRepetition:
      return repeats(*condition.n, context);
    case ConditionKind::kEndOfTextAbove:
      return above(end_of_text_prob(context));
    case ConditionKind::kPositionIs:
      return step.position == *condition.n;
    case ConditionKind::kEveryNth:
      return (context.generated.size() + 1) % *condition.n == 0;
    case ConditionKind::kUnset:
      break;
  }
  return false;
}

// An occurrence that ends inside the piece: what lies before it is too short to hold one.
bool Breakpoints::text_completed(const std::string& text, std::string_view piece) const {
  const std::size_t n_before = std::min(text.size() - 1, tail_.size());
  window_.assign(tail_, tail_.size() - n_before, n_before);
  window_ += piece;
  return window_.find(text) != std::string::npos;
}

// Where the window does not begin with the text, its first character is only there for the
// pattern to see that something is before.
bool Breakpoints::pattern_reaches(const Pattern& pattern, std::string_view piece) const {
  if (piece.empty()) return false;
  std::size_t n_before = std::min(kPatternWindowBytes, tail_.size());
  // Not from the middle of a character on.
  while (n_before > 0 && (static_cast<unsigned char>(tail_[tail_.size() - n_before]) & 0xC0) == 0x80) --n_before;
  const bool is_cut = n_before < n_text_bytes_;
  window_.assign(tail_, tail_.size() - n_before, n_before);
  window_ += piece;
  re2::StringPiece found;
  for (std::size_t from = is_cut && n_before > 0 ? 1 : 0; from < window_.size();) {
    if (!pattern.regex.Match(window_, from, window_.size(), RE2::UNANCHORED, &found, 1)) return false;
    const auto start = static_cast<std::size_t>(found.data() - window_.data());
    if (start + found.size() > n_before) return true;
    from = start + 1;
  }
  return false;
}

bool Breakpoints::repeats(std::uint32_t n, const BreakContext& context) const {
  const std::span<const PastToken> before = context.generated;
  if (before.size() + 1 < 2 * static_cast<std::size_t>(n)) return false;
  const auto token = [&](std::size_t back) { return back == 0 ? context.step.token : before[before.size() - back].id; };
  for (std::size_t i = 0; i < n; ++i) {
    if (token(i) != token(i + n)) return false;
  }
  return true;
}

double Breakpoints::end_of_text_prob(const BreakContext& context) const {
  double sum = 0;
  for (const std::int32_t id : end_of_text_) {
    const float logit = context.stats.logit(id);
    if (std::isfinite(logit)) sum += std::exp(context.stats.distribution().log_probability(logit));
  }
  return sum;
}

}  // namespace inferno::engine
