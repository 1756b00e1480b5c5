// What the debugger keeps and tells the engine, with an engine that is made up: it
// generates token 100 + position at every position unless it is told otherwise.

#include <gtest/gtest.h>

#include <deque>

#include "cli/debug/debug_session.h"
#include "cli/debug/stop_text.h"
#include "cli/debug/tables.h"

namespace inferno::cli::debug {
namespace {

class FakeEngine final : public DebugEngine {
 public:
  std::uint32_t new_run() override { return ++last_run_; }
  std::uint32_t new_request() override { return ++last_request_; }

  void send(const pb::Bytes& message) override {
    std::unique_ptr<pb::EnvelopeT> envelope(pb::envelope_of(message).UnPack());
    if (const auto* start = envelope->body.AsStartRun()) on_start(*envelope, *start);
    if (envelope->body.AsStop() != nullptr) finish(pb::FinishReason::Stopped);
    if (const auto* force = envelope->body.AsForceToken()) {
      if (force->id < 0)
        return post(pb::make_error(envelope->request, 0, {ErrorCode::kInvalidArgument, "No such token.", {}}));
      forced = force->id;
      pause(pb::PauseReason::Asked);
    }
    if (envelope->body.AsStepOnce() != nullptr) {
      take();
      pause(pb::PauseReason::Stepped);
    }
    if (envelope->body.AsResume() != nullptr) go_on();
    if (const auto* set = envelope->body.AsSetBreakpoints()) {
      until.reset();
      for (const auto& one : set->breakpoints) {
        if (one->id == BreakpointTable::kUntil) until = one->conditions.front()->n;
      }
      post_run(pb::BreakpointsT());
    }
    if (envelope->body.AsSetWatches() != nullptr) post_run(pb::WatchesT());
    if (const auto* ban = envelope->body.AsBanTokens()) {
      pb::TokensBannedT told;
      told.ids = ban->ids;
      told.position = position;
      told.n_steps = ban->n_steps;
      post_run(std::move(told));
      pause(pb::PauseReason::Asked);
    }
    if (const auto* set = envelope->body.AsSetSampler()) {
      pb::SamplerChangedT told;
      for (const auto& stage : set->sampler) told.sampler.push_back(std::make_unique<pb::SamplerStageT>(*stage));
      told.seed = 9;
      told.position = position;
      post_run(std::move(told));
      pause(pb::PauseReason::Asked);
    }
    if (envelope->body.AsTokenize() != nullptr) {
      pb::TokensT tokens;
      tokens.tokens.push_back(std::make_unique<pb::TokenT>());
      tokens.tokens.back()->id = 7;
      post(pb::make_envelope(envelope->request, 0, 0, std::move(tokens)));
    }
  }

  Result<void> listen(const Take& take_message, const std::function<void()>&) override {
    while (!waiting_.empty()) {
      const pb::Bytes message = std::move(waiting_.front());
      waiting_.pop_front();
      if (take_message(message)) return {};
    }
    return Error{ErrorCode::kEngineDied, "Nothing more comes.", {}};
  }

  std::optional<pb::StartRunT> last_start;  // without what cannot be copied
  std::unique_ptr<pb::ForkT> last_fork;
  std::optional<std::uint32_t> until;
  std::optional<std::int32_t> forced;
  std::uint32_t position = 0;
  std::uint32_t length = 12;  // a run ends here
  bool refuse = false;

 private:
  void on_start(const pb::EnvelopeT& envelope, const pb::StartRunT& start) {
    run_ = envelope.run;
    if (refuse) {
      pb::FinishedT failed;
      failed.reason = pb::FinishReason::Failed;
      failed.error = std::make_unique<pb::ErrorT>();
      failed.error->message = "Refused.";
      return post_run(std::move(failed));
    }
    pb::RunStartedT started;
    started.n_prompt = 3;
    started.seed = 5;
    for (const auto& stage : start.sampler) started.sampler.push_back(std::make_unique<pb::SamplerStageT>(*stage));
    post_run(std::move(started));
    if (start.fork) {
      last_fork = std::make_unique<pb::ForkT>(*start.fork);
      position = start.fork->position;
    } else {
      pb::PromptTokensT prompt;
      for (position = 0; position < 3; ++position) prompt.tokens.push_back(step(static_cast<std::int32_t>(position)));
      post_run(std::move(prompt));
    }
    forced.reset();
    if (start.start_paused) return pause(pb::PauseReason::Start);
    go_on();
  }

  std::unique_ptr<pb::StepT> step(std::int32_t id) const {
    auto result = std::make_unique<pb::StepT>();
    result->position = position;
    result->token = std::make_unique<pb::TokenT>();
    result->token->id = id;
    result->token->text = "t" + std::to_string(id);
    result->raw_logprob = -0.5f;
    result->forced = forced.has_value();
    if (!forced) result->draw = 0.5;
    return result;
  }
  std::int32_t next_id() const { return forced.value_or(100 + static_cast<std::int32_t>(position)); }

  void take() {
    pb::StepsT steps;
    steps.steps.push_back(step(next_id()));
    post_run(std::move(steps));
    ++position;
    forced.reset();
  }
  void go_on() {
    while (position < length && position != until) take();
    if (position == length) return finish(pb::FinishReason::Limit);
    pause(pb::PauseReason::Breakpoint);
  }
  void pause(pb::PauseReason reason) {
    pb::PausedT paused;
    paused.reason = reason;
    paused.position = position;
    paused.pending = step(next_id());
    post_run(std::move(paused));
  }
  void finish(pb::FinishReason reason) {
    pb::FinishedT finished;
    finished.reason = reason;
    post_run(std::move(finished));
  }
  template <typename T>
  void post_run(T body) {
    post(pb::make_envelope(0, run_, 0, std::move(body)));
  }
  void post(pb::Bytes message) { waiting_.push_back(std::move(message)); }

  std::uint32_t last_run_ = 0;
  std::uint32_t last_request_ = 0;
  std::uint32_t run_ = 0;
  std::deque<pb::Bytes> waiting_;
};

class Session : public ::testing::Test {
 protected:
  static std::unique_ptr<pb::PromptT> prompt() {
    auto result = std::make_unique<pb::PromptT>();
    result->text = "Once";
    return result;
  }
  void start_at(std::uint32_t position) {
    ASSERT_TRUE(session.start(prompt(), true));
    if (position > 3) ASSERT_TRUE(session.resume(position));
    ASSERT_EQ(session.current()->position, position);
  }
  std::vector<std::int32_t> generated() const {
    auto ids = session.current()->ids_before(session.current()->length());
    ids.erase(ids.begin(), ids.begin() + 3);
    return ids;
  }

  FakeEngine engine;
  DebugSession session{engine, {}};
};

using Ids = std::vector<std::int32_t>;

TEST_F(Session, StopsWhereItWasToldAndForgetsThePlace) {
  start_at(6);
  EXPECT_EQ(generated(), (Ids{103, 104, 105}));
  EXPECT_FALSE(engine.until);  // the hidden breakpoint was taken back
  ASSERT_TRUE(session.step());
  EXPECT_EQ(session.current()->position, 7u);
  ASSERT_TRUE(session.resume());
  EXPECT_TRUE(session.current()->finished());
  const auto again = session.step();
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().code, ErrorCode::kWrongState);
}

TEST_F(Session, GoingBackKeepsWhatLiesAhead) {
  start_at(9);
  ASSERT_TRUE(session.go_to(5));
  EXPECT_EQ(session.current()->position, 5u);
  EXPECT_EQ(session.current()->length(), 9u);
  ASSERT_TRUE(session.step());
  EXPECT_EQ(session.branches().size(), 1u);
  EXPECT_EQ(session.current()->length(), 9u);
  ASSERT_TRUE(session.resume());
  EXPECT_EQ(session.current()->length(), 12u);
  EXPECT_EQ(session.branches().size(), 1u);
}

TEST_F(Session, AChangeInThePastBeginsABranchAndLosesNothing) {
  start_at(9);
  ASSERT_TRUE(session.go_to(5));
  ASSERT_TRUE(session.force({42}, "t42 by hand"));
  ASSERT_TRUE(session.step());
  ASSERT_EQ(session.branches().size(), 2u);
  EXPECT_EQ(session.current()->id, 2u);
  EXPECT_EQ(session.current()->parent, 1u);
  EXPECT_EQ(session.current()->fork_position, 5u);
  EXPECT_EQ(generated(), (Ids{103, 104, 42}));
  ASSERT_TRUE(session.checkout(1));
  EXPECT_EQ(session.current()->position, 9u);
  EXPECT_EQ(generated(), (Ids{103, 104, 105, 106, 107, 108}));
  ASSERT_TRUE(session.checkout(2));
  EXPECT_EQ(session.current()->position, 6u);
  EXPECT_TRUE(engine.last_fork->past.at(2)->forced);
}

TEST_F(Session, TellsTheEngineAllThatAForkTakes) {
  start_at(5);
  SamplingSettings warmer;
  warmer.temperature = 2.0;
  ASSERT_TRUE(session.set_sampling(warmer));
  ASSERT_TRUE(session.ban({8}, 4));
  ASSERT_TRUE(session.resume(8));
  ASSERT_TRUE(session.go_to(7));
  const pb::ForkT& fork = *engine.last_fork;
  EXPECT_EQ(fork.position, 7u);
  EXPECT_EQ(fork.n_copied, 0u);
  ASSERT_EQ(fork.past.size(), 4u);
  EXPECT_EQ(fork.past[0]->id, 103);
  EXPECT_TRUE(fork.past[0]->drew);
  EXPECT_FALSE(fork.past[0]->forced);
  EXPECT_EQ(fork.sampler_since, 5u);
  EXPECT_DOUBLE_EQ(fork.past_sum_logprob, -2.0);
  EXPECT_EQ(fork.n_prompt_scored, 3u);
  ASSERT_EQ(fork.bans.size(), 1u);
  EXPECT_EQ(fork.bans[0]->ids, (Ids{8}));
  EXPECT_EQ(fork.bans[0]->position, 5u);
  // Before they were made the changes do not hold.
  ASSERT_TRUE(session.go_to(4));
  EXPECT_FALSE(engine.last_fork->sampler_since);
  EXPECT_TRUE(engine.last_fork->bans.empty());
}

TEST_F(Session, LiftsOneBanAndKeepsTheOthers) {
  start_at(5);
  ASSERT_TRUE(session.ban({7, 8}, 4));
  ASSERT_TRUE(session.step());
  ASSERT_TRUE(session.unban({7}));
  const auto bans = session.current()->bans_at(6);
  ASSERT_EQ(bans.size(), 1u);
  EXPECT_EQ(bans[0].ids, (Ids{8}));
  EXPECT_EQ(bans[0].left_at(6), 3u);
  ASSERT_TRUE(session.unban({}));
  EXPECT_TRUE(session.current()->bans_at(6).empty());
}

TEST_F(Session, BranchesByHandWithTokens) {
  start_at(8);
  ASSERT_TRUE(session.branch(4, {50}, "t50"));
  EXPECT_EQ(session.current()->id, 2u);
  EXPECT_EQ(session.current()->stop->pending->id(), 50);
  ASSERT_TRUE(session.step());
  EXPECT_EQ(generated(), (Ids{103, 50}));
  EXPECT_NE(branch_tree(session,
                        Terminal(
                            false, [](const char*) { return nullptr; }, ColourChoice::kNever),
                        100)
                .find("* └─ 2  from 4, 5 tokens, t50"),
            std::string::npos);
}

TEST_F(Session, ARefusedBeginningLeavesEverythingAsItWas) {
  start_at(6);
  engine.refuse = true;
  EXPECT_FALSE(session.start(prompt(), true));
  EXPECT_EQ(session.branches().size(), 1u);
  EXPECT_EQ(session.current()->id, 1u);
  EXPECT_EQ(generated(), (Ids{103, 104, 105}));
  engine.refuse = false;
  ASSERT_TRUE(session.go_to(6));
  EXPECT_TRUE(session.step());
}

TEST_F(Session, ARefusedTokenLeavesThePendingOne) {
  start_at(6);
  const auto refused = session.force({-1}, "x");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().message, "No such token.");
  EXPECT_EQ(session.current()->stop->pending->id(), 106);
}

TEST_F(Session, ARefusedChangeInThePastBeginsNoBranch) {
  start_at(8);
  ASSERT_TRUE(session.go_to(5));
  EXPECT_FALSE(session.force({-1}, "x"));
  EXPECT_EQ(session.branches().size(), 1u);
  EXPECT_EQ(session.current()->position, 5u);
  EXPECT_EQ(session.current()->stop->pending->id(), 105);
}

TEST_F(Session, SaysWhatCannotBe) {
  EXPECT_EQ(session.step().error().code, ErrorCode::kWrongState);
  EXPECT_EQ(session.go_to(3).error().code, ErrorCode::kWrongState);
  start_at(6);
  EXPECT_NE(session.go_to(1).error().message.find("lies in the prompt"), std::string::npos);
  EXPECT_NE(session.go_to(40).error().message.find("was not generated yet"), std::string::npos);
  EXPECT_NE(session.checkout(5).error().message.find("no branch 5"), std::string::npos);
  EXPECT_FALSE(session.branch(1, {}, "x"));
}

TEST_F(Session, AnEndedBranchIsReturnedToWithoutTheEngine) {
  start_at(3);
  ASSERT_TRUE(session.resume());
  ASSERT_TRUE(session.go_to(6));
  EXPECT_FALSE(session.current()->finished());
  ASSERT_TRUE(session.go_to(12));
  EXPECT_TRUE(session.current()->finished());
}

TEST_F(Session, ABreakpointOnAStageMustBeInTheChain) {
  Condition condition;
  condition.kind = protocol::ConditionKind::StageRemovedTop;
  condition.stage = protocol::StageKind::Mirostat1;
  condition.column = 6;
  const auto refused = session.add_breakpoint({condition}, false);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().offset, 6u);
  condition.stage = protocol::StageKind::TopP;
  EXPECT_TRUE(session.add_breakpoint({condition}, false));
}

TEST_F(Session, AStopSaysWhereWhyAndWhatComesNext) {
  start_at(5);
  const Terminal plain(
      false, [](const char*) { return nullptr; }, ColourChoice::kNever);
  EXPECT_EQ(stop_text(session, plain, 100),
            "Paused, at position 5, 2 generated\n  t0t1t2t103t104\n→ \"t105\"  raw 61 %\n");
  const std::string json = stop_json(session);
  EXPECT_NE(
      json.find(R"("stop":"Breakpoint","branch":1,"position":5,"n_generated":2,"breakpoints":[],"text":"t103t104")"),
      std::string::npos)
      << json;
}

}  // namespace
}  // namespace inferno::cli::debug
