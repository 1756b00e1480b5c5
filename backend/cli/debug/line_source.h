#pragma once

#include <functional>
#include <istream>
#include <string>

#include "cli/engine_session.h"

namespace inferno::cli::debug {

// Where the debugger's lines come from.
class LineSource {
 public:
  enum class Outcome : std::uint8_t { kLine, kInterrupted, kEnd };

  virtual ~LineSource() = default;
  virtual Outcome read(std::string& line) = 0;
};

using WaitReadable = std::function<EngineSession::Readiness(int)>;

// Standard input that is no terminal. Waits in a way that keeps the engine watched.
class PipeLines final : public LineSource {
 public:
  PipeLines(int fd, WaitReadable wait) : fd_(fd), wait_(std::move(wait)) {}
  Outcome read(std::string& line) override;

 private:
  int fd_;
  WaitReadable wait_;
  std::string held_;
  bool ended_ = false;
};

// A file of commands, borrowed.
class StreamLines final : public LineSource {
 public:
  explicit StreamLines(std::istream& stream) : stream_(stream) {}
  Outcome read(std::string& line) override;

 private:
  std::istream& stream_;
};

}  // namespace inferno::cli::debug
