#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "engine/logit_stats.h"
#include "engine/past_token.h"
#include "engine/step.h"
#include "engine/token_table.h"

namespace inferno::engine {

// The values are those of the protocol's ConditionKind, which says what each reads.
enum class ConditionKind : std::uint8_t {
  kUnset = 0,
  kTokenIs,
  kTextMatches,
  kPatternMatches,
  kRawProbBelow,
  kFinalProbBelow,
  kEntropyAbove,
  kRankAbove,
  kStageRemovedTop,
  kNearTie,
  kTokenInTop,
  kRepetition,
  kEndOfTextAbove,
  kPositionIs,
  kEveryNth,
};

struct ConditionSpec {
  ConditionKind kind = ConditionKind::kUnset;
  std::vector<std::int32_t> ids;
  std::string text;
  std::optional<float> threshold;
  std::optional<std::uint32_t> n;
  std::optional<std::uint8_t> stage;
};

struct BreakpointSpec {
  std::uint32_t id = 0;
  std::vector<ConditionSpec> conditions;
  bool disabled = false;
  std::uint32_t ignore = 0;
  bool once = false;
};

inline constexpr std::size_t kMaxBreakpoints = 256;
inline constexpr std::size_t kMaxConditions = 16;        // of one breakpoint
inline constexpr std::size_t kMaxConditionIds = 4096;    // of one condition
inline constexpr std::size_t kMaxConditionBytes = 4096;  // of its text
// A pattern sees so much of the text before the token.
inline constexpr std::size_t kPatternWindowBytes = 1024;

// What the conditions of a token that was chosen and not yet accepted look at.
struct BreakContext {
  const StepRecord& step;                // complete, but for the token's being accepted
  const LogitStats& stats;               // of the same position
  std::span<const PastToken> generated;  // before the token
};

// The breakpoints of a run, compiled. Judges each token before it is accepted, in
// bounded time and without allocating (but for patterns: RE2 takes time in proportion to
// the text and makes its automaton, of bounded size, as it goes along). Keeps the end of
// the generated text itself. One thread; the token table must outlive it.
class Breakpoints {
 public:
  // What a chain can be asked for.
  struct Chain {
    std::size_t n_stages = 0;
    bool traced = true;
  };

  explicit Breakpoints(const TokenTable& tokens);
  ~Breakpoints();
  Breakpoints(Breakpoints&&) noexcept;
  Breakpoints& operator=(Breakpoints&&) noexcept;

  // Replaces all. Errors: kInvalidArgument, kTooLarge; then those before stay.
  Result<void> set(std::vector<BreakpointSpec> specs, const Chain& chain);
  // As they are now: ignore counts that are used up, those that were to stop once.
  const std::vector<BreakpointSpec>& specs() const { return specs_; }
  bool armed() const { return armed_; }

  // Ids of the breakpoints that stop at this token; valid until the next call. Counts
  // hits that are to be ignored.
  std::span<const std::uint32_t> judge(const BreakContext& context);
  // The token is part of the text now.
  void accepted(std::int32_t token);

 private:
  struct Pattern;

  bool holds(const ConditionSpec& condition, const Pattern* pattern, const BreakContext& context) const;
  bool text_completed(const std::string& text, std::string_view piece) const;
  bool pattern_reaches(const Pattern& pattern, std::string_view piece) const;
  bool repeats(std::uint32_t n, const BreakContext& context) const;
  double end_of_text_prob(const BreakContext& context) const;
  void update_armed();

  const TokenTable* tokens_;
  std::vector<std::int32_t> end_of_text_;  // all tokens that end a text
  std::vector<BreakpointSpec> specs_;
  std::vector<std::vector<std::unique_ptr<Pattern>>> patterns_;  // per breakpoint and condition; null for other kinds
  std::vector<std::uint32_t> hits_;
  bool armed_ = false;
  std::string tail_;                // the end of the generated text, at most kTailBytes
  std::uint64_t n_text_bytes_ = 0;  // of all of it
  mutable std::string window_;
};

}  // namespace inferno::engine
