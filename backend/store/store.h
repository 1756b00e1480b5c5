#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "store/database.h"
#include "store/folder_lock.h"
#include "store/message_facts.h"
#include "store/recording_schema.h"
#include "store/vocabulary.h"

namespace inferno::store {

using Bytes = std::vector<std::uint8_t>;

class ChunkWriter;

struct ModelRef {
  std::string identity;  // tells one file's content from another's
  std::string name;
  std::string path;
  std::uint64_t size_bytes = 0;
};

enum class RunState { kRunning, kFinished, kInterrupted };

struct NewRun {
  std::optional<std::uint32_t> id;             // absent: the next; else one that was never used
  std::optional<std::int64_t> session;         // absent: one of its own
  std::optional<std::uint32_t> parent;         // the run it branched off …
  std::optional<std::uint32_t> fork_position;  // … and where
  bool replay = false;
  ModelRef model;
  std::string engine_build;
  std::int64_t created_ms = 0;  // since 1970
  Bytes request;                // the verified StartRun
};

struct RunInfo {
  std::uint32_t id = 0;
  std::int64_t session = 0;
  std::optional<std::uint32_t> parent;
  std::optional<std::uint32_t> fork_position;
  bool replay = false;
  RunState state = RunState::kRunning;
  std::int64_t created_ms = 0;
  ModelRef model;
  std::string engine_build;
  std::string prompt;    // its beginning
  std::string finished;  // the Finished message as JSON; empty before
  std::uint32_t last_seq = 0;
  std::uint32_t n_prompt = 0;
  std::uint32_t n_generated = 0;
  std::string not_recorded;  // why the rest is missing; empty: nothing is
};

struct SessionInfo {
  std::int64_t id = 0;
  std::string uuid;  // the same wherever it is exported to
  std::string title;
  std::string note;
  std::vector<std::string> tags;
  std::int64_t created_ms = 0;
  std::uint64_t n_bytes = 0;  // of its runs' messages on disk
  std::vector<RunInfo> runs;  // by id
};

// The session without its runs that are going on. Error: kWrongState where no other is left.
Result<SessionInfo> without_running(SessionInfo session);

struct SessionQuery {
  std::string text;  // in title, note, tags, prompts or model names; case does not matter (in ASCII)
  std::string tag;
  bool in_generated_text = false;      // search what was generated, too
  std::optional<std::int64_t> before;  // only sessions with a smaller id: the next page
  std::uint32_t limit = 100;
};

struct SessionChange {
  std::optional<std::string> title;
  std::optional<std::string> note;
  std::optional<std::vector<std::string>> tags;
};

// What is kept: 0 is without limit. Sessions with a running run stay in any case.
struct Retention {
  std::uint64_t max_bytes = 0;
  std::int64_t max_age_ms = 0;
};

// The recordings of one data folder: sessions of runs, and every message of each run.
// One SQLite file, written by one process at a time. Knows neither engines nor clients,
// and starts no threads: all calls on one thread, each as long as its work takes.
// docs/recording-format.md describes the file.
//
// append() is cheap: the messages go into the write-ahead log as they are, without
// waiting for the disk. compact_some() turns them into chunks later, a piece at a time.
// What append() confirmed survives the end of the process, however sudden; a power cut
// may cost the last moments of a run that was going on, and leaves a sound file.
//
// Errors: kInternal for the disk (full, not writable, broken), kMalformedMessage for a
// damaged file, kNoSuchRun, kWrongState, kInvalidArgument, kTooLarge.
class Store {
 public:
  // Makes folder and file if they are not there. Runs that were going on when the last
  // process ended are marked interrupted, and end with a Finished message that says so.
  // Errors besides: kWrongState while another process has the folder; kUnsupportedVersion.
  static Result<std::unique_ptr<Store>> open(const std::filesystem::path& folder);
  // To look at while another process may be writing: nothing that changes anything works.
  static Result<std::unique_ptr<Store>> open_to_read(const std::filesystem::path& folder);

  Result<std::uint32_t> begin_run(const NewRun& run);
  // The last id that a run had, deleted ones included.
  Result<std::uint32_t> last_run();
  // Verified messages of the run, the first with the next number; all are stored or
  // none. The Finished message ends the run. Errors: kWrongState for another number, or
  // after the end.
  Result<void> append(std::uint32_t run, std::span<const std::span<const std::uint8_t>> messages);
  // The run goes on, but is no longer recorded.
  Result<void> give_up(std::uint32_t run, const std::string& reason);
  // Turns at most one chunk's worth of messages into a chunk. True: there may be more to do.
  Result<bool> compact_some();

  // Messages after number `after`, in order: at least one if there is one, and not more
  // than a chunk's.
  Result<std::vector<Bytes>> read(std::uint32_t run, std::uint32_t after);
  // The same, but only of what is in chunks, and as messages of another run.
  Result<std::vector<Bytes>> read_as(std::uint32_t run, std::uint32_t after, std::uint32_t other_run);
  // The number of the message that has the step at `position`, if there is one.
  Result<std::optional<std::uint32_t>> seq_at(std::uint32_t run, std::uint32_t position);
  // ModelRef::identity of its model.
  Result<std::string> model_identity(std::uint32_t run);
  // The StartRun it was started with.
  Result<Bytes> request(std::uint32_t run);

  // Newest first.
  Result<std::vector<SessionInfo>> sessions(const SessionQuery& query);
  Result<SessionInfo> session(std::int64_t id);
  Result<std::int64_t> session_of(std::uint32_t run);
  Result<void> change_session(std::int64_t id, const SessionChange& change);
  Result<void> delete_session(std::int64_t id);
  Result<void> delete_run(std::uint32_t id);  // the session goes with its last run
  // Deletes the oldest sessions until the rest is within bounds. Gives how many.
  Result<std::uint32_t> retain(const Retention& retention, std::int64_t now_ms);

  // Waits until everything confirmed is on the disk itself.
  Result<void> sync();
  // Problems that SQLite finds in the file; empty: it is sound.
  Result<std::vector<std::string>> check();
  std::uint64_t file_bytes();
  Database& database() { return database_; }
  const std::filesystem::path& folder() const { return folder_; }  // empty for a single file

  static constexpr std::uint32_t kChunkSteps = 256;
  static constexpr std::size_t kMaxTitleBytes = 1000;
  static constexpr std::size_t kMaxNoteBytes = 100'000;
  static constexpr std::size_t kMaxTags = 50;
  static constexpr std::size_t kMaxTagBytes = 100;

 private:
  // A run whose messages are not all in chunks yet.
  struct OpenRun {
    std::int64_t model = 0;
    std::uint32_t last_seq = 0;
    std::uint32_t first_pending = 1;  // number of the first message that is in no chunk
    std::uint32_t n_pending_steps = 0;
    std::uint32_t n_prompt = 0;
    std::uint32_t n_generated = 0;
    double sum_logprob = 0;
    bool finished = false;
    bool stuck = false;  // could not be made a chunk; tried again after the next start
  };

  friend class SessionCopy;  // exports and imports

  Store(Database database, std::optional<FolderLock> lock, int version = kSchemaVersion);
  static void count(const protocol::Envelope& envelope, OpenRun& open);
  Result<void> recover();
  Result<void> interrupt(std::uint32_t run, OpenRun open);
  Result<std::int64_t> model_id(const ModelRef& model);
  Result<std::int64_t> new_session(std::int64_t created_ms);
  Result<void> append_one(std::uint32_t run, OpenRun& open, std::span<const std::uint8_t> message);
  Result<void> store_state(std::uint32_t run, const OpenRun& open, const char* state);
  Result<void> compact(std::uint32_t run, OpenRun& open);
  Result<void> store_chunk(std::uint32_t run, const OpenRun& open, std::uint32_t last_seq, const ChunkWriter& writer,
                           const StepSummary& summary, const Vocabulary& words);
  Result<void> store_progress(std::uint32_t run, const OpenRun& open);
  Result<void> store_vocabulary(std::int64_t model, const Vocabulary& words);
  Result<Vocabulary*> vocabulary(std::int64_t model);
  Result<std::vector<Bytes>> read_chunk(std::uint32_t run, std::uint32_t after, std::uint32_t as_run);
  Result<std::vector<RunInfo>> runs_of(std::int64_t session);
  Result<std::vector<std::string>> tags_of(std::int64_t session);
  Result<void> check_exists(std::uint32_t run);

  std::filesystem::path folder_;
  std::optional<FolderLock> lock_;
  Database database_;
  int version_;  // of the file: an older one is read as it is
  std::map<std::uint32_t, OpenRun> open_;
  std::map<std::int64_t, std::unique_ptr<Vocabulary>> vocabularies_;
};

}  // namespace inferno::store
