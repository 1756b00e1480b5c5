#pragma once

#include <string>
#include <vector>

#include "cli/debug/debug_session.h"
#include "cli/terminal.h"

namespace inferno::cli::debug {

// What is said when a run gives the prompt back: where it stands, why, the end of the
// text, the token that waits. Without colours where the terminal has none. Lines end
// with a line end.
std::string stop_text(const DebugSession& session, const Terminal& terminal, std::size_t columns);
// The same as one JSON object, without a line end.
std::string stop_json(const DebugSession& session);

// The newest text before `position`, on one line of at most so many columns; each token
// coloured by its raw probability.
std::string tail_text(const Branch& branch, std::uint32_t position, const Terminal& terminal, std::size_t columns);

// `" Tim"  raw 12 %  final 18 %  rank 3  entropy 2.71 bits`.
std::string step_text(const protocol::Step& step, const Terminal& terminal);

// The token with this id as the step knows it, quoted; else its number.
std::string candidate_text(const protocol::Step& step, std::int32_t id);

}  // namespace inferno::cli::debug
