#pragma once

#include <chrono>
#include <string>

namespace inferno::cli {

// One line on standard error that shows how far some work has come, where that is
// a terminal; nothing elsewhere. Removed when the work ends. One thread.
class ProgressBar {
 public:
  explicit ProgressBar(bool shown);
  ~ProgressBar() { clear(); }
  ProgressBar(const ProgressBar&) = delete;
  ProgressBar& operator=(const ProgressBar&) = delete;

  void update(double fraction, const std::string& what);
  void clear();

 private:
  bool shown_;
  bool drawn_ = false;
  std::string last_line_;
  std::chrono::steady_clock::time_point begun_ = std::chrono::steady_clock::now();
};

}  // namespace inferno::cli
