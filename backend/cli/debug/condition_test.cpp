// The language of conditions: what is read, what is said back, and what a fault says.

#include <gtest/gtest.h>

#include "cli/debug/condition.h"

namespace inferno::cli::debug {
namespace {

using protocol::ConditionKind;

std::vector<Condition> parsed(std::string_view text) {
  Scanner line(text);
  auto conditions = parse_conditions(line);
  if (!conditions) {
    ADD_FAILURE() << text << ": " << conditions.error().message;
    return {Condition{}};
  }
  return *conditions;
}

Condition only(std::string_view text) {
  const auto all = parsed(text);
  EXPECT_EQ(all.size(), 1u) << text;
  return all.front();
}

Error fault(std::string_view text) {
  Scanner line(text);
  const auto conditions = parse_conditions(line);
  if (!conditions) return conditions.error();
  ADD_FAILURE() << text << " was read as " << in_words(*conditions);
  return {};
}

TEST(Condition, ReadsEveryKind) {
  EXPECT_EQ(only(R"(token " Tim")").kind, ConditionKind::TokenIs);
  EXPECT_EQ(only(R"(token " Tim")").tokens.front().text, " Tim");
  EXPECT_EQ(only(R"(text "dragon")").text, "dragon");
  EXPECT_EQ(only(R"(text "dragon")").kind, ConditionKind::TextMatches);
  EXPECT_EQ(only("/drag(on|ged) x/").text, "drag(on|ged) x");
  EXPECT_EQ(only("/drag(on|ged) x/").kind, ConditionKind::PatternMatches);
  EXPECT_EQ(only("raw < 0.1").kind, ConditionKind::RawProbBelow);
  EXPECT_DOUBLE_EQ(*only("raw < 0.1").threshold, 0.1);
  EXPECT_EQ(only("final < 5%").kind, ConditionKind::FinalProbBelow);
  EXPECT_DOUBLE_EQ(*only("final < 5%").threshold, 0.05);
  EXPECT_DOUBLE_EQ(*only("final < 5 %").threshold, 0.05);
  EXPECT_EQ(only("entropy > 4").kind, ConditionKind::EntropyAbove);
  EXPECT_DOUBLE_EQ(*only("entropy > 4.5").threshold, 4.5);
  EXPECT_EQ(only("rank > 3").kind, ConditionKind::RankAbove);
  EXPECT_EQ(only("rank > 3").n, 3u);
  EXPECT_EQ(only("removed-top").kind, ConditionKind::StageRemovedTop);
  EXPECT_FALSE(only("removed-top").stage);
  EXPECT_EQ(only("removed-top by top-p").stage, protocol::StageKind::TopP);
  EXPECT_EQ(only("removed-top by top_p").stage, protocol::StageKind::TopP);
  EXPECT_EQ(only("tie < 0.02").kind, ConditionKind::NearTie);
  EXPECT_EQ(only(R"(" the" in top 5)").kind, ConditionKind::TokenInTop);
  EXPECT_EQ(only(R"(" the" in top 5)").n, 5u);
  EXPECT_EQ(only(R"(token " the", 7 in top 5)").kind, ConditionKind::TokenInTop);
  EXPECT_EQ(only("repeat 8").kind, ConditionKind::Repetition);
  EXPECT_EQ(only("eot > 10%").kind, ConditionKind::EndOfTextAbove);
  EXPECT_EQ(only("at 40").kind, ConditionKind::PositionIs);
  EXPECT_EQ(only("40").kind, ConditionKind::PositionIs);
  EXPECT_EQ(only("40").n, 40u);
  EXPECT_EQ(only("every 16").kind, ConditionKind::EveryNth);
}

TEST(Condition, NamesTokensByTextOrIdAndSeveral) {
  const Condition several = only(R"(token " Tim", 403 or "\n")");
  ASSERT_EQ(several.tokens.size(), 3u);
  EXPECT_EQ(several.tokens[0].text, " Tim");
  EXPECT_EQ(several.tokens[1].id, 403);
  EXPECT_EQ(several.tokens[2].text, "\n");
}

TEST(Condition, JoinsWithAnd) {
  const auto both = parsed(R"(rank > 1 and entropy > 2 and text "a and b")");
  ASSERT_EQ(both.size(), 3u);
  EXPECT_EQ(both[1].kind, ConditionKind::EntropyAbove);
  EXPECT_EQ(both[2].text, "a and b");
}

TEST(Condition, MayBeWrittenTightlyOrInWords) {
  EXPECT_EQ(only("rank>3"), only("rank > 3"));
  EXPECT_EQ(only("raw<5%"), only("raw below 0.05"));
  EXPECT_EQ(only("rank above 3"), only("rank > 3"));
}

TEST(Condition, SaysBackWhatItReads) {
  for (const char* text :
       {R"(token " Tim", 403)", R"(text "say \"no\"\n\\ \x01")", R"(/a\/b\.\\/)", "raw < 0.1", "final < 0.05",
        "entropy > 4.25", "rank > 3", "removed-top", "removed-top by top_p", "tie < 0.02", R"(" the", 5 in top 5)",
        "repeat 8", "eot > 0.1", "at 40", "every 16", "rank > 1 and entropy > 2"}) {
    EXPECT_EQ(in_words(parsed(text)), text);
    EXPECT_EQ(parsed(in_words(parsed(text))), parsed(text)) << text;
  }
  EXPECT_EQ(in_words(parsed("raw < 5%")), "raw < 0.05");
}

TEST(Condition, SaysWhereAFaultIsAndWhatWasExpected) {
  struct Case {
    const char* text;
    std::uint32_t column;
    const char* words;
  };
  for (const Case& one : {Case{"", 0, "missing"},
                          Case{"rank > 1 and", 12, "missing"},
                          Case{"rank > x", 7, "whole number"},
                          Case{"rank >", 6, "whole number"},
                          Case{"rank 3", 5, "'>'"},
                          Case{"rank < 3", 5, "only be compared with '>'"},
                          Case{"raw > 3", 4, "only be compared with '<'"},
                          Case{"raw < 2", 6, "between 0 and 1"},
                          Case{"raw < 200%", 6, "between 0 and 1"},
                          Case{"entropy > -1", 10, "never below 0"},
                          Case{"rank > 99999999999", 7, "too large"},
                          Case{"repeat 0", 7, "counts from 1"},
                          Case{"every", 5, "a number of tokens"},
                          Case{R"(text "dragon)", 5, "closing quote"},
                          Case{R"(text "a\qb")", 7, "escape"},
                          Case{"text dragon", 5, "double quotes"},
                          Case{R"(text "")", 0, "empty"},
                          Case{"/abc", 0, "closing slash"},
                          Case{"//", 0, "empty"},
                          Case{"token", 5, "a token"},
                          Case{"token Tim", 6, "a token"},
                          Case{R"("Tim")", 0, "no condition"},
                          Case{R"("Tim" in 5)", 9, "'top'"},
                          Case{R"("Tim" in top 0)", 13, "counts from 1"},
                          Case{"rnak > 3", 0, "did you mean 'rank'"},
                          Case{"removed-top by topp", 15, "no sampler stage 'topp'"},
                          Case{"rank > 1 or rank > 2", 9, "'and'"},
                          Case{"at 3 4", 5, "'and'"},
                          Case{R"(token "")", 6, "empty"},
                          Case{"entropy > nan", 10, "bits"}}) {
    const Error error = fault(one.text);
    EXPECT_EQ(error.offset, one.column) << one.text << ": " << error.message;
    EXPECT_NE(error.message.find(one.words), std::string::npos) << one.text << ": " << error.message;
  }
}

}  // namespace
}  // namespace inferno::cli::debug
