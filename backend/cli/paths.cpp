#include "cli/paths.h"

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <system_error>

#include <fmt/format.h>

#include "cli/suggest.h"

#if defined(__APPLE__)
#include <mach-o/dyld.h>
#endif

namespace inferno::cli {

namespace fs = std::filesystem;

namespace {

std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

fs::path own_executable() {
  std::error_code ec;
#if defined(__APPLE__)
  char buffer[4096];
  std::uint32_t size = sizeof(buffer);
  if (_NSGetExecutablePath(buffer, &size) == 0) return fs::canonical(buffer, ec);
  return {};
#else
  return fs::read_symlink("/proc/self/exe", ec);
#endif
}

fs::path find_ui(const Settings& settings, const fs::path& folder) {
  if (!settings.server.ui.empty()) return settings.server.ui;
  std::error_code ec;
  fs::path installed = (folder / ".." / "share" / "inferno" / "studio").lexically_normal();
  if (fs::exists(installed / "index.html", ec)) return installed;
  const fs::path built = INFERNO_DEV_UI_DIR;
  return built.empty() ? installed : built;
}

fs::path find_demo(const Settings& settings, const fs::path& folder) {
  const std::string& wanted = settings.models.demo;
  if (wanted == kNoDemo) return {};
  std::error_code ec;
  if (!wanted.empty()) return fs::absolute(wanted, ec).lexically_normal();
  fs::path installed = (folder / ".." / "share" / "inferno" / "models" / "demo.gguf").lexically_normal();
  if (fs::exists(installed, ec)) return installed;
  const fs::path of_source_tree = INFERNO_DEV_DEMO_MODEL;
  return of_source_tree.empty() ? installed : of_source_tree;
}

std::vector<std::string> model_names_in(const std::vector<std::string>& folders) {
  std::vector<std::string> names;
  for (const std::string& folder : folders) {
    std::error_code ec;
    for (const auto& entry : fs::directory_iterator(folder, ec)) {
      if (entry.path().extension() == ".gguf") names.push_back(entry.path().filename().string());
    }
  }
  return names;
}

}  // namespace

Paths find_paths(const Settings& settings) {
  Paths paths;
  paths.executable = own_executable();
  const fs::path folder = paths.executable.parent_path();
  const std::string engine = variable("INFERNO_ENGINE");
  paths.engine = engine.empty() ? folder / "inferno-engine" : fs::path(engine);
  paths.ui = find_ui(settings, folder);
  paths.demo = find_demo(settings, folder);
  return paths;
}

Result<fs::path> data_folder(const RecordingSettings& settings) {
  if (!settings.data_dir.empty()) return fs::path(settings.data_dir);
  const std::string data = variable("XDG_DATA_HOME");
  if (!data.empty()) return fs::path(data) / "inferno";
  const std::string home = variable("HOME");
  if (!home.empty()) return fs::path(home) / ".local" / "share" / "inferno";
  return Error{ErrorCode::kInvalidArgument, "There is no home folder to keep recordings in.",
               "Name a folder with --data-dir."};
}

Result<void> require_engine(const Paths& paths) {
  std::error_code ec;
  if (fs::is_regular_file(paths.engine, ec)) return {};
  return Error{ErrorCode::kFileNotFound,
               fmt::format("The engine program is missing: there is no {}.", paths.engine.string()),
               "It is built together with inferno and belongs beside it; INFERNO_ENGINE can name another place."};
}

std::vector<std::string> model_folders(const ModelSettings& settings) {
  std::vector<fs::path> candidates{"models"};
  const std::string home = variable("HOME");
  const std::string data = variable("XDG_DATA_HOME");
  if (!data.empty()) {
    candidates.push_back(fs::path(data) / "inferno" / "models");
  } else if (!home.empty()) {
    candidates.push_back(fs::path(home) / ".local" / "share" / "inferno" / "models");
  }
  if (!home.empty()) candidates.push_back(fs::path(home) / "models");
  for (const std::string& folder : settings.folders) candidates.emplace_back(folder);

  std::vector<std::string> folders;
  for (const fs::path& candidate : candidates) {
    std::error_code ec;
    const fs::path folder = fs::canonical(candidate, ec);
    if (ec || !fs::is_directory(folder, ec)) continue;
    if (std::find(folders.begin(), folders.end(), folder.string()) == folders.end()) {
      folders.push_back(folder.string());
    }
  }
  return folders;
}

bool has_demo(const Paths& paths) {
  std::error_code ec;
  return !paths.demo.empty() && fs::is_regular_file(paths.demo, ec);
}

Result<std::string> find_model(const std::string& name, const ModelSettings& settings, const Paths& paths) {
  std::error_code ec;
  if (fs::exists(name, ec)) return fs::absolute(name, ec).lexically_normal().string();
  if (name == kDemoName && has_demo(paths)) return paths.demo.string();
  const auto folders = model_folders(settings);
  for (const std::string& folder : folders) {
    for (const std::string& file : {name, name + ".gguf"}) {
      const fs::path path = fs::path(folder) / file;
      if (fs::exists(path, ec)) return path.string();
    }
  }
  std::string hint = folders.empty() ? "Give the path of a GGUF file; --model-dir names a folder to look in."
                                     : fmt::format("Looked in {} too.", fmt::join(folders, ", "));
  auto nearby = model_names_in(folders);
  const fs::path parent = fs::path(name).parent_path();
  for (std::string& file : model_names_in({parent.empty() ? "." : parent.string()})) {
    nearby.push_back((parent / file).string());
  }
  return Error{ErrorCode::kFileNotFound, fmt::format("There is no model '{}'{}", name, suggestion(name, nearby)), hint};
}

}  // namespace inferno::cli
