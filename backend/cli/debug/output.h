#pragma once

#include <cstdio>
#include <string>

#include "cli/debug/debug_session.h"
#include "cli/terminal.h"

namespace inferno::cli::debug {

// Where the debugger's words go. With `json` standard output gets nothing but one object
// a line for each stop, and everything else goes to standard error.
class Output {
 public:
  Output(const Terminal& terminal, bool json);

  const Terminal& terminal() const { return terminal_; }
  std::size_t columns() const;

  void print(const std::string& text);
  void stop(const DebugSession& session);
  // On a terminal: the newest text, on a line that the next output replaces.
  void progress(const Branch& branch);
  bool failed() const { return failed_; }  // standard output could not be written

 private:
  void write(std::FILE* to, const std::string& text);
  void erase_progress();

  Terminal terminal_;
  bool json_;
  bool progress_shown_ = false;
  bool failed_ = false;
  double last_progress_s_ = 0;
};

}  // namespace inferno::cli::debug
