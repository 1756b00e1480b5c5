#pragma once

#include <cstdint>
#include <string>

#include "cli/debug/debug_session.h"
#include "cli/terminal.h"

namespace inferno::cli::debug {

// What the commands that look print, as whole lines. Nothing is asked of the engine.

// The n best candidates of a step with raw and final probability and what became of them.
std::string candidate_table(const protocol::Step& step, const SamplerChain& chain, std::size_t n,
                            const Terminal& terminal);
// What each sampler stage did at a step.
std::string stage_table(const protocol::Step& step, const SamplerChain& chain);
// Everything about one step.
std::string step_table(const protocol::Step& step, const SamplerChain& chain, const Terminal& terminal);
// One token a line, positions first to last (exclusive); the branch's place is marked.
std::string token_list(const Branch& branch, std::uint32_t first, std::uint32_t last, const Terminal& terminal);
// The newest n tokens, newest first.
std::string backtrace(const Branch& branch, std::uint32_t n, const Terminal& terminal);
std::string breakpoint_table(const BreakpointTable& breakpoints);
std::string watch_table(const DebugSession& session);
// The branches as a tree, the current one marked.
std::string branch_tree(const DebugSession& session, const Terminal& terminal, std::size_t columns);
std::string run_table(const DebugSession& session);

// What could come.
std::string explored_text(const protocol::ExploredT& explored, std::size_t columns);
std::string tree_text(const protocol::TreeT& tree);

}  // namespace inferno::cli::debug
