#include "base/result.h"

#include <gtest/gtest.h>

namespace inferno {
namespace {

TEST(Result, HoldsAValueOrAnErrorButNeverBoth) {
  Result<int> good = 7;
  Result<int> bad = Error{ErrorCode::kInvalidArgument, "seven is not allowed", ""};
  EXPECT_TRUE(good.ok());
  EXPECT_EQ(*good, 7);
  EXPECT_FALSE(bad.ok());
  EXPECT_EQ(bad.error().message, "seven is not allowed");
}

TEST(ResultDeathTest, ReadingTheValueOfAFailureStopsTheProcess) {
  Result<int> bad = Error{ErrorCode::kInternal, "no", ""};
  EXPECT_DEATH((void)bad.value(), "broken invariant");
}

}  // namespace
}  // namespace inferno
