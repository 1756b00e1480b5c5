#pragma once

#include <cstdint>
#include <string>

#include "cli/terminal.h"
#include "inferno_generated.h"

namespace inferno::cli {

// Prints what is known about a model, for people.
void print_model(const protocol::ModelInfoT& info, const Terminal& terminal);

// "1.2 GiB".
std::string byte_size(std::uint64_t bytes);
// "272 M".
std::string short_count(std::uint64_t n);

}  // namespace inferno::cli
