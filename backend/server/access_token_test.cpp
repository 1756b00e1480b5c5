#include "server/access_token.h"

#include <gtest/gtest.h>

namespace inferno::server {
namespace {

TEST(AccessToken, IsRandomAnd256BitsLong) {
  const auto a = AccessToken::random();
  const auto b = AccessToken::random();
  ASSERT_TRUE(a && b);
  EXPECT_EQ(a->hex().size(), 64u);
  EXPECT_NE(a->hex(), b->hex());
  EXPECT_TRUE(AccessToken::parse(a->hex()));
}

TEST(AccessToken, MatchesOnlyItself) {
  const auto token = AccessToken::parse("0123456789abcdef0123456789abcdef");
  ASSERT_TRUE(token);
  EXPECT_TRUE(token->matches("0123456789abcdef0123456789abcdef"));
  EXPECT_TRUE(token->matches("0123456789ABCDEF0123456789ABCDEF"));
  EXPECT_FALSE(token->matches(""));
  EXPECT_FALSE(token->matches("0123456789abcdef0123456789abcdee"));
  EXPECT_FALSE(token->matches("0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"));
  EXPECT_FALSE(token->matches("0123456789abcdef"));
}

TEST(AccessToken, RefusesWhatIsShortOrNotHex) {
  EXPECT_FALSE(AccessToken::parse(""));
  EXPECT_FALSE(AccessToken::parse("0123456789abcdef"));
  EXPECT_FALSE(AccessToken::parse("0123456789abcdefg123456789abcdef"));
  EXPECT_FALSE(AccessToken::parse(std::string(129, 'a')));
}

}  // namespace
}  // namespace inferno::server
