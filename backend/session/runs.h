#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "base/result.h"
#include "session/archive.h"
#include "session/recorder.h"
#include "session/run.h"

namespace inferno::session {

// All runs that are kept, and the bound on their memory: over it, the oldest finished
// runs leave it, then the beginnings of those that go on, where they are recorded.
// Without a recorder they are forgotten. Ids are never used again, so a forgotten run
// can be told from one that never was.
//
// With a recorder, clients get a message once it is stored, and the runs of earlier
// times are there, too. A run that cannot be recorded goes on in memory.
class Runs {
 public:
  // `on_grown` is called with a run's id whenever clients can have more of it. `recorder`
  // is borrowed; null: nothing is recorded.
  Runs(std::size_t memory_bytes, Recorder* recorder, std::function<void(std::uint32_t)> on_grown);

  Run& create(std::span<const std::uint8_t> start_run, const CatalogFile& model, const std::string& engine_build);

  // A run in memory. Errors: kNoSuchRun; kWrongState for a recorded one, which has ended;
  // kGone for one that was forgotten.
  Result<Run*> find(std::uint32_t id);
  // Of a run that is there: whether clients may have all of it that there will be.
  bool has_ended(std::uint32_t id) const;

  // What tells the content of the run's model file from another's; empty where that is not
  // recorded. May answer within the call.
  void model_identity(std::uint32_t id, std::function<void(std::string)> done);
  // What is told of a run in a list. Errors: kNoSuchRun, kGone.
  Result<protocol::RunSummaryT> summary(std::uint32_t id);
  // The StartRun of a branch, for its engine.
  void complete(Run& run, Bytes start_message);

  // For clients, of runs in memory and recorded ones. Errors: kNoSuchRun, kGone.
  Result<std::uint32_t> last_seq(std::uint32_t id);
  // The last message there is, whether clients may have it yet or not.
  Result<std::uint32_t> last_kept(std::uint32_t id);
  // Null: it is being fetched, and on_grown will say when it is there.
  Result<SharedBytes> message(std::uint32_t id, std::uint32_t seq);

  Result<void> append_from_engine(Run& run, std::span<const std::uint8_t> envelope);
  void finish(Run& run, protocol::FinishReason reason, const std::optional<inferno::Error>& error);

  // Of recorded runs; answered when it is done. Errors: kNoSuchRun, kGone, kWrongState
  // for a run that is not recorded, or not ended.
  void label(std::uint32_t id, const RunLabel& label, Recorder::Done done);  // its session, that is
  void remove(std::uint32_t id, Recorder::Done done);
  // The newest kMaxListed that fit, oldest first.
  void search(const RunQuery& query, std::function<void(Result<protocol::RunListT>)> done);

  // The largest unfinished run, if the unfinished ones alone are over the bound.
  Run* too_large();

  // The newest kMaxListed runs, oldest first.
  protocol::RunListT list() const;
  std::size_t n_bytes() const { return n_bytes_; }

  static constexpr std::size_t kMaxListed = 1000;

 private:
  // Books what `change` did to the run's memory, then makes room.
  template <typename Change>
  void grow(Run& run, Change change);
  void make_room(std::uint32_t newest);
  void drop_finished(std::uint32_t newest);
  void drop_beginnings();
  std::map<std::uint32_t, protocol::RunSummaryT> summaries() const;
  static protocol::RunListT newest(std::map<std::uint32_t, protocol::RunSummaryT> runs);
  Result<void> check_recorded(std::uint32_t id);
  void on_stored(std::uint32_t id, std::uint32_t seq);
  void on_failed(std::uint32_t id, const inferno::Error& error);
  std::uint32_t session_of(std::uint32_t id) const;
  inferno::Error missing(std::uint32_t id) const;

  std::size_t memory_bytes_;
  Recorder* recorder_;
  std::function<void(std::uint32_t)> on_grown_;
  std::optional<Archive> archive_;  // where there is a recorder
  std::map<std::uint32_t, std::unique_ptr<Run>> runs_;
  std::uint32_t last_id_ = 0;
  std::size_t n_bytes_ = 0;
};

}  // namespace inferno::session
