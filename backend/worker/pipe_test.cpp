#include "worker/pipe.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <numeric>
#include <thread>

namespace inferno::worker {
namespace {

struct Ends {
  Ends() { EXPECT_EQ(::pipe(fds.data()), 0); }
  ~Ends() {
    close_in();
    ::close(fds[0]);
  }
  void close_in() {
    if (fds[1] >= 0) ::close(fds[1]);
    fds[1] = -1;
  }
  std::array<int, 2> fds{};
};

TEST(Pipe, FramesComeOutAsTheyWentIn) {
  Ends ends;
  Pipe out(-1, ends.fds[1]);
  Pipe in(ends.fds[0], -1);
  std::vector<std::uint8_t> large(3u << 20);
  std::iota(large.begin(), large.end(), std::uint8_t{0});
  const std::vector<std::uint8_t> small{1, 2, 3};

  // The large frame is more than the pipe holds, so it is written in several parts.
  std::thread writing([&] {
    EXPECT_TRUE(out.write(large));
    EXPECT_TRUE(out.write({}));
    EXPECT_TRUE(out.write(small));
  });
  const auto first = in.read();
  ASSERT_TRUE(first.has_value());
  EXPECT_TRUE(std::equal(first->begin(), first->end(), large.begin(), large.end()));
  EXPECT_EQ(in.read().value().size(), 0u);
  const auto third = in.read();
  ASSERT_TRUE(third.has_value());
  EXPECT_TRUE(std::equal(third->begin(), third->end(), small.begin(), small.end()));
  writing.join();
}

TEST(Pipe, EndsAtEndOfInputAlsoInTheMiddleOfAFrame) {
  Ends ends;
  const std::array<std::uint8_t, 6> half{10, 0, 0, 0, 1, 2};
  ASSERT_EQ(::write(ends.fds[1], half.data(), half.size()), 6);
  ends.close_in();
  Pipe in(ends.fds[0], -1);
  EXPECT_FALSE(in.read().has_value());
}

TEST(Pipe, RefusesAnAbsurdLengthInsteadOfAllocatingIt) {
  Ends ends;
  const std::array<std::uint8_t, 4> absurd{255, 255, 255, 255};
  ASSERT_EQ(::write(ends.fds[1], absurd.data(), absurd.size()), 4);
  Pipe in(ends.fds[0], -1);
  EXPECT_FALSE(in.read().has_value());
}

}  // namespace
}  // namespace inferno::worker
