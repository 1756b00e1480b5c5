#include "supervisor/engine_process.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <boost/asio/steady_timer.hpp>
#include <csignal>
#include <cstdlib>
#include <optional>

#include "protocol/message.h"

namespace inferno::supervisor {
namespace {

using namespace std::chrono_literals;
using protocol::Bytes;
using ::testing::HasSubstr;
using ::testing::Not;
using Clock = std::chrono::steady_clock;

// A supervised fake engine and what it was heard to say.
class EngineProcessTest : public ::testing::Test {
 protected:
  void start(const std::string& how) {
    EngineProcessOptions options = options_;
    options.executable = INFERNO_FAKE_ENGINE;
    options.arguments = {how};
    EngineProcess::Events events;
    events.on_envelope = [this](auto bytes) { envelopes_.emplace_back(bytes.begin(), bytes.end()); };
    events.on_worker_message = [this](auto bytes) { worker_messages_.emplace_back(bytes.begin(), bytes.end()); };
    events.on_death = [this](const Error& error) {
      EXPECT_FALSE(death_) << "told twice";
      death_ = error;
      died_at_ = Clock::now();
    };
    auto started = EngineProcess::start(io_, options, std::move(events));
    ASSERT_TRUE(started.ok()) << started.error().message;
    engine_ = std::move(*started);
  }

  template <typename Condition>
  bool run_until(Condition condition, std::chrono::milliseconds limit = 10s) {
    const auto end = Clock::now() + limit;
    while (!condition() && Clock::now() < end) {
      io_.restart();
      io_.run_for(2ms);
    }
    return condition();
  }
  std::string run_until_death() {
    EXPECT_TRUE(run_until([&] { return death_.has_value(); }));
    return death_ ? death_->message : "";
  }
  bool run_until_greeted() {
    return run_until([&] { return !worker_messages_.empty(); });
  }

  std::string last_text() const { return protocol::envelope_of(envelopes_.back()).body_as_Hello()->client()->str(); }

  static Bytes message(std::uint32_t request) { return protocol::make_envelope(request, 0, 0, protocol::OkT()); }
  static bool is_running(int pid) { return ::kill(pid, 0) == 0; }

  boost::asio::io_context io_;
  EngineProcessOptions options_;
  std::vector<Bytes> envelopes_, worker_messages_;
  std::optional<Error> death_;
  Clock::time_point died_at_;
  std::unique_ptr<EngineProcess> engine_;
};

TEST_F(EngineProcessTest, PassesMessagesBothWaysInOrder) {
  start("echo");
  constexpr std::uint32_t kCount = 2000;
  for (std::uint32_t i = 1; i <= kCount; ++i) engine_->send(message(i));
  ASSERT_TRUE(run_until([&] { return envelopes_.size() == kCount; }));
  for (std::uint32_t i = 1; i <= kCount; ++i) EXPECT_EQ(protocol::envelope_of(envelopes_[i - 1]).request(), i);
  EXPECT_EQ(worker_messages_.size(), 1u);
  EXPECT_FALSE(death_);
}

TEST_F(EngineProcessTest, PassesMessagesOfManyMegabytes) {
  start("echo");
  protocol::HelloT hello;
  hello.client.assign(20 << 20, 'x');
  engine_->send(protocol::make_envelope(1, 0, 0, std::move(hello)));
  ASSERT_TRUE(run_until([&] { return envelopes_.size() == 1; }));
  EXPECT_EQ(last_text().size(), std::size_t{20} << 20);
}

TEST_F(EngineProcessTest, TellsOfADeathWithin250Milliseconds) {
  for (const int signal : {SIGKILL, SIGSEGV, SIGABRT}) {
    death_.reset();
    worker_messages_.clear();
    start("echo");
    ASSERT_TRUE(run_until_greeted());
    const auto killed_at = Clock::now();
    ::kill(engine_->pid(), signal);
    const std::string words = run_until_death();
    const auto taken = std::chrono::duration_cast<std::chrono::milliseconds>(died_at_ - killed_at);
    std::printf("[ MEASURED ] told after %d ms: %s\n", static_cast<int>(taken.count()), words.c_str());
    EXPECT_LT(taken, 250ms);
    EXPECT_EQ(death_->code, ErrorCode::kEngineDied);
    EXPECT_THAT(words, HasSubstr("signal " + std::to_string(signal)));
  }
}

TEST_F(EngineProcessTest, DeliversWhatWasSaidBeforeTheDeath) {
  start("crash");
  engine_->send(message(1));
  EXPECT_THAT(run_until_death(), HasSubstr("SIGKILL"));
  ASSERT_EQ(envelopes_.size(), 1u);
  EXPECT_EQ(last_text(), "last answer");
}

TEST_F(EngineProcessTest, ReportsTheEnginesOwnLastWords) {
  start("dying");
  const std::string words = run_until_death();
  EXPECT_THAT(words, HasSubstr("GGML_ASSERT(n > 0) failed"));
  EXPECT_THAT(words, HasSubstr("SIGABRT"));
}

TEST_F(EngineProcessTest, ReportsTheEndOfItsLog) {
  start("complain");
  const std::string words = run_until_death();
  EXPECT_THAT(words, HasSubstr("exit status 3"));
  EXPECT_THAT(words, HasSubstr("the disk is on fire"));
}

TEST_F(EngineProcessTest, EndsAnEngineThatNeverGreets) {
  options_.startup_timeout = 100ms;
  start("mute");
  EXPECT_THAT(run_until_death(), HasSubstr("hello within 0.1 s"));
}

TEST_F(EngineProcessTest, EndsAnEngineThatFallsSilent) {
  options_.silence_timeout = 150ms;
  start("hang");
  EXPECT_THAT(run_until_death(), HasSubstr("silent for 0.15 s"));
}

TEST_F(EngineProcessTest, EndsAnEngineThatIsBusyWithNothing) {
  options_.progress_timeout = 300ms;
  start("stuck");
  EXPECT_THAT(run_until_death(), HasSubstr("busy for 0.3 s"));
}

TEST_F(EngineProcessTest, KillsAnEngineThatIgnoresTheRequestToEnd) {
  options_.silence_timeout = 100ms;
  options_.stop_grace = 100ms;
  start("deaf");
  ASSERT_TRUE(run_until_greeted());
  const int pid = engine_->pid();
  EXPECT_THAT(run_until_death(), HasSubstr("silent"));
  EXPECT_FALSE(is_running(pid));
}

TEST_F(EngineProcessTest, KillsAnEngineThatBreaksTheProtocol) {
  for (const std::string how : {"garbage", "huge-frame", "noise", "other-version", "early"}) {
    death_.reset();
    start(how);
    const std::string words = run_until_death();
    EXPECT_THAT(words, HasSubstr(how == "other-version" ? "version 99" : "broke the protocol")) << how;
    EXPECT_FALSE(is_running(engine_->pid())) << how;
  }
}

TEST_F(EngineProcessTest, NoticesAMessageCutOff) {
  start("cut-frame");
  EXPECT_THAT(run_until_death(), HasSubstr("in the middle of a message"));
}

TEST_F(EngineProcessTest, EndsAnEngineThatCanNoLongerAnswer) {
  start("close-output");
  EXPECT_THAT(run_until_death(), HasSubstr("closed its output"));
}

TEST_F(EngineProcessTest, KillsAnEngineThatDoesNotReadInsteadOfQueueingForEver) {
  start("hang");
  ASSERT_TRUE(run_until_greeted());
  protocol::HelloT hello;
  hello.client.assign(16 << 20, 'x');
  const Bytes large = protocol::make_envelope(1, 0, 0, std::move(hello));
  for (int i = 0; i < 5; ++i) engine_->send(large);
  EXPECT_THAT(run_until_death(), HasSubstr("does not read"));
}

TEST_F(EngineProcessTest, SendingToADeadEngineIsHarmless) {
  start("end");
  run_until_death();
  engine_->send(message(1));
  run_until([] { return false; }, 20ms);
  EXPECT_TRUE(envelopes_.empty());
}

TEST_F(EngineProcessTest, DestroyingItEndsTheEngineWithoutBlockingOrTelling) {
  for (const std::string how : {"echo", "hang", "deaf"}) {
    worker_messages_.clear();
    options_.stop_grace = 100ms;
    start(how);
    ASSERT_TRUE(run_until_greeted());
    const int pid = engine_->pid();
    const auto begin = Clock::now();
    engine_.reset();
    EXPECT_LT(Clock::now() - begin, 50ms) << how;
    EXPECT_TRUE(run_until([&] { return !is_running(pid); }, 2s)) << how;
    EXPECT_FALSE(death_);
  }
}

TEST_F(EngineProcessTest, MayBeDestroyedInsideItsCallbacks) {
  EngineProcessOptions options;
  options.executable = INFERNO_FAKE_ENGINE;
  for (const std::string how : {"echo", "crash", "abort"}) {
    options.arguments = {how};
    std::unique_ptr<EngineProcess> engine;
    bool called = false;
    EngineProcess::Events events;
    const auto destroy = [&] {
      called = true;
      engine.reset();
    };
    if (how == "echo") events.on_worker_message = [&](auto) { destroy(); };
    if (how == "crash") events.on_envelope = [&](auto) { destroy(); };
    if (how == "abort") events.on_death = [&](const Error&) { destroy(); };
    engine = std::move(*EngineProcess::start(io_, options, std::move(events)));
    const int pid = engine->pid();
    engine->send(message(1));
    EXPECT_TRUE(run_until([&] { return called; })) << how;
    EXPECT_TRUE(run_until([&] { return !is_running(pid); })) << how;
  }
}

TEST_F(EngineProcessTest, AProgramThatIsNotThereIsAnError) {
  EngineProcessOptions options;
  options.executable = "/nonexistent/inferno-engine";
  const auto started = EngineProcess::start(io_, options, {});
  ASSERT_FALSE(started.ok());
  EXPECT_EQ(started.error().code, ErrorCode::kEngineDied);
  EXPECT_THAT(started.error().message, HasSubstr("No such file"));
}

TEST_F(EngineProcessTest, GivesTheEngineNoMoreThanItNeeds) {
  ::setenv("INFERNO_SECRET", "hunter2", 1);
  const int leaked = ::dup(2);  // without close-on-exec
  start("surroundings");
  ASSERT_TRUE(run_until([&] { return envelopes_.size() == 1; }));
  ::close(leaked);
  EXPECT_THAT(last_text(), HasSubstr("core=0 fds= no_new_privs=1 pdeathsig=9 secret=none path=some own_group=yes"));
}

TEST_F(EngineProcessTest, LeavesNoEngineBehindWhenTheSupervisorIsKilled) {
  int pipe_ends[2];
  ASSERT_EQ(::pipe(pipe_ends), 0);
  const pid_t supervisor = ::fork();
  if (supervisor == 0) {
    boost::asio::io_context io;
    EngineProcessOptions options;
    options.executable = INFERNO_FAKE_ENGINE;
    options.arguments = {"deaf"};  // does not even notice the end of its input
    auto engine = EngineProcess::start(io, options, {});
    const int pid = engine.ok() ? (*engine)->pid() : -1;
    if (::write(pipe_ends[1], &pid, sizeof(pid)) < 0) ::_exit(1);
    io.run();
    ::_exit(0);
  }
  int engine = -1;
  ASSERT_EQ(::read(pipe_ends[0], &engine, sizeof(engine)), static_cast<ssize_t>(sizeof(engine)));
  ASSERT_GT(engine, 0);
  ASSERT_TRUE(is_running(engine));
  ::kill(supervisor, SIGKILL);
  ::waitpid(supervisor, nullptr, 0);
  // The orphan is reaped by whoever adopts it; a zombie is as good as gone.
  const auto gone = [&] {
    std::string state;
    if (FILE* stat = std::fopen(("/proc/" + std::to_string(engine) + "/stat").c_str(), "r")) {
      char text[256] = {};
      state.assign(text, std::fread(text, 1, sizeof(text) - 1, stat));
      std::fclose(stat);
    }
    const auto end_of_name = state.rfind(')');
    return end_of_name == std::string::npos || state.substr(end_of_name + 2, 1) == "Z";
  };
  EXPECT_TRUE(run_until(gone, 1s));
  ::close(pipe_ends[0]);
  ::close(pipe_ends[1]);
}

}  // namespace
}  // namespace inferno::supervisor
