#include "engine/logit_stats.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <random>
#include <vector>

namespace inferno::engine {
namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();
constexpr float kNan = std::numeric_limits<float>::quiet_NaN();

// The same in float64, sorting everything.
struct Naive {
  explicit Naive(const std::vector<float>& logits) {
    order.resize(logits.size());
    std::iota(order.begin(), order.end(), 0);
    std::stable_sort(order.begin(), order.end(), [&](int a, int b) {
      const float x = logits[static_cast<std::size_t>(a)], y = logits[static_cast<std::size_t>(b)];
      if (std::isfinite(x) != std::isfinite(y)) return std::isfinite(x);
      return std::isfinite(x) && x > y;
    });
    double max = -std::numeric_limits<double>::infinity();
    for (float x : logits) {
      if (std::isfinite(x)) max = std::max(max, static_cast<double>(x)), ++n_finite;
    }
    double sum = 0;
    for (float x : logits) {
      if (std::isfinite(x)) sum += std::exp(static_cast<double>(x) - max);
    }
    log_sum_exp = max + std::log(sum);
    for (float x : logits) {
      if (!std::isfinite(x)) continue;
      const double log_p = static_cast<double>(x) - max - std::log(sum);
      entropy -= std::exp(log_p) * log_p / std::log(2.0);
    }
  }

  std::vector<int> order;  // ids by rank
  std::size_t n_finite = 0;
  double log_sum_exp = 0;
  double entropy = 0;
};

void expect_as_naive(const std::vector<float>& logits, std::size_t n_top) {
  LogitStats stats(logits.size(), n_top);
  stats.measure(logits, n_top);
  const Naive naive(logits);

  ASSERT_EQ(stats.distribution().n_finite, naive.n_finite);
  EXPECT_EQ(stats.n_non_finite(), logits.size() - naive.n_finite);
  ASSERT_EQ(stats.top().size(), std::min(n_top, naive.n_finite));
  for (std::size_t i = 0; i < stats.top().size(); ++i) {
    ASSERT_EQ(stats.top()[i].id, naive.order[i]) << "place " << i;
    ASSERT_EQ(stats.top()[i].logit, logits[static_cast<std::size_t>(naive.order[i])]);
  }
  const std::size_t stride = std::max<std::size_t>(1, logits.size() / 97);
  for (std::size_t rank = 0; rank < logits.size(); rank += stride) {
    ASSERT_EQ(stats.rank(naive.order[rank]), rank + 1);
  }
  if (naive.n_finite == 0) return;
  EXPECT_NEAR(stats.distribution().log_sum_exp, naive.log_sum_exp, 1e-6 * std::max(1.0, std::abs(naive.log_sum_exp)));
  EXPECT_NEAR(stats.distribution().entropy, naive.entropy, 1e-5);
  double top_mass = 0;
  for (const RankedLogit& ranked : stats.top()) {
    top_mass += std::exp(static_cast<double>(ranked.logit) - naive.log_sum_exp);
  }
  EXPECT_NEAR(stats.tail_mass(), std::max(0.0, 1 - top_mass), 1e-6);
}

std::vector<float> random_logits(std::size_t n, float spread, unsigned seed) {
  std::mt19937 random(seed);
  std::normal_distribution<float> normal(0.0f, spread);
  std::vector<float> logits(n);
  for (float& x : logits) x = normal(random);
  return logits;
}

TEST(LogitStats, AgreesWithFloat64OnEveryVocabularySize) {
  for (std::size_t n : {1, 2, 15, 16, 17, 27, 127, 128, 129, 255, 256, 512, 1000, 32000, 50257, 128256}) {
    for (std::size_t n_top : {1, 8, 64, 1024}) {
      SCOPED_TRACE(testing::Message() << n << " tokens, top " << n_top);
      expect_as_naive(random_logits(n, 3.0f, static_cast<unsigned>(n + n_top)), n_top);
    }
  }
}

TEST(LogitStats, StaysExactWhenEveryLogitIsEqual) {
  expect_as_naive(std::vector<float>(128256, 1.25f), 64);
  expect_as_naive(std::vector<float>(50000, 0.0f), 1024);
}

TEST(LogitStats, StaysExactOnRisingFallingAndStepLogits) {
  std::vector<float> logits(128256);
  std::iota(logits.begin(), logits.end(), -60000.0f);
  expect_as_naive(logits, 64);
  expect_as_naive(logits, 1024);
  std::reverse(logits.begin(), logits.end());
  expect_as_naive(logits, 64);
  for (std::size_t i = 0; i < logits.size(); ++i) logits[i] = static_cast<float>(i / 5000);
  expect_as_naive(logits, 64);
  for (std::size_t i = 0; i < logits.size(); ++i) logits[i] = static_cast<float>(i % 3);
  expect_as_naive(logits, 700);
}

TEST(LogitStats, FindsATopThatLiesInOneBlock) {
  std::vector<float> logits = random_logits(128256, 1.0f, 5);
  for (std::size_t i = 0; i < 100; ++i) logits[4096 + i] = 20.0f + static_cast<float>(i % 7);
  expect_as_naive(logits, 64);
}

TEST(LogitStats, LeavesNonFiniteLogitsOutAndRanksThemLast) {
  std::vector<float> logits = random_logits(1000, 2.0f, 6);
  logits[0] = kNan;
  logits[5] = kInfinity;
  logits[17] = -kInfinity;
  logits[999] = -kNan;
  for (std::size_t i = 256; i < 512; ++i) logits[i] = -kInfinity;
  expect_as_naive(logits, 64);
  expect_as_naive(logits, 1000);
}

TEST(LogitStats, SaysThatNothingIsFinite) {
  for (float value : {kNan, kInfinity, -kInfinity}) expect_as_naive(std::vector<float>(300, value), 64);
}

TEST(LogitStats, TakesHugeAndTinyLogits) {
  expect_as_naive({3e38f, -3e38f, 0.0f, 1e-40f, -1e-40f}, 3);
  expect_as_naive({-3e38f, -3e38f}, 2);
  expect_as_naive({100.0f, 12.9f, 13.1f, 12.0f}, 4);
  std::vector<float> one_peak(128256, -50.0f);
  one_peak[77777] = 50.0f;
  expect_as_naive(one_peak, 64);
}

TEST(LogitStats, GivesOneBitForTwoEqualLogitsAndNoneForOne) {
  LogitStats stats(2, 2);
  stats.measure(std::vector<float>{0.5f, 0.5f}, 2);
  EXPECT_NEAR(stats.distribution().entropy, 1.0, 1e-6);
  stats.measure(std::vector<float>{0.5f, -kInfinity}, 2);
  EXPECT_EQ(stats.distribution().entropy, 0.0);
}

TEST(LogitStats, MeasuresTheNextPositionAfreshWithTheSameObject) {
  LogitStats stats(300, 10);
  stats.measure(random_logits(300, 4.0f, 7), 10);
  const std::vector<float> second = random_logits(300, 1.0f, 8);
  stats.measure(second, 4);
  EXPECT_EQ(stats.top().size(), 4u);
  EXPECT_NEAR(stats.distribution().log_sum_exp, Naive(second).log_sum_exp, 1e-6);
}

}  // namespace
}  // namespace inferno::engine
