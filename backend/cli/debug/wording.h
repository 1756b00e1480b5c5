#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "cli/debug/debug_session.h"

namespace inferno::cli::debug {

// Columns that UTF-8 text takes, a character counted as one.
std::size_t display_width(std::string_view utf8);
// Line ends and tabs as marks.
std::string on_one_line(std::string_view text);
// Filled with blanks, or cut with "…", to so many columns.
std::string in_columns(std::string_view text, std::size_t columns);

std::string watch_in_words(const WatchRecord& watch);
// "top_p p=0.9 min_keep=1".
std::string stage_in_words(const protocol::SamplerStageT& stage);
std::string chain_in_words(const SamplerChain& chain);
std::string error_text(const Error& error);  // message and hint, each a line

}  // namespace inferno::cli::debug
