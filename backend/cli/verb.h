#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "cli/paths.h"
#include "cli/settings.h"

namespace CLI {
class App;
}

namespace inferno::cli {

enum ExitStatus : int { kOk = 0, kFailed = 1, kUsage = 2, kInterrupted = 130 };

// What a verb is given to work with.
struct Program {
  Settings settings;
  std::optional<std::filesystem::path> config_file;  // the one in effect
  Paths paths;
  const CLI::App* app = nullptr;  // the whole command line's definition
};

// One command of the terminal program. Declares its options, whose values it keeps,
// then runs once.
class Verb {
 public:
  virtual ~Verb() = default;
  virtual std::string name() const = 0;
  virtual std::string about() const = 0;
  virtual std::string help_footer() const = 0;  // examples, and what else one must know
  // Sections of settings_table() whose flags it takes.
  virtual std::vector<std::string_view> sections() const { return {}; }
  virtual void add_options(CLI::App& app) = 0;
  virtual int run(const Program& program) = 0;
};

std::unique_ptr<Verb> make_serve_verb();
std::unique_ptr<Verb> make_run_verb();
std::unique_ptr<Verb> make_debug_verb();
std::unique_ptr<Verb> make_inspect_verb();
std::unique_ptr<Verb> make_tokenize_verb();
std::unique_ptr<Verb> make_explore_verb();
std::unique_ptr<Verb> make_score_verb();
std::unique_ptr<Verb> make_bench_verb();
std::unique_ptr<Verb> make_sessions_verb();
std::unique_ptr<Verb> make_replay_verb();
std::unique_ptr<Verb> make_verify_verb();
std::unique_ptr<Verb> make_doctor_verb();
std::unique_ptr<Verb> make_completion_verb();

// Prints the error and its hint on standard error. The status to exit with.
int fail(const Error& error);
int fail_usage(const std::string& message);

}  // namespace inferno::cli
