#include "engine/printable.h"

#include <gtest/gtest.h>

namespace inferno::engine {
namespace {

TEST(Printable, TextIsCutAtACharacter) {
  EXPECT_EQ(printable("abc", 3), "abc");
  EXPECT_EQ(printable("a€b", 3), "a…");
  EXPECT_EQ(printable("a\xFFz", 10), "a?z");
}

}  // namespace
}  // namespace inferno::engine
