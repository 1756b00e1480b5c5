#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>

#include "base/result.h"
#include "cli/settings_table.h"

namespace inferno::cli {

// Where inferno.toml is looked for, the first found being the one in effect:
// --config, $INFERNO_CONFIG, ./inferno.toml, ~/.config/inferno/inferno.toml
// (under $XDG_CONFIG_HOME where set). A file that was named but is not there is an
// error (kFileNotFound); none found otherwise is not.
Result<std::optional<std::filesystem::path>> find_config_file(const std::optional<std::string>& named,
                                                              const std::function<const char*(const char*)>& getenv);

// Reads the text of a configuration. Errors (kInvalidArgument) name file and line:
// bad TOML, unknown sections and keys, values of the wrong type.
Result<GivenValues> parse_config(const std::string& text, const std::string& file_name);
Result<GivenValues> read_config_file(const std::filesystem::path& path);

}  // namespace inferno::cli
