#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "cli/settings.h"

namespace inferno::cli::debug {

// The sampler's settings by name, as `set` takes them: the names of inferno.toml
// ("top_k") or those of the flags ("top-k", "temp"), also behind "sampler.".
// Errors: kInvalidArgument, with what is known or what would be right.
Result<SamplingSettings> with_setting(const SamplingSettings& before, std::string_view name, const std::string& value);

const std::vector<std::string>& setting_words();

}  // namespace inferno::cli::debug
