#include "worker/outbox.h"

#include <gtest/gtest.h>

#include <atomic>
#include <set>
#include <thread>

namespace inferno::worker {
namespace {

using namespace std::chrono_literals;
using CandidatePointers = std::set<const engine::CandidateRecord*>;

TEST(Outbox, HandsOverStepsAndMessagesInTheOrderTheyWereMade) {
  Outbox outbox(4);
  outbox.begin_run(7, 2, 1);
  outbox.acquire().position = 1;
  outbox.publish();
  outbox.post(protocol::EnvelopeT{});
  outbox.acquire().position = 2;
  outbox.publish();

  ASSERT_EQ(outbox.wait(0ms), 3u);
  EXPECT_TRUE(outbox.slot(0).is_step());
  EXPECT_EQ(outbox.slot(0).run, 7u);
  EXPECT_EQ(outbox.slot(0).step.position, 1u);
  EXPECT_FALSE(outbox.slot(1).is_step());
  EXPECT_EQ(outbox.slot(2).step.position, 2u);
  outbox.release(3);
  EXPECT_EQ(outbox.wait(0ms), 0u);
}

TEST(Outbox, MakesTheProducerWaitWhenFullAndLosesNothing) {
  constexpr std::uint32_t kSteps = 20'000;
  Outbox outbox(8);
  outbox.begin_run(1, 4, 4);
  std::thread producer([&] {
    for (std::uint32_t i = 0; i < kSteps; ++i) {
      outbox.acquire().position = i;
      outbox.publish();
    }
  });
  std::uint32_t expected = 0;
  while (expected < kSteps) {
    const std::size_t n = outbox.wait(1000ms);
    ASSERT_GT(n, 0u);
    ASSERT_LE(n, 8u);
    for (std::size_t i = 0; i < n; ++i) ASSERT_EQ(outbox.slot(i).step.position, expected++);
    outbox.release(n);
  }
  producer.join();
}

TEST(Outbox, ReusesItsRecordsWithoutAllocating) {
  Outbox outbox(2);
  outbox.begin_run(1, 64, 8);
  const CandidatePointers before = [&] {
    CandidatePointers seen;
    for (int i = 0; i < 2; ++i) {
      auto& step = outbox.acquire();
      step.candidates.resize(64);
      seen.insert(step.candidates.data());
      outbox.publish();
      outbox.release(outbox.wait(0ms));
    }
    return seen;
  }();
  for (int i = 0; i < 10; ++i) {
    auto& step = outbox.acquire();
    step.candidates.clear();
    step.candidates.resize(64);
    EXPECT_TRUE(before.contains(step.candidates.data()));
    outbox.publish();
    outbox.release(outbox.wait(0ms));
  }
}

TEST(Outbox, FlushWaitsUntilEverythingWasTaken) {
  Outbox outbox(4);
  outbox.post(protocol::EnvelopeT{});
  std::atomic<bool> released = false;
  std::thread consumer([&] {
    const std::size_t n = outbox.wait(1000ms);
    std::this_thread::sleep_for(20ms);
    released = true;
    outbox.release(n);
  });
  outbox.flush();
  EXPECT_TRUE(released);
  consumer.join();
}

}  // namespace
}  // namespace inferno::worker
