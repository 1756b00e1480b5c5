#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace inferno::cli {

// The candidate that `word` was probably meant to be; nothing if none is near.
std::optional<std::string> did_you_mean(std::string_view word, const std::vector<std::string>& candidates);

// "; did you mean 'x'?" or nothing, to end a message with.
std::string suggestion(std::string_view word, const std::vector<std::string>& candidates);

}  // namespace inferno::cli
