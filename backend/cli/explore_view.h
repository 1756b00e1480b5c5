#pragma once

#include <cstdio>

#include "cli/terminal.h"
#include "protocol/message.h"

namespace inferno::cli {

// What could come, for people: tokens coloured by raw probability, as `inferno run` does
// it. Both borrow their arguments.

// A line for each branch: raw probability of its first token, mean per token of the
// whole, the text.
void print_branches(const protocol::Explored& explored, const Terminal& terminal, std::FILE* out);

// A line for each node: raw probability of the path and of the token given the path
// before it, then the token, below its parent.
void print_tree(const protocol::Tree& tree, const Terminal& terminal, std::FILE* out);

}  // namespace inferno::cli
