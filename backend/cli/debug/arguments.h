#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"
#include "cli/debug/debug_session.h"
#include "cli/debug/scanner.h"

namespace inferno::cli::debug {

// Arguments that many commands take.

// A whole number, or `otherwise` at the end of the line.
Result<std::uint32_t> optional_count(Scanner& line, std::uint32_t otherwise, std::string_view what = "a number");

// Tokens up to the end of the line, in order: "text" (any number of tokens), ids, or
// #RANK among the candidates of `step` (may be null). At least one.
Result<std::vector<std::int32_t>> tokens_of(DebugSession& session, Scanner& line, const protocol::Step* step);

// The step that waits; an error where none does.
Result<const protocol::Step*> pending_step(const DebugSession& session);
// The step at a position of the current branch, which may be the one that waits.
Result<const protocol::Step*> step_at(const DebugSession& session, std::uint32_t position);

// The text of a prompt: in quotes, or the rest of the line as it is.
Result<std::string> prompt_text(Scanner& line);

}  // namespace inferno::cli::debug
