#include "engine/utf8.h"

#include <gtest/gtest.h>

namespace inferno::engine {
namespace {

TEST(Utf8, AcceptsWellFormedTextOnly) {
  for (const char* good : {"", "a", "ä", "€", "𝄞", "\xED\x9F\xBF", "\xF4\x8F\xBF\xBF"})
    EXPECT_TRUE(is_utf8(good)) << good;
  for (const char* bad : {"\x80", "\xC3", "\xC0\x80", "\xC1\xBF", "\xE0\x80\x80", "\xE2\x82", "\xED\xA0\x80",
                          "\xF0\x8F\xBF\xBF", "\xF4\x90\x80\x80", "\xF8\x88\x80\x80\x80", "\xFF", "a\xE2\x82z"}) {
    EXPECT_FALSE(is_utf8(bad));
  }
}

TEST(Utf8, PrintableTextIsCutAtACharacter) {
  EXPECT_EQ(printable("abc", 3), "abc");
  EXPECT_EQ(printable("a€b", 3), "a…");
  EXPECT_EQ(printable("a\xFFz", 10), "a?z");
}

}  // namespace
}  // namespace inferno::engine
