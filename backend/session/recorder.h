#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/result.h"
#include "protocol/message.h"
#include "session/client.h"
#include "session/model_catalog.h"

namespace inferno::session {

// What a recording says of a run besides its messages.
struct RunOrigin {
  Bytes start_message;  // the StartRun
  CatalogFile model;
  std::string engine_build;
  std::int64_t asked_s = 0;  // since 1970
  // Of a branch: it is recorded in its parent's session.
  std::optional<std::uint32_t> parent, fork_position;
  bool is_replay = false;
};

// What people keep with a run; what is absent stays as it is.
struct RunLabel {
  std::optional<std::string> title;
  std::optional<std::string> note;
  std::optional<std::vector<std::string>> tags;
};

struct RunQuery {
  std::string text;
  std::string tag;
  bool in_generated = false;
};

// The recordings as the session layer sees them. The real ones are a store on a thread
// of its own (joined in cli/); tests use a fake. All calls and callbacks on the
// server's one thread; callbacks never run inside a call. Nothing here waits for a disk.
class Recorder {
 public:
  struct Events {
    // The run's messages up to this number are stored: they may be announced.
    std::function<void(std::uint32_t run, std::uint32_t seq)> on_stored;
    // From now on this run is not recorded; what was stored stays.
    std::function<void(std::uint32_t run, const Error&)> on_failed;
  };
  using Read = std::function<void(Result<std::vector<SharedBytes>>)>;

  virtual ~Recorder() = default;
  virtual void listen(Events events) = 0;
  // The runs there were when the recordings were opened, by id, and the last id used.
  virtual std::vector<protocol::RunSummaryT> recorded() = 0;
  // The runs of one session have the same number: that of the oldest of them.
  virtual std::map<std::uint32_t, std::uint32_t> sessions() = 0;
  virtual std::uint32_t last_run() const = 0;

  // Answered by on_stored with number 0, or on_failed.
  virtual void begin(std::uint32_t run, RunOrigin origin) = 0;
  virtual void append(std::uint32_t run, SharedBytes message) = 0;
  using Done = std::function<void(Result<void>)>;
  using Found = std::function<void(Result<std::vector<std::uint32_t>>)>;
  virtual void change(std::uint32_t run, RunLabel label, Done done) = 0;
  virtual void remove(std::uint32_t run, Done done) = 0;
  // The runs that fit, by id.
  virtual void search(const RunQuery& query, Found done) = 0;
  // What tells the content of the run's model file from another's.
  using Named = std::function<void(Result<std::string>)>;
  virtual void model_identity(std::uint32_t run, Named done) = 0;
  // The messages after number `after`: a piece of bounded size, empty at the end.
  virtual void read(std::uint32_t run, std::uint32_t after, Read done) = 0;
};

}  // namespace inferno::session
