#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "cli/settings.h"

namespace inferno::cli {

// Where the parts of an installation lie, seen from the program itself.
struct Paths {
  std::filesystem::path executable;  // empty if the system does not tell
  std::filesystem::path engine;      // inferno-engine; checked by require_engine()
  std::filesystem::path ui;          // the studio's files; may not exist
};

// The engine is $INFERNO_ENGINE or lies beside the program. The studio is `ui` from
// the settings, or ../share/inferno/studio, or, of a development build, the folder
// where the page is built.
Paths find_paths(const Settings& settings);

// Error: kFileNotFound, with what to do.
Result<void> require_engine(const Paths& paths);

// The folders whose models are offered, those that exist: ./models,
// ~/.local/share/inferno/models, ~/models and the configured ones.
std::vector<std::string> model_folders(const ModelSettings& settings);

// A model as a person names it: a path, or a file in one of the folders, with or
// without ".gguf". Gives an absolute path. Error: kFileNotFound, with a suggestion.
Result<std::string> find_model(const std::string& name, const ModelSettings& settings);

}  // namespace inferno::cli
