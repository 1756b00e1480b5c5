#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <random>

#include "store/testing/steps.h"

namespace inferno::store {
namespace {

using testing::append;
using testing::Folder;
using testing::new_run;
using testing::read_all;
using testing::RunMaker;
using testing::to_json;

constexpr int kRounds = 40;

// Records without end, telling each message's number once it is confirmed.
[[noreturn]] void record(const std::filesystem::path& folder, int tell) {
  auto store = Store::open(folder);
  if (!store) ::_exit(1);
  const auto run = (*store)->begin_run(new_run());
  if (!run) ::_exit(2);
  RunMaker maker(*run, *run);
  while (true) {
    const Bytes message = maker.last_seq() == 0 ? maker.started() : maker.steps();
    if (!append(**store, *run, message)) ::_exit(3);
    const std::uint32_t said[] = {*run, maker.last_seq()};
    if (::write(tell, said, sizeof(said)) != sizeof(said)) ::_exit(4);
    if (!(*store)->compact_some()) ::_exit(5);
  }
}

struct Announced {
  std::uint32_t run = 0;
  std::uint32_t seq = 0;
};

Announced run_until_killed(const std::filesystem::path& folder, useconds_t after_us) {
  int ends[2];
  INFERNO_CHECK(::pipe(ends) == 0);
  const pid_t child = ::fork();
  if (child == 0) record(folder, ends[1]);
  ::close(ends[1]);
  Announced last;
  // The time counts from the first message on.
  INFERNO_CHECK(::read(ends[0], &last, sizeof(last)) == sizeof(last));
  ::usleep(after_us);
  ::kill(child, SIGKILL);
  Announced next;
  while (::read(ends[0], &next, sizeof(next)) == sizeof(next)) last = next;
  ::close(ends[0]);
  int status = 0;
  ::waitpid(child, &status, 0);
  EXPECT_TRUE(WIFSIGNALED(status)) << "the child ended by itself: " << WEXITSTATUS(status);
  return last;
}

TEST(Crash, EverythingConfirmedIsThereAfterSigkillAtAnyMoment) {
  Folder folder;
  std::mt19937 random(7);
  std::uint32_t n_messages = 0;
  for (int round = 0; round < kRounds; ++round) {
    const Announced last = run_until_killed(folder.path(), random() % 120'000);
    auto store = Store::open(folder.path());
    ASSERT_TRUE(store.ok()) << store.error().message;
    const auto messages = read_all(**store, last.run);
    // One more may have been stored but not yet told, and the end was added.
    ASSERT_GE(messages.size(), last.seq + 1);
    ASSERT_LE(messages.size(), last.seq + 2);
    RunMaker maker(last.run, last.run);
    std::vector<Bytes> expected = {maker.started()};
    while (expected.size() < messages.size() - 1) expected.push_back(maker.steps());
    ASSERT_EQ(to_json({messages.begin(), messages.end() - 1}), to_json(expected));
    ASSERT_NE(protocol::envelope_of(messages.back()).body_as_Finished(), nullptr);
    ASSERT_TRUE((*store)->check()->empty());
    n_messages += last.seq;
  }
  RecordProperty("messages", std::to_string(n_messages));
  // Enough for the kills to have come in mid-stream, however slow the machine.
  EXPECT_GT(n_messages, 2u * kRounds);
}

}  // namespace
}  // namespace inferno::store
