#include "engine/stop_strings.h"

#include <gtest/gtest.h>

#include <random>

namespace inferno::engine {
namespace {

StopStrings make(std::vector<std::string> strings) {
  Result<StopStrings> stop = StopStrings::create(std::move(strings));
  EXPECT_TRUE(stop.ok());
  return std::move(*stop);
}

TEST(StopStrings, MeetsAStringThatLiesAcrossPieces) {
  StopStrings stop = make({"\n\nUser:"});
  EXPECT_FALSE(stop.feed("Hi.\n"));
  EXPECT_FALSE(stop.feed("\nUs"));
  const auto match = stop.feed("er: and more");
  ASSERT_TRUE(match);
  EXPECT_EQ(match->start, 3u);
  EXPECT_EQ(stop.string(match->index), "\n\nUser:");
}

TEST(StopStrings, FallsBackInsideRepetitiveStrings) {
  StopStrings stop = make({"aab"});
  EXPECT_FALSE(stop.feed("aaa"));
  const auto match = stop.feed("ab");
  ASSERT_TRUE(match);
  EXPECT_EQ(match->start, 2u);
}

TEST(StopStrings, TakesTheStringCompletedFirstAndTheLongestOfTwoCompletedTogether) {
  EXPECT_EQ(make({"abc", "b"}).feed("xabc")->start, 2u);
  const auto match = make({"c", "abc"}).feed("xabc");
  ASSERT_TRUE(match);
  EXPECT_EQ(match->index, 1u);
  EXPECT_EQ(match->start, 1u);
}

TEST(StopStrings, MatchesBytesNotCharacters) {
  StopStrings stop = make({"é"});
  EXPECT_FALSE(stop.feed("\xc3"));
  const auto match = stop.feed("\xa9");
  ASSERT_TRUE(match);
  EXPECT_EQ(match->start, 0u);
  EXPECT_EQ(make({std::string("\0x", 2)}).feed(std::string_view("a\0x", 3))->start, 1u);
}

TEST(StopStrings, RefusesEmptyAndEnormousLists) {
  EXPECT_EQ(StopStrings::create({"a", ""}).error().code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(StopStrings::create({std::string(kMaxStopBytes + 1, 'a')}).error().code, ErrorCode::kTooLarge);
  EXPECT_EQ(StopStrings::create(std::vector<std::string>(kMaxStopStrings + 1, "a")).error().code, ErrorCode::kTooLarge);
}

TEST(StopStrings, AgreesWithSearchingTheWholeTextHoweverItIsCut) {
  std::mt19937 random(3);
  const auto text_of = [&](std::size_t n) {
    std::string text;
    for (std::size_t i = 0; i < n; ++i) text += static_cast<char>('a' + random() % 2);
    return text;
  };
  for (int round = 0; round < 2000; ++round) {
    const std::vector<std::string> strings = {text_of(1 + random() % 6), text_of(1 + random() % 6)};
    const std::string text = text_of(40);
    // The first end of any occurrence, and the earliest start among those ending there.
    std::size_t end = std::string::npos, start = 0;
    for (const std::string& s : strings) {
      const std::size_t at = text.find(s);
      if (at == std::string::npos) continue;
      if (at + s.size() < end || (at + s.size() == end && at < start)) end = at + s.size(), start = at;
    }
    StopStrings stop = make(strings);
    std::optional<StopMatch> match;
    for (std::size_t i = 0; i < text.size() && !match;) {
      const std::size_t n = random() % 5;
      match = stop.feed(std::string_view(text).substr(i, n));
      i += n;
    }
    ASSERT_EQ(match.has_value(), end != std::string::npos);
    if (match) {
      ASSERT_EQ(match->start, start);
    }
  }
}

}  // namespace
}  // namespace inferno::engine
