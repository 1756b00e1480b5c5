#pragma once

#include <optional>
#include <string>

#include <CLI/CLI.hpp>

namespace inferno::cli {

// A flag with three states: given ("--x"), denied ("--no-x") and left alone. CLI11's
// own add_flag() takes an optional for a counter and sets it to 0.
inline CLI::Option* add_choice_flag(CLI::App& app, const std::string& names, std::optional<bool>& choice,
                                    const std::string& meaning) {
  return app.add_flag_function(
      names, [&choice](std::int64_t count) { choice = count > 0; }, meaning);
}

// A validator that adds nothing to the option's line in --help: the words there say it.
inline CLI::Validator unsaid(CLI::Validator validator) { return validator.description(""); }

}  // namespace inferno::cli
