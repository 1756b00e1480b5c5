#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "cli/debug/line_source.h"

namespace inferno::cli::debug {

// Lines typed at a terminal, with editing, completion and a history that is kept in a
// file: the only user of libedit, whose habits (~/.editrc, emacs or vi keys) hold. While
// it waits for keys the engine is watched. Uses standard input and output; one at a time.
class LineEditor final : public LineSource {
 public:
  using Complete = std::function<std::vector<std::string>(std::string_view)>;

  // `history_file` may be empty: then nothing is kept.
  LineEditor(WaitReadable wait, Complete complete, std::filesystem::path history_file);
  ~LineEditor() override;
  LineEditor(const LineEditor&) = delete;
  LineEditor& operator=(const LineEditor&) = delete;

  // Ctrl-C gives kInterrupted and drops the line, Ctrl-D on an empty line gives kEnd.
  Outcome read(std::string& line) override;
  // The newest lines, oldest first, numbered.
  std::string newest(std::size_t n) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace inferno::cli::debug
