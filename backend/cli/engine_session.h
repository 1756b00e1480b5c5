#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>

#include "base/result.h"
#include "cli/verb.h"
#include "protocol/message.h"

namespace boost::asio {
class io_context;
}

namespace inferno::cli {

// One engine process of this program's own, driven step by step by a verb: start it,
// load a model, ask, run. Every call waits for its end and blocks the thread; an
// interrupt (Ctrl-C, SIGTERM) ends the wait with kCancelled, or stops the run; a
// second one ends the program. Not for servers. One thread.
class EngineSession {
 public:
  using EnvelopeHandler = std::function<void(std::span<const std::uint8_t>)>;  // borrowed
  using WorkerHandler = std::function<void(const protocol::WorkerMessage&)>;

  // Errors: kFileNotFound (no engine program), kEngineDied, kTimeout.
  static Result<std::unique_ptr<EngineSession>> start(const Program& program);
  ~EngineSession();
  EngineSession(const EngineSession&) = delete;
  EngineSession& operator=(const EngineSession&) = delete;

  const protocol::EngineHelloT& hello() const;

  // Shows a progress bar where standard error is a terminal.
  Result<protocol::ModelInfoT> load(const std::string& path, const protocol::EngineOptionsT& options);
  Result<protocol::ModelInfoT> inspect(const std::string& path, const protocol::EngineOptionsT& options,
                                       bool with_tensors);
  Result<protocol::TokensT> tokenize(std::unique_ptr<protocol::PromptT> prompt);

  // As the messages say; `prompt` and the other fields that a server fills in included.
  Result<protocol::ExploredT> explore(protocol::ExploreT question);
  Result<protocol::TreeT> expand(protocol::ExpandTreeT question);

  // Runs to the end; `on_message` gets every envelope of the run in order, Finished
  // included. Errors: what the engine refused; a run that began ends with Finished.
  Result<protocol::FinishedT> run(const protocol::StartRunT& start, const EnvelopeHandler& on_message);

  // `on_envelope` gets the captured rounds' envelopes. The result is BenchDone's.
  Result<protocol::BenchDoneT> bench(protocol::BenchT bench, const EnvelopeHandler& on_envelope,
                                     const WorkerHandler& on_worker_message);

  // For the debugger, which drives a run by messages of its own. Runs and requests of a
  // process are numbered by these.
  std::uint32_t new_run();
  std::uint32_t new_request();
  void send(const protocol::Bytes& message);
  // Gives every envelope to `take` until that returns true. Interrupts meanwhile only
  // call `on_interrupt`. Errors: kEngineDied.
  Result<void> listen(const std::function<bool(std::span<const std::uint8_t>)>& take,
                      const std::function<void()>& on_interrupt);
  enum class Readiness : std::uint8_t { kReadable, kInterrupted, kTerminated };
  // Keeps the engine watched until `fd` can be read. What the engine says is dropped.
  Readiness wait_readable(int fd);
  // `on_worker_message` gets each BranchRound.
  Result<protocol::BenchDoneT> bench_branches(protocol::BenchBranchesT bench, const WorkerHandler& on_worker_message);

  bool interrupted() const;
  // Runs on this session's thread while it waits; for the server that bench adds.
  boost::asio::io_context& io();

 private:
  struct Impl;
  explicit EngineSession(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace inferno::cli
