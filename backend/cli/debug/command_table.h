#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "cli/debug/command.h"

namespace inferno::cli::debug {

// All commands, in the groups that `help` shows.
const std::vector<CommandGroup>& command_groups();

// By its name, an alias, or the beginning of exactly one name. Errors: kInvalidArgument
// with what was meant, or which names begin so.
Result<const Command*> find_command(std::string_view word);
Result<const Command*> find_in(const std::vector<Command>& commands, std::string_view word, std::string_view kind);

std::string help_overview();
std::string help_of(const Command& command, std::string_view before = {});

// The words that can stand in place of the last one of `line`; the last one may be empty.
std::vector<std::string> completions(std::string_view line);

}  // namespace inferno::cli::debug
