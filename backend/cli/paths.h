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
  std::filesystem::path demo;        // the demo model; may not exist; empty if none is wanted
};

// In the folder of the studio's files: the page that exported recordings are put in.
inline constexpr const char* kRecordingPage = "recording.html";

// The name under which the demo model is offered, wherever it lies.
inline constexpr const char* kDemoName = "demo";

// The engine is $INFERNO_ENGINE or lies beside the program. The studio is `ui` from
// the settings, or ../share/inferno/studio, or, of a development build, the folder
// where the page is built. The demo model likewise: from the settings, or
// ../share/inferno/models/demo.gguf, or the one of the source tree.
Paths find_paths(const Settings& settings);

// The folder of the recordings: as set, or $XDG_DATA_HOME/inferno, or
// ~/.local/share/inferno. Error: kInvalidArgument where no home is known.
Result<std::filesystem::path> data_folder(const RecordingSettings& settings);

// Error: kFileNotFound, with what to do.
Result<void> require_engine(const Paths& paths);

// The folders whose models are offered, those that exist: ./models,
// ~/.local/share/inferno/models, ~/models and the configured ones.
std::vector<std::string> model_folders(const ModelSettings& settings);

// A model as a person names it: a path, "demo", or a file in one of the folders, with or
// without ".gguf". Gives an absolute path. Error: kFileNotFound, with a suggestion.
Result<std::string> find_model(const std::string& name, const ModelSettings& settings, const Paths& paths);

bool has_demo(const Paths& paths);

}  // namespace inferno::cli
