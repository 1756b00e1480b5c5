#include <gtest/gtest.h>

#include "cli/bench_figures.h"
#include "cli/score_windows.h"

namespace inferno::cli {
namespace {

TEST(ScoreWindows, ScoreEveryTokenOnce) {
  for (std::size_t n = 0; n < 60; ++n) {
    for (std::size_t size = 1; size < 12; ++size) {
      for (std::size_t stride = 1; stride <= size; ++stride) {
        std::size_t next = 0;
        for (const ScoreWindow& window : score_windows(n, size, stride)) {
          ASSERT_EQ(window.first_scored, next);
          ASSERT_LE(window.begin, window.first_scored);
          ASSERT_LE(window.end - window.begin, size);
          ASSERT_LT(next, window.end);
          next = window.end;
        }
        ASSERT_EQ(next, n);
      }
    }
  }
}

TEST(ScoreWindows, AreOneWhereTheTextFits) {
  const auto windows = score_windows(10, 10, 5);
  ASSERT_EQ(windows.size(), 1u);
  EXPECT_EQ(windows.front().end, 10u);
}

TEST(Spread, HasQuartiles) {
  const Spread spread = spread_of({4, 1, 3, 2, 5});
  EXPECT_EQ(spread.min, 1);
  EXPECT_EQ(spread.lower_quartile, 2);
  EXPECT_EQ(spread.median, 3);
  EXPECT_EQ(spread.upper_quartile, 4);
  EXPECT_EQ(spread.max, 5);
  EXPECT_EQ(spread_of({7}).median, 7);
  EXPECT_EQ(spread_of({1, 2}).median, 1.5);
}

}  // namespace
}  // namespace inferno::cli
