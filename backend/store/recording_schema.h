#pragma once

#include "base/result.h"
#include "store/database.h"

namespace inferno::store {

inline constexpr int kSchemaVersion = 1;
// "INFR" in the file's header, by which `file` and SQLite tell a recording.
inline constexpr std::int64_t kApplicationId = 0x494E4652;

// Brings a new or older file to the current version, a version at a time, each all or
// nothing. Errors: kUnsupportedVersion for a file of a newer version, which stays as
// it is; kMalformedMessage for a file of another program.
Result<void> migrate(Database& database);

// Whether the file has exactly the tables and indices of the current version: no
// trigger, no view, nothing else that could run. Errors as above.
Result<void> check_exact_schema(Database& database);

}  // namespace inferno::store
