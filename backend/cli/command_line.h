#pragma once

#include <memory>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#include "cli/settings_table.h"
#include "cli/verb.h"

namespace inferno::cli {

// The definition of the whole command line: every verb with its options, and the
// flags of the settings it takes, whose values are kept by given(). The verbs are
// owned here, as the options write into them.
class CommandLine {
 public:
  CommandLine();

  CLI::App& app() { return app_; }
  // The verb that was named, after app().parse(); null if none was.
  Verb* chosen() const;
  const CLI::App* chosen_app() const;
  // Values of settings' flags. Error: kInvalidArgument.
  Result<GivenValues> given() const;
  const std::optional<std::string>& config() const { return config_; }
  // What was given but is not known to the verb, with a suggestion; empty if all is.
  std::string complaint() const;

 private:
  void add_verb(std::unique_ptr<Verb> verb);
  void add_setting(CLI::App& app, const Setting& setting);

  CLI::App app_;
  std::vector<std::unique_ptr<Verb>> verbs_;
  std::vector<CLI::App*> verb_apps_;                       // beside verbs_
  std::map<std::string, std::vector<std::string>> texts_;  // by Setting::name()
  std::optional<std::string> config_;
};

// Long and short names of every option of an app, with their dashes.
std::vector<std::string> option_names(const CLI::App& app);

}  // namespace inferno::cli
