#pragma once

#include <mutex>
#include <string>

namespace inferno::engine {

// While it lives, what the process writes to standard error is kept instead. For
// libllama's grammar parser, which says why it failed only there. What other threads
// write meanwhile is kept, too, and written out at the end, a moment late.
// A second one, on another thread, waits for the first.
// Works on Linux; elsewhere it keeps nothing and standard error stays as it is.
class StderrCapture {
 public:
  StderrCapture();
  ~StderrCapture();
  StderrCapture(const StderrCapture&) = delete;
  StderrCapture& operator=(const StderrCapture&) = delete;

  // Ends the capture and gives what was kept. Nothing is written out then.
  std::string take();

 private:
  void restore();

  std::unique_lock<std::mutex> alone_;
  int file_ = -1;
  int saved_ = -1;
};

}  // namespace inferno::engine
