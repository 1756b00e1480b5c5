#include "engine/breakpoints.h"

#include <gtest/gtest.h>

#include <cmath>
#include <string>

#include "engine/condition_check.h"

namespace inferno::engine {
namespace {

constexpr BreakpointScope kScope{.n_vocab = 100, .n_stages = 3};

ConditionSpec condition(ConditionKind kind) {
  ConditionSpec spec;
  spec.kind = kind;
  return spec;
}

ConditionSpec with_threshold(ConditionKind kind, float threshold) {
  ConditionSpec spec = condition(kind);
  spec.threshold = threshold;
  return spec;
}

Result<void> check(ConditionSpec spec, const BreakpointScope& scope = kScope) {
  return check_breakpoints({{.id = 7, .conditions = {std::move(spec)}}}, scope);
}

TEST(ConditionCheck, RefusesWhatReadsSomethingThatIsNotThere) {
  EXPECT_FALSE(check(condition(ConditionKind::kUnset)));
  EXPECT_FALSE(check(condition(static_cast<ConditionKind>(200))));
  EXPECT_FALSE(check(condition(ConditionKind::kTokenIs)));
  EXPECT_FALSE(check(condition(ConditionKind::kTextMatches)));
  EXPECT_FALSE(check(condition(ConditionKind::kRawProbBelow)));
  EXPECT_FALSE(check(condition(ConditionKind::kRankAbove)));
  EXPECT_FALSE(check(condition(ConditionKind::kRepetition)));
  EXPECT_FALSE(check_breakpoints({{.id = 1}}, kScope)) << "a breakpoint without a condition would always stop";
}

TEST(ConditionCheck, RefusesNumbersOutOfTheirRange) {
  EXPECT_FALSE(check(with_threshold(ConditionKind::kRawProbBelow, 1.5f)));
  EXPECT_FALSE(check(with_threshold(ConditionKind::kRawProbBelow, -0.1f)));
  EXPECT_FALSE(check(with_threshold(ConditionKind::kEntropyAbove, NAN)));
  EXPECT_TRUE(check(with_threshold(ConditionKind::kEntropyAbove, 12)));
  ConditionSpec every = condition(ConditionKind::kEveryNth);
  every.n = 0;
  EXPECT_FALSE(check(every));
  ConditionSpec token = condition(ConditionKind::kTokenIs);
  token.ids = {99};
  EXPECT_TRUE(check(token));
  for (const std::int32_t id : {-1, 100, INT32_MAX}) {
    token.ids = {id};
    EXPECT_FALSE(check(token)) << id;
  }
  ConditionSpec stage = condition(ConditionKind::kStageRemovedTop);
  EXPECT_TRUE(check(stage));
  stage.stage = 3;
  EXPECT_FALSE(check(stage));
}

TEST(ConditionCheck, RefusesToLookAtStagesThatAreNotRecorded) {
  EXPECT_FALSE(check(condition(ConditionKind::kStageRemovedTop), {.n_vocab = 100, .n_stages = 3, .traced = false}));
}

TEST(ConditionCheck, SaysWhatIsWrongWithAPattern) {
  ConditionSpec pattern = condition(ConditionKind::kPatternMatches);
  pattern.text = "a(b";
  const Result<void> checked = check(pattern);
  ASSERT_FALSE(checked);
  EXPECT_NE(checked.error().message.find("Breakpoint 7"), std::string::npos) << checked.error().message;
  EXPECT_NE(checked.error().message.find(")"), std::string::npos) << checked.error().message;
}

TEST(ConditionCheck, BoundsSizes) {
  EXPECT_FALSE(check_breakpoints(std::vector<BreakpointSpec>(kMaxBreakpoints + 1), kScope));
  ConditionSpec text = condition(ConditionKind::kTextMatches);
  text.text.assign(kMaxConditionBytes + 1, 'x');
  EXPECT_FALSE(check(text));
  ConditionSpec ids = condition(ConditionKind::kTokenIs);
  ids.ids.assign(kMaxConditionIds + 1, 1);
  EXPECT_FALSE(check(ids));
}

}  // namespace
}  // namespace inferno::engine
