#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "base/result.h"
#include "store/store.h"

namespace inferno::store {

// A session as one text, in pieces: memory does not grow with the session. The store is
// borrowed. Runs that are going on are written as far as they are recorded.
class TextExport {
 public:
  virtual ~TextExport() = default;
  // The next piece, at most a chunk's worth of steps; empty: that was all.
  // Errors: as Store; after one, there are no more pieces.
  Result<std::string> next();

 protected:
  TextExport(Store& store, SessionInfo session) : store_(store), session_(std::move(session)) {}
  const SessionInfo& session() const { return session_; }
  // What comes before the first run and behind the last one.
  virtual Result<std::string> head() { return std::string(); }
  virtual std::string tail() { return {}; }
  // Some messages of a run, in order; may be empty.
  virtual Result<std::string> piece(const RunInfo& run, std::span<const Bytes> messages) = 0;

 private:
  enum class At { kHead, kRuns, kTail, kEnd };

  Result<std::string> next_or_empty();
  Result<std::string> read_run();

  Store& store_;
  SessionInfo session_;
  At at_ = At::kHead;
  std::size_t run_ = 0;      // index of the run that is written
  std::uint32_t after_ = 0;  // number of its last message that was
};

// Every message, one a line, in the protocol's JSON form.
std::unique_ptr<TextExport> export_json_lines(Store& store, SessionInfo session);

// One line a step, with a header (RFC 4180): what is absent is empty.
std::unique_ptr<TextExport> export_csv(Store& store, SessionInfo session);

}  // namespace inferno::store
