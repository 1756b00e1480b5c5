#pragma once

#include "base/result.h"
#include "store/database.h"

namespace inferno::store {

inline constexpr int kSchemaVersion = 2;
// "INFR" in the file's header, by which `file` and SQLite tell a recording.
inline constexpr std::int64_t kApplicationId = 0x494E4652;

// Brings a new or older file to the current version, a version at a time, each all or
// nothing. Errors: kUnsupportedVersion for a file of a newer version, which stays as
// it is; kMalformedMessage for a file of another program.
Result<void> migrate(Database& database);

// Whether the file has exactly the tables and indices of its version: no trigger, no
// view, nothing else that could run. Gives the version. Errors as above.
Result<int> check_exact_schema(Database& database);

}  // namespace inferno::store
