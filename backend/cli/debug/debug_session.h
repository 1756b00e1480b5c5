#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cli/debug/branch.h"
#include "cli/debug/breakpoint_table.h"
#include "cli/debug/engine_link.h"

namespace inferno::cli::debug {

struct WatchRecord {
  std::uint32_t id = 0;
  std::string word;  // empty: by ids
  std::vector<std::int32_t> ids;
};

// What a person is doing with one model: branches, breakpoints, watches, and where the
// current branch stands. Plays the server's part towards the engine: keeps the record
// from which any branch can stand at any of its positions again. Knows no terminal and
// no command. Every call blocks until the engine has done its part; one thread.
//
// Going back stays in the branch: what lies ahead is kept, and passing over it again is a
// replay. The first change there makes a new branch; the old one keeps its tokens. So
// nothing that was generated is ever lost.
//
// Errors: kWrongState with what to do instead, what the engine refused, kEngineDied.
class DebugSession {
 public:
  struct Setup {
    SamplingSettings sampling;
    protocol::LimitsT limits;
    protocol::CaptureT capture;
  };

  DebugSession(DebugEngine& engine, Setup setup);

  // Called whenever steps have arrived in the current branch.
  void on_progress(std::function<void(const Branch&)> callback) { on_progress_ = std::move(callback); }
  // A sentence on what happened besides, for once; empty if there is none.
  std::string take_notice() { return std::exchange(notice_, {}); }

  // Running. Each ends with the current branch's stop.
  Result<void> start(std::unique_ptr<protocol::PromptT> prompt, bool pause_first);
  Result<void> resume(std::optional<std::uint32_t> until = {});
  Result<void> step();

  // Branches.
  const Branch* current() const { return current_; }
  const std::deque<Branch>& branches() const { return branches_; }
  Result<void> go_to(std::uint32_t position);
  // A new branch of the current one from `position` on, beginning with these tokens.
  Result<void> branch(std::uint32_t position, const std::vector<std::int32_t>& ids, std::string made_by);
  Result<void> checkout(std::uint32_t id);

  // Changes of what comes next.
  Result<void> force(const std::vector<std::int32_t>& ids, std::string made_by);
  Result<void> ban(const std::vector<std::int32_t>& ids, std::uint32_t n_steps);
  Result<void> unban(const std::vector<std::int32_t>& ids);  // none: all
  const SamplingSettings& sampling() const { return sampling_; }
  // For the current run from the next token on, and for those to come.
  Result<void> set_sampling(const SamplingSettings& sampling);
  Result<SamplerChain> chain() const;  // in use, or that of the next run

  // Breakpoints and watches. The engine is told at once if there is a run.
  const BreakpointTable& breakpoints() const { return breakpoints_; }
  Result<std::uint32_t> add_breakpoint(std::vector<Condition> conditions, bool once);
  Result<void> change_breakpoints(const std::function<void(BreakpointTable&)>& change);
  const std::vector<WatchRecord>& watches() const { return watches_; }
  Result<std::uint32_t> add_watch(std::string word, std::vector<std::int32_t> ids);
  Result<void> remove_watch(std::uint32_t id);

  // Questions.
  Result<protocol::TokensT> tokenize(const std::string& text);
  // The one token that it names. Errors: kInvalidArgument with the column.
  Result<std::int32_t> resolve(const TokenName& token);
  // From the current position on.
  Result<protocol::ExploredT> explore(protocol::ExploreT question);
  Result<protocol::TreeT> expand(protocol::ExpandTreeT question);

 private:
  void take(std::span<const std::uint8_t> bytes);
  void take_started(const protocol::RunStarted& started);
  void take_step(const RecordedStep& step);
  void take_stop(Stop stop, std::uint32_t position);
  void take_sampler(const protocol::SamplerChanged& changed);

  void give_up_newest(Branch* before);
  // Makes the change that is about to come one of a branch of its own, if there are
  // tokens ahead of the current position.
  void split_if_back(std::string made_by);
  void leave();
  // Starts a run that stands at the position of the current branch.
  Result<void> stand_at(std::uint32_t position);
  Result<void> put_again(const std::optional<Stop>& stood);
  // Sends a change of the token that waits, and waits for the new one.
  template <typename BodyT>
  Result<void> change(BodyT body, std::string made_by);
  Result<void> require_paused() const;
  Result<void> require_branch() const;
  Result<void> send_breakpoints(std::optional<std::uint32_t> until);
  Result<void> send_watches();
  std::vector<std::unique_ptr<protocol::WatchT>> watches_to_protocol() const;
  void fill(protocol::StartRunT& start) const;

  EngineLink link_;
  Setup setup_;
  SamplingSettings sampling_;
  BreakpointTable breakpoints_;
  std::vector<WatchRecord> watches_;
  std::uint32_t last_watch_ = 0;
  std::deque<Branch> branches_;  // never erased from, so that pointers into it stay
  Branch* current_ = nullptr;
  std::function<void(const Branch&)> on_progress_;
  std::string notice_;
};

}  // namespace inferno::cli::debug
