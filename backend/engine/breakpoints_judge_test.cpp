#include "engine/breakpoints.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <cmath>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "engine/past_token.h"

namespace inferno::engine {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

// A vocabulary of a few pieces of text, and a run over it whose steps are made by hand.
class ARun : public testing::Test {
 protected:
  enum Id : std::int32_t { kDog, kDr, kAgon, kSpace, kDigits, kHalfA, kHalfB, kEnd, kOtherEnd, kNewline, kVocabulary };

  static std::vector<TokenTable::Entry> entries() {
    return {{"dog"},
            {"dr"},
            {"agon"},
            {" "},
            {"42"},
            {"\xC3"},
            {"\xA9"},
            {"</s>", TokenKind::kControl, true},
            {"<eot>", TokenKind::kControl, true},
            {"\n"}};
  }

  // A step that chose `token`, of logits that make all tokens alike but for `logits`.
  std::vector<std::uint32_t> step(std::int32_t token, const std::function<void(StepRecord&)>& change = {}) {
    stats_.measure(logits_, 3);
    StepRecord record;
    record.position = static_cast<std::uint32_t>(kPromptLength + past_.size());
    record.token = token;
    for (const RankedLogit& ranked : stats_.top()) {
      CandidateRecord& candidate = record.candidates.emplace_back();
      candidate.id = ranked.id;
      candidate.logit = ranked.logit;
      candidate.raw_logprob = static_cast<float>(stats_.distribution().log_probability(ranked.logit));
    }
    record.n_top = static_cast<std::uint32_t>(record.candidates.size());
    record.raw_logprob = static_cast<float>(stats_.distribution().log_probability(stats_.logit(token)));
    record.rank = stats_.rank(token);
    record.entropy = static_cast<float>(stats_.distribution().entropy);
    if (change) change(record);
    const auto hits = breakpoints_.judge({record, stats_, past_});
    return {hits.begin(), hits.end()};
  }
  void accept(std::int32_t token) {
    past_.push_back({token});
    breakpoints_.accepted(token);
  }
  std::vector<std::uint32_t> step_and_accept(std::int32_t token) {
    auto hits = step(token);
    accept(token);
    return hits;
  }

  static ConditionSpec condition(ConditionKind kind, const std::function<void(ConditionSpec&)>& fill = {}) {
    ConditionSpec spec;
    spec.kind = kind;
    if (fill) fill(spec);
    return spec;
  }
  static ConditionSpec with_threshold(ConditionKind kind, float threshold) {
    return condition(kind, [&](ConditionSpec& c) { c.threshold = threshold; });
  }
  static ConditionSpec with_n(ConditionKind kind, std::uint32_t n) {
    return condition(kind, [&](ConditionSpec& c) { c.n = n; });
  }
  static ConditionSpec with_text(ConditionKind kind, const std::string& text) {
    return condition(kind, [&](ConditionSpec& c) { c.text = text; });
  }
  static ConditionSpec with_ids(std::vector<std::int32_t> ids) {
    return condition(ConditionKind::kTokenIs, [&](ConditionSpec& c) { c.ids = std::move(ids); });
  }
  Result<void> try_set(std::vector<BreakpointSpec> specs) {
    return breakpoints_.set(std::move(specs), {.n_stages = 2, .traced = true});
  }
  void set(std::vector<BreakpointSpec> specs) {
    const Result<void> done = try_set(std::move(specs));
    ASSERT_TRUE(done.ok()) << done.error().message;
  }
  void set(ConditionSpec one) { set({{.id = 1, .conditions = {std::move(one)}}}); }
  void say(const std::vector<std::int32_t>& ids) {
    for (const std::int32_t id : ids) accept(id);
  }

  static constexpr std::size_t kPromptLength = 5;
  TokenTable tokens_{entries()};
  Breakpoints breakpoints_{tokens_};
  std::vector<float> logits_ = std::vector<float>(kVocabulary, 0.0f);
  LogitStats stats_{kVocabulary, 3};
  std::vector<PastToken> past_;
};

using ABreakpoint = ARun;

TEST_F(ABreakpoint, StopsWhereAllItsConditionsHold) {
  set({{.id = 7, .conditions = {with_ids({kDog, kEnd}), with_n(ConditionKind::kPositionIs, kPromptLength + 1)}}});
  EXPECT_THAT(step_and_accept(kDog), IsEmpty()) << "the place is not met";
  EXPECT_THAT(step(kDr), IsEmpty()) << "the token is not met";
  EXPECT_THAT(step(kDog), ElementsAre(7));
}

TEST_F(ABreakpoint, IsToldWithAllThatAreHitAtTheSameToken) {
  set({{.id = 3, .conditions = {with_ids({kDog})}},
       {.id = 4, .conditions = {with_ids({kDr})}},
       {.id = 5, .conditions = {with_n(ConditionKind::kEveryNth, 1)}}});
  EXPECT_THAT(step(kDog), ElementsAre(3, 5));
}

TEST_F(ABreakpoint, LetsItsFirstHitsPassWhereToldTo) {
  set({{.id = 1, .conditions = {with_ids({kDog})}, .ignore = 2}});
  EXPECT_THAT(step_and_accept(kDog), IsEmpty());
  EXPECT_THAT(step_and_accept(kDr), IsEmpty());
  EXPECT_THAT(step_and_accept(kDog), IsEmpty());
  EXPECT_THAT(step_and_accept(kDog), ElementsAre(1));
  EXPECT_THAT(step_and_accept(kDog), ElementsAre(1));
}

TEST_F(ABreakpoint, StopsOnlyOnceWhereToldToAndNotAtAllWhenDisabled) {
  set({{.id = 1, .conditions = {with_ids({kDog})}, .once = true},
       {.id = 2, .conditions = {with_ids({kDog})}, .disabled = true}});
  EXPECT_TRUE(breakpoints_.armed());
  EXPECT_THAT(step_and_accept(kDog), ElementsAre(1));
  EXPECT_THAT(step_and_accept(kDog), IsEmpty());
  EXPECT_FALSE(breakpoints_.armed());
}

TEST_F(ABreakpoint, CountsEveryNthGeneratedTokenFromTheFirst) {
  set(with_n(ConditionKind::kEveryNth, 3));
  std::vector<int> stopped;
  for (int i = 1; i <= 9; ++i) {
    if (!step_and_accept(kDog).empty()) stopped.push_back(i);
  }
  EXPECT_THAT(stopped, ElementsAre(3, 6, 9));
}

// ---------------------------------------------------------------- numbers

TEST_F(ABreakpoint, ComparesTheChosenTokensProbabilitiesAndFulfilsNothingWithWhatIsNotKnown) {
  set({{.id = 1, .conditions = {with_threshold(ConditionKind::kRawProbBelow, 0.5f)}},
       {.id = 2, .conditions = {with_threshold(ConditionKind::kFinalProbBelow, 0.5f)}}});
  const auto with = [](float raw, float final) {
    return [=](StepRecord& record) {
      record.raw_logprob = std::log(raw);
      record.final_prob = final;
    };
  };
  EXPECT_THAT(step(kDog, with(0.4f, 0.9f)), ElementsAre(1));
  EXPECT_THAT(step(kDog, with(0.6f, 0.1f)), ElementsAre(2));
  EXPECT_THAT(step(kDog, with(0.6f, 0.6f)), IsEmpty());
  EXPECT_THAT(step(kDog, with(kNotKnown, kNotKnown)), IsEmpty());
}

TEST_F(ABreakpoint, ComparesEntropyAndRank) {
  set({{.id = 1, .conditions = {with_threshold(ConditionKind::kEntropyAbove, 2.0f)}},
       {.id = 2, .conditions = {with_n(ConditionKind::kRankAbove, 2)}}});
  const auto with = [](float entropy, std::uint32_t rank) {
    return [=](StepRecord& record) {
      record.entropy = entropy;
      record.rank = rank;
    };
  };
  EXPECT_THAT(step(kDog, with(2.0f, 2)), IsEmpty());
  EXPECT_THAT(step(kDog, with(2.1f, 2)), ElementsAre(1));
  EXPECT_THAT(step(kDog, with(1.0f, 3)), ElementsAre(2));
  EXPECT_THAT(step(kDog, with(kNotKnown, 0)), IsEmpty());
}

TEST_F(ABreakpoint, SeesAStageRemoveTheFirst) {
  set({{.id = 1, .conditions = {condition(ConditionKind::kStageRemovedTop, [](ConditionSpec& c) { c.stage = 1; })}},
       {.id = 2, .conditions = {condition(ConditionKind::kStageRemovedTop)}}});
  const auto removed_by = [](std::uint8_t stage) {
    return [=](StepRecord& record) {
      for (std::uint8_t i = 0; i < 2; ++i) {
        StageRecord& trace = record.stages.emplace_back();
        trace.stage = i;
        trace.removed_top = i == stage;
      }
    };
  };
  EXPECT_THAT(step(kDog, removed_by(1)), ElementsAre(1, 2));
  EXPECT_THAT(step(kDog, removed_by(0)), ElementsAre(2));
  EXPECT_THAT(step(kDog, removed_by(9)), IsEmpty());
}

TEST_F(ABreakpoint, SeesTwoFinalProbabilitiesCloseTogetherWhicheverCandidatesHaveThem) {
  set(with_threshold(ConditionKind::kNearTie, 0.1f));
  const auto finals = [](float a, float b, float c) {
    return [=](StepRecord& record) {
      record.candidates[0].final_prob = a;
      record.candidates[1].final_prob = b;
      record.candidates[2].final_prob = c;
    };
  };
  EXPECT_THAT(step(kDog, finals(0.1f, 0.45f, 0.4f)), ElementsAre(1));
  EXPECT_THAT(step(kDog, finals(0.6f, 0.35f, 0.05f)), IsEmpty());
  EXPECT_THAT(step(kDog, finals(0.6f, kNotKnown, 0.55f)), ElementsAre(1));
}

TEST_F(ABreakpoint, LooksForTokensAmongTheMostProbableAlsoBeyondThoseThatAreRecorded) {
  for (int i = 0; i < kVocabulary; ++i) logits_[static_cast<std::size_t>(i)] = static_cast<float>(-i);
  const auto in_top = [](std::int32_t id, std::uint32_t n) {
    return condition(ConditionKind::kTokenInTop, [=](ConditionSpec& c) { c.ids = {id}, c.n = n; });
  };
  set({{.id = 1, .conditions = {in_top(kDr, 2)}},
       {.id = 2, .conditions = {in_top(kDr, 1)}},
       {.id = 3, .conditions = {in_top(kHalfA, 6)}},  // the sixth; three are recorded
       {.id = 4, .conditions = {in_top(kHalfA, 5)}}});
  EXPECT_THAT(step(kDog), ElementsAre(1, 3));
  logits_[kHalfA] = -INFINITY;
  set({{.id = 3, .conditions = {in_top(kHalfA, kVocabulary)}}});
  EXPECT_THAT(step(kDog), IsEmpty()) << "a token without a finite logit is among none";
}

TEST_F(ABreakpoint, AddsUpTheProbabilityOfAllTokensThatEndTheText) {
  logits_[kEnd] = logits_[kOtherEnd] = 2.0f;  // 8 tokens at e^0, two at e^2: 0.65 together, 0.32 each
  const double expected = 2 * std::exp(2.0) / (8 + 2 * std::exp(2.0));
  const auto above = [&](double threshold) {
    set(with_threshold(ConditionKind::kEndOfTextAbove, static_cast<float>(threshold)));
    return !step(kDog).empty();
  };
  EXPECT_TRUE(above(expected - 0.001));
  EXPECT_FALSE(above(expected + 0.001));
}

TEST_F(ABreakpoint, SeesTheNewestTokensRepeatThoseBeforeThem) {
  set(with_n(ConditionKind::kRepetition, 2));
  EXPECT_THAT(step_and_accept(kDog), IsEmpty());
  EXPECT_THAT(step_and_accept(kDr), IsEmpty());
  EXPECT_THAT(step_and_accept(kDog), IsEmpty());
  EXPECT_THAT(step(kDr), ElementsAre(1));
  EXPECT_THAT(step(kDog), IsEmpty()) << "dog dr dog dog";
}

// ---------------------------------------------------------------- text

TEST_F(ABreakpoint, MeetsATextThatATokenCompletesAcrossBorders) {
  set(with_text(ConditionKind::kTextMatches, "dragon"));
  EXPECT_THAT(step_and_accept(kAgon), IsEmpty());
  EXPECT_THAT(step_and_accept(kDr), IsEmpty());
  EXPECT_THAT(step(kDog), IsEmpty());
  EXPECT_THAT(step_and_accept(kAgon), ElementsAre(1));
  EXPECT_THAT(step_and_accept(kSpace), IsEmpty()) << "it was completed before";
}

TEST_F(ABreakpoint, MeetsATextInsideOneToken) {
  set(with_text(ConditionKind::kTextMatches, "o"));
  EXPECT_THAT(step(kDog), ElementsAre(1));
  EXPECT_THAT(step(kDr), IsEmpty());
}

// A token may be put aside for another one at a stop, so judging leaves no trace.
TEST_F(ABreakpoint, ForgetsTheTextOfATokenThatWasNotAccepted) {
  set(with_text(ConditionKind::kTextMatches, "dragon"));
  EXPECT_THAT(step(kDr), IsEmpty());
  EXPECT_THAT(step(kAgon), IsEmpty()) << "'dr' was never accepted";
}

TEST_F(ABreakpoint, KnowsTheTextFromBeforeItWasSet) {
  say({kDr});
  set(with_text(ConditionKind::kTextMatches, "dragon"));
  EXPECT_THAT(step(kAgon), ElementsAre(1));
}

TEST_F(ABreakpoint, MeetsAPatternThatReachesIntoTheToken) {
  set(with_text(ConditionKind::kPatternMatches, "d[a-z]+n"));
  EXPECT_THAT(step_and_accept(kDr), IsEmpty());
  EXPECT_THAT(step_and_accept(kAgon), ElementsAre(1));
  EXPECT_THAT(step_and_accept(kSpace), IsEmpty()) << "the match ends before it";
  EXPECT_THAT(step(kDigits), IsEmpty());
}

TEST_F(ABreakpoint, MeetsAPatternsLongerAlternativeBehindItsShorterOne) {
  set(with_text(ConditionKind::kPatternMatches, "dr|dragon"));
  say({kDr});
  EXPECT_THAT(step(kAgon), ElementsAre(1));
}

TEST_F(ABreakpoint, TakesTheBeginningOfTheTextAndNoOtherPlaceForTheBeginning) {
  set(with_text(ConditionKind::kPatternMatches, "^dog"));
  EXPECT_THAT(step(kDog), ElementsAre(1));
  for (std::size_t i = 0; i < 3 * kPatternWindowBytes; ++i) {
    accept(kDog);
    ASSERT_THAT(step(kDog), IsEmpty()) << "behind " << i + 1 << " dogs";
  }
}

TEST_F(ABreakpoint, ReadsALetterThatTwoTokensMakeTogether) {
  set(with_text(ConditionKind::kPatternMatches, "g.\n"));
  say({kDog, kHalfA});
  EXPECT_THAT(step(kNewline), IsEmpty()) << "half a letter is none";
  say({kHalfB});
  EXPECT_THAT(step(kNewline), ElementsAre(1));
}

TEST_F(ABreakpoint, IsNotConfusedByBytesThatAreNoText) {
  set({{.id = 1, .conditions = {with_text(ConditionKind::kPatternMatches, "\\pL")}},
       {.id = 2, .conditions = {with_text(ConditionKind::kPatternMatches, "g\\s")}}});
  for (int i = 0; i < 3000; ++i) {
    ASSERT_THAT(step(i % 3 == 0 ? kHalfA : kHalfB), IsEmpty());
    accept(kHalfB);  // thousands of ends without a beginning
  }
  say({kDog});
  EXPECT_THAT(step(kNewline), ElementsAre(2));
}

TEST_F(ABreakpoint, TakesBoundedTimeHoweverLongTheTextAndHoweverBadThePattern) {
  set(with_text(ConditionKind::kPatternMatches, "(d.*o.*)*42(x|y)"));
  for (int i = 0; i < 20'000; ++i) accept(i % 2 == 0 ? kDog : kDigits);
  const auto start = std::chrono::steady_clock::now();
  for (int i = 0; i < 20; ++i) EXPECT_THAT(step(kDigits), IsEmpty());
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::milliseconds(500));
}

// ---------------------------------------------------------------- what is refused

TEST_F(ABreakpoint, IsRefusedInWordsWhereItMakesNoSenseAndLeavesTheOthersAsTheyWere) {
  set({{.id = 1, .conditions = {with_ids({kDog})}}});
  const auto message = [&](ConditionSpec spec) {
    const Result<void> done = try_set({{.id = 12, .conditions = {std::move(spec)}}});
    EXPECT_FALSE(done.ok());
    if (done.ok()) return std::string();
    EXPECT_EQ(done.error().code, ErrorCode::kInvalidArgument);
    EXPECT_THAT(done.error().message, HasSubstr("Breakpoint 12"));
    return done.error().message;
  };
  message(condition(ConditionKind::kUnset));
  message(condition(static_cast<ConditionKind>(200)));
  message(with_ids({}));
  EXPECT_THAT(message(with_ids({kVocabulary})), HasSubstr(std::to_string(kVocabulary)));
  message(with_ids({-1}));
  message(with_text(ConditionKind::kTextMatches, ""));
  message(with_text(ConditionKind::kPatternMatches, ""));
  EXPECT_THAT(message(with_text(ConditionKind::kPatternMatches, "a(b")), HasSubstr("missing ): a(b"));
  message(condition(ConditionKind::kRawProbBelow));
  message(with_threshold(ConditionKind::kRawProbBelow, NAN));
  message(with_threshold(ConditionKind::kFinalProbBelow, 1.5f));
  message(with_threshold(ConditionKind::kEntropyAbove, -1.0f));
  message(with_threshold(ConditionKind::kEntropyAbove, INFINITY));
  message(condition(ConditionKind::kRankAbove));
  message(with_n(ConditionKind::kEveryNth, 0));
  message(with_n(ConditionKind::kRepetition, 0));
  message(condition(ConditionKind::kTokenInTop, [](ConditionSpec& c) { c.ids = {1}, c.n = 0; }));
  EXPECT_THAT(message(condition(ConditionKind::kStageRemovedTop, [](ConditionSpec& c) { c.stage = 2; })),
              HasSubstr("stage 2"));
  EXPECT_FALSE(try_set({{.id = 12}}).ok()) << "no condition";
  EXPECT_FALSE(breakpoints_
                   .set({{.id = 12, .conditions = {condition(ConditionKind::kStageRemovedTop)}}},
                        {.n_stages = 2, .traced = false})
                   .ok());
  EXPECT_THAT(step(kDog), ElementsAre(1)) << "the one that was set is still there";
}

TEST_F(ABreakpoint, IsRefusedBeyondItsBounds) {
  const auto code = [&](std::vector<BreakpointSpec> specs) {
    const Result<void> done = try_set(std::move(specs));
    return done.ok() ? ErrorCode::kInternal : done.error().code;
  };
  const BreakpointSpec dog = {.id = 1, .conditions = {with_ids({kDog})}};
  EXPECT_TRUE(try_set(std::vector(kMaxBreakpoints, dog)).ok());
  EXPECT_EQ(code(std::vector(kMaxBreakpoints + 1, dog)), ErrorCode::kTooLarge);
  EXPECT_EQ(code({{.id = 1, .conditions = std::vector(kMaxConditions + 1, dog.conditions[0])}}), ErrorCode::kTooLarge);
  EXPECT_EQ(code({{.id = 1, .conditions = {with_ids(std::vector<std::int32_t>(kMaxConditionIds + 1, kDog))}}}),
            ErrorCode::kTooLarge);
  EXPECT_EQ(code({{.id = 1,
                   .conditions = {with_text(ConditionKind::kTextMatches, std::string(kMaxConditionBytes + 1, 'a'))}}}),
            ErrorCode::kTooLarge);
}

}  // namespace
}  // namespace inferno::engine
