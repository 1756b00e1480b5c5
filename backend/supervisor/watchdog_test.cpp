#include "supervisor/watchdog.h"

#include <gtest/gtest.h>

namespace inferno::supervisor {
namespace {

using std::chrono::seconds;

const Watchdog::Time kStart{};
const Watchdog::Limits kLimits{seconds(10), seconds(5), seconds(60)};

TEST(Watchdog, GivesAnEngineTimeToSayHello) {
  Watchdog dog(kLimits, kStart);
  EXPECT_FALSE(dog.verdict(kStart + seconds(10)));
  EXPECT_EQ(dog.verdict(kStart + seconds(11)), "it did not say hello within 10 s");
}

TEST(Watchdog, TakesSilenceForAHang) {
  Watchdog dog(kLimits, kStart);
  dog.saw_hello(kStart);
  dog.saw_message(kStart + seconds(3));
  EXPECT_FALSE(dog.verdict(kStart + seconds(8)));
  EXPECT_EQ(dog.verdict(kStart + seconds(9)), "it was silent for 5 s");
}

TEST(Watchdog, TellsABusyEngineFromAStuckOne) {
  Watchdog dog(kLimits, kStart);
  dog.saw_hello(kStart);
  for (int s = 1; s <= 200; ++s) {
    dog.saw_message(kStart + seconds(s));
    dog.saw_heartbeat(s < 100 ? static_cast<std::uint64_t>(s) : 100, true, kStart + seconds(s));
    EXPECT_EQ(dog.verdict(kStart + seconds(s)).has_value(), s > 160) << s;
  }
}

TEST(Watchdog, AnIdleEngineMayDoNothingForEver) {
  Watchdog dog(kLimits, kStart);
  dog.saw_hello(kStart);
  for (int s = 1; s <= 1000; ++s) {
    dog.saw_message(kStart + seconds(s));
    dog.saw_heartbeat(7, false, kStart + seconds(s));
  }
  EXPECT_FALSE(dog.verdict(kStart + seconds(1000)));
}

TEST(Watchdog, APausedRunIsNotJudgedAndItsTimeBeginsAnewWhenItGoesOn) {
  Watchdog dog(kLimits, kStart);
  dog.saw_hello(kStart);
  const auto beat = [&](int s, bool busy) {
    dog.saw_message(kStart + seconds(s));
    dog.saw_heartbeat(7, busy, kStart + seconds(s));
    return dog.verdict(kStart + seconds(s)).has_value();
  };
  for (int s = 0; s < 50; ++s) EXPECT_FALSE(beat(s, true));
  for (int s = 50; s < 500; ++s) EXPECT_FALSE(beat(s, false));
  for (int s = 500; s <= 560; ++s) EXPECT_FALSE(beat(s, true));
  EXPECT_TRUE(beat(561, true));
}

TEST(Watchdog, WithoutALimitNobodyIsStuck) {
  Watchdog dog({seconds(10), seconds(5), seconds(0)}, kStart);
  dog.saw_hello(kStart);
  for (int s = 1; s <= 10'000; ++s) {
    dog.saw_message(kStart + seconds(s));
    dog.saw_heartbeat(7, true, kStart + seconds(s));
  }
  EXPECT_FALSE(dog.verdict(kStart + seconds(10'000)));
}

}  // namespace
}  // namespace inferno::supervisor
