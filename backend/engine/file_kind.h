#pragma once

#include <cstdint>
#include <string>

#include "base/result.h"

namespace inferno::engine {

// Looks at a file's first bytes only: its size in bytes where it is a regular file
// that starts like a GGUF this build reads, else an error that says what it is
// instead. Never waits on pipes or devices.
// Errors: kFileNotFound, kInvalidArgument, kNotGguf, kTruncatedFile.
Result<std::uint64_t> check_is_gguf(const std::string& path);

}  // namespace inferno::engine
