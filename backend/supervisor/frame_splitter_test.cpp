#include "supervisor/frame_splitter.h"

#include <gtest/gtest.h>

#include <string>

namespace inferno::supervisor {
namespace {

std::vector<std::uint8_t> stream_of(const std::vector<std::string>& frames) {
  std::vector<std::uint8_t> out;
  for (const auto& frame : frames) {
    for (int i = 0; i < 4; ++i) out.push_back(static_cast<std::uint8_t>(frame.size() >> (8 * i)));
    out.insert(out.end(), frame.begin(), frame.end());
  }
  return out;
}

TEST(FrameSplitter, GivesTheSameFramesHoweverTheBytesArrive) {
  const std::vector<std::string> frames = {"a", std::string(300, 'b'), "cd", std::string(70'000, 'e')};
  const auto stream = stream_of(frames);
  for (const std::size_t piece : {1u, 2u, 3u, 5u, 7u, 64u, 100'000u}) {
    FrameSplitter splitter(1 << 20);
    std::vector<std::string> seen;
    for (std::size_t at = 0; at < stream.size(); at += piece) {
      const auto bytes = std::span(stream).subspan(at, std::min(piece, stream.size() - at));
      ASSERT_TRUE(
          splitter.feed(bytes, [&](auto frame) { return seen.emplace_back(frame.begin(), frame.end()), true; }).ok());
    }
    EXPECT_EQ(seen, frames);
    EXPECT_FALSE(splitter.in_frame());
  }
}

TEST(FrameSplitter, RefusesLengthsThatCannotBe) {
  const auto none = [](auto) { return true; };
  EXPECT_FALSE(FrameSplitter(100).feed(stream_of({""}), none).ok());
  EXPECT_FALSE(FrameSplitter(100).feed(std::vector<std::uint8_t>{101, 0, 0, 0}, none).ok());
  EXPECT_FALSE(FrameSplitter(100).feed(std::vector<std::uint8_t>{'G', 'G', 'U', 'F'}, none).ok());
}

TEST(FrameSplitter, KnowsWhenTheStreamEndsInsideAFrame) {
  auto stream = stream_of({"abcdef"});
  stream.pop_back();
  FrameSplitter splitter(100);
  ASSERT_TRUE(splitter.feed(stream, [](auto) { return true; }).ok());
  EXPECT_TRUE(splitter.in_frame());
}

}  // namespace
}  // namespace inferno::supervisor
