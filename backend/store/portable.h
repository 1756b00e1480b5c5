#pragma once

#include <cstdint>
#include <filesystem>
#include <vector>

#include "base/result.h"
#include "store/store.h"

namespace inferno::store {

struct ImportLimits {
  std::uint64_t max_bytes = std::uint64_t{4} << 30;
  std::int64_t max_ms = 10 * 60 * 1000;
  std::uint32_t max_sessions = 1000;
  std::uint32_t max_runs = 10'000;  // of one session
};

// Writes one session as a file of its own, a recording like any other, which
// import_sessions() or the sqlite3 shell open elsewhere. It holds the session's own
// messages and the tokens they show, nothing of other sessions. An earlier file of that
// name is replaced once the new one is whole.
// Runs that are going on are left out. Errors: as Store; kWrongState where no other is left.
Result<void> export_session(Store& from, std::int64_t session, const std::filesystem::path& file);

// Takes over the sessions of an exported file, which may come from anywhere: a private
// copy is opened for reading only, has to have exactly the tables of a recording, and
// is read within limits of size and time. Every message is unpacked with bounds,
// verified and recorded anew; nothing else of the file is taken over but titles, notes,
// tags and names. All or nothing. Gives the new sessions.
// Errors: as Store; kInvalidArgument for a session that is here already; kTimeout.
Result<std::vector<std::int64_t>> import_sessions(Store& into, const std::filesystem::path& file,
                                                  const ImportLimits& limits = {});

}  // namespace inferno::store
