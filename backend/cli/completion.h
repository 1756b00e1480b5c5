#pragma once

#include <string>

namespace CLI {
class App;
}

namespace inferno::cli {

// Completion scripts made from the command line's own definition, so that they know
// every verb and option. Arguments complete as files.
std::string bash_completion(const CLI::App& app);
std::string zsh_completion(const CLI::App& app);
std::string fish_completion(const CLI::App& app);

}  // namespace inferno::cli
