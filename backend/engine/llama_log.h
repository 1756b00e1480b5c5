#pragma once

#include <cstdint>
#include <deque>
#include <mutex>
#include <string>

namespace inferno::engine {

// What libllama and ggml have to say. install() starts libllama (once per process)
// and takes over its log: warnings and errors go to standard error, one line each,
// and the last ones are kept, so that a failed load can be explained in llama.cpp's
// own words. Everything less is dropped.
// One per process, because libllama's log callback is; any thread.
class LlamaLog {
 public:
  static LlamaLog& install();

  // Forgets what is kept: call before an operation that may fail.
  void clear();
  // The kept error lines since clear(), oldest first, joined by "; ", without the
  // names of llama.cpp's functions. Empty if there were none.
  std::string errors() const;

 private:
  static constexpr std::size_t kMaxLines = 16;

  LlamaLog();
  static void receive(int level, const char* text, void* self);
  void append(int level, const std::string& text);

  mutable std::mutex mutex_;
  std::deque<std::string> errors_;
  std::string line_;  // the line being written, which may come in pieces
  int level_ = 0;
};

}  // namespace inferno::engine
