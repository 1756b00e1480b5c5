#include "supervisor/log_tail.h"

#include <gtest/gtest.h>

#include <vector>

namespace inferno::supervisor {
namespace {

TEST(LogTail, PassesWholeLinesOnAndKeepsTheLastWords) {
  LogTail tail;
  std::vector<std::string> lines;
  const auto collect = [&](std::string_view line) { lines.emplace_back(line); };
  tail.add("one\ntw", collect);
  tail.add("o\n\nthree\nfour", collect);
  EXPECT_EQ(lines, (std::vector<std::string>{"one", "two", "", "three"}));
  EXPECT_EQ(tail.last_words(2), "three / four");
}

TEST(LogTail, StaysSmallHoweverMuchIsWritten) {
  LogTail tail(1000);
  for (int i = 0; i < 1000; ++i) tail.add(std::string(5000, 'x'), [](auto) {});
  EXPECT_EQ(tail.last_words().size(), 600u);
}

TEST(LogTail, GivesTextWhateverWasWritten) {
  LogTail tail;
  tail.add(std::string("\xFF\x1b[1mGGML_ASSERT\x80 failed\n", 24), [](auto) {});
  EXPECT_EQ(tail.last_words(), "[1mGGML_ASSERT failed");
}

}  // namespace
}  // namespace inferno::supervisor
