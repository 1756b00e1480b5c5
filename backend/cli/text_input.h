#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace inferno::cli {

// Everything that is sent to an engine is UTF-8; what comes from outside is looked at
// where it comes in, so that the complaint can name the place.

// Error: kInvalidArgument, with the first byte that is wrong. `what` begins the sentence: "The file x".
Result<void> require_utf8(std::string_view what, std::string_view text);

// A file as text; "-" is standard input. Errors: kFileNotFound, kInvalidArgument (no UTF-8).
Result<std::string> read_text_file(const std::string& path);

}  // namespace inferno::cli
