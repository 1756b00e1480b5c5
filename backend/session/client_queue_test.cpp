#include "session/client_queue.h"

#include <gtest/gtest.h>

namespace inferno::session {
namespace {

SharedBytes message(std::size_t size, std::uint8_t fill = 0) { return std::make_shared<const Bytes>(size, fill); }

TEST(ClientQueue, ANoticeTakesThePlaceOfItsPredecessor) {
  ClientQueue queue(10'000);
  queue.push_notice("load 1", message(10, 1));
  queue.push(message(10, 2));
  queue.push_notice("load 2", message(10, 3));
  queue.push_notice("load 1", message(500, 4));
  EXPECT_EQ(queue.pop()->front(), 4);
  EXPECT_EQ(queue.pop()->front(), 2);
  EXPECT_EQ(queue.pop()->front(), 3);
  EXPECT_EQ(queue.pop(), nullptr);
  EXPECT_EQ(queue.n_bytes(), 0u);
}

TEST(ClientQueue, RunsOverForGoodAndKeepsNothing) {
  ClientQueue queue(1000);
  for (int i = 0; i < 100; ++i) queue.push(message(100));
  EXPECT_TRUE(queue.overflowed());
  EXPECT_EQ(queue.n_bytes(), 0u);
  EXPECT_EQ(queue.pop(), nullptr);
}

TEST(ClientQueue, OneLargeMessageAlwaysFits) {
  ClientQueue queue(1000);
  queue.push(message(100'000));
  EXPECT_FALSE(queue.overflowed());
  EXPECT_EQ(queue.pop()->size(), 100'000u);
}

}  // namespace
}  // namespace inferno::session
