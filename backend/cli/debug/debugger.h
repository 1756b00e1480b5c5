#pragma once

#include <cstddef>
#include <functional>
#include <string>

#include "cli/debug/command.h"
#include "cli/debug/line_source.h"

namespace inferno::cli::debug {

// Reads commands, one a line, and runs them. Faults are told on standard error with the
// place; in a script the first one ends it, unless `keep_going`.
class Debugger {
 public:
  struct Options {
    bool keep_going = false;
    std::function<std::string(std::size_t)> history;
  };

  Debugger(DebugSession& session, Output& out, const protocol::ModelInfoT& model, const PromptOptions& prompt,
           Options options);

  // Lines that a person types: empty ones repeat, faults do not end anything.
  void converse(LineSource& source);
  // Lines of a script named so in messages. Error: where it was ended.
  Result<void> run_lines(LineSource& source, const std::string& name);
  Result<void> run_script(const std::string& path);

  bool quit() const { return context_.quit; }
  bool interrupted() const { return interrupted_; }
  bool failed() const { return failed_; }  // a command of a script did

 private:
  // `place` begins the messages; may be empty.
  bool execute(const std::string& line, const std::string& place);
  Result<void> dispatch(const std::string& line);

  CommandContext context_;
  Options options_;
  std::string repeatable_;  // what an empty line does again
  std::size_t depth_ = 0;   // of scripts in scripts
  bool interrupted_ = false;
  bool failed_ = false;
};

// A fault with its line and a mark under the column.
std::string fault_text(const Error& error, const std::string& line, const std::string& place);

}  // namespace inferno::cli::debug
