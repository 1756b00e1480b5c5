#include "cli/program.h"

#include <csignal>
#include <cstdio>
#include <cstdlib>

#include <fmt/format.h>

#include "cli/command_line.h"
#include "cli/config_file.h"
#include "cli/text_input.h"

namespace inferno::cli {

namespace {

const char* environment(const char* name) { return std::getenv(name); }

// CLI11's own complaints (a missing value, a missing model) with the verb's name.
int explain(const CommandLine& line, CLI::App& app, const CLI::ParseError& error) {
  if (error.get_exit_code() == 0) return app.exit(error);  // --help, --version
  const std::string complaint = line.complaint();
  return fail_usage(complaint.empty() ? error.what() + std::string(".") : complaint);
}

Result<Program> prepare(const CommandLine& line) {
  Program program;
  auto config_file = find_config_file(line.config(), environment);
  if (!config_file) return config_file.error();
  program.config_file = *config_file;

  std::vector<GivenValues> layers;
  if (*config_file) {
    auto from_file = read_config_file(**config_file);
    if (!from_file) return from_file.error();
    layers.push_back(std::move(*from_file));
  }
  std::vector<Error> errors;
  layers.push_back(values_from_environment(environment, errors));
  if (!errors.empty()) return errors.front();
  auto flags = line.given();
  if (!flags) return flags.error();
  layers.push_back(std::move(*flags));

  auto settings = resolve(layers);
  if (!settings) return settings.error();
  program.settings = std::move(*settings);
  program.paths = find_paths(program.settings);
  return program;
}

}  // namespace

int fail(const Error& error) {
  std::fflush(stdout);
  fmt::print(stderr, "inferno: {}\n", error.message);
  if (!error.hint.empty()) fmt::print(stderr, "  {}\n", error.hint);
  return error.code == ErrorCode::kCancelled ? kInterrupted : kFailed;
}

int fail_usage(const std::string& message) {
  fmt::print(stderr, "inferno: {}\n  `inferno --help` tells what there is.\n", message);
  return kUsage;
}

int main_program(int argc, char** argv) {
  // A reader that goes away ends the output, not the clean-up.
  std::signal(SIGPIPE, SIG_IGN);
  for (int i = 1; i < argc; ++i) {
    if (auto valid = require_utf8(fmt::format("Argument {}", i), argv[i]); !valid) {
      fail(valid.error());
      return kUsage;
    }
  }
  CommandLine line;
  try {
    line.app().parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return explain(line, line.app(), error);
  }
  if (const std::string complaint = line.complaint(); !complaint.empty()) return fail_usage(complaint);
  Verb* verb = line.chosen();
  if (verb == nullptr) {
    fmt::print(stderr, "{}", line.app().help());
    return kUsage;
  }
  auto program = prepare(line);
  if (!program) {
    fail(program.error());
    return kUsage;
  }
  program->app = &line.app();
  return verb->run(*program);
}

}  // namespace inferno::cli
