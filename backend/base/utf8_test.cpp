#include "base/utf8.h"

#include <gtest/gtest.h>

#include <string>

namespace inferno {
namespace {

TEST(Utf8, TakesEveryLengthOfCharacter) {
  EXPECT_EQ(utf8_length("a"), 1u);
  EXPECT_EQ(utf8_length("ä"), 2u);
  EXPECT_EQ(utf8_length("…"), 3u);
  EXPECT_EQ(utf8_length("🔥"), 4u);
  EXPECT_TRUE(is_utf8("plain ascii, then ä … 🔥 and plain ascii again"));
  EXPECT_TRUE(is_utf8(""));
}

TEST(Utf8, RefusesWhatIsNotWellFormed) {
  for (const std::string bad : {"\x80", "\xC0\x80", "\xC1\xBF", "\xE0\x9F\xBF", "\xED\xA0\x80", "\xF0\x8F\xBF\xBF",
                                "\xF4\x90\x80\x80", "\xF5\x80\x80\x80", "\xE2\x80", "\xFF", "12345678\xE2\x80"}) {
    EXPECT_FALSE(is_utf8(bad));
  }
}

TEST(Utf8, CutsAtTheEdgeOfACharacter) {
  EXPECT_EQ(utf8_prefix("ab…", 5), "ab…");
  EXPECT_EQ(utf8_prefix("ab…", 4), "ab");
  EXPECT_EQ(utf8_prefix("ab…", 2), "ab");
  EXPECT_EQ(utf8_prefix("…", 1), "");
}

}  // namespace
}  // namespace inferno
