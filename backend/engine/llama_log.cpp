#include "engine/llama_log.h"

#include <llama.h>

#include <cstdio>

namespace inferno::engine {
namespace {

// "llama_model_load: error loading model: x" -> "error loading model: x"
std::string without_function_name(const std::string& line) {
  const std::size_t colon = line.find(": ");
  if (colon == std::string::npos || line.find(' ') < colon) return line;
  return line.substr(colon + 2);
}

}  // namespace

LlamaLog& LlamaLog::install() {
  static LlamaLog log;
  return log;
}

LlamaLog::LlamaLog() {
  llama_log_set([](ggml_log_level level, const char* text, void* self) { receive(level, text, self); }, this);
  llama_backend_init();
}

void LlamaLog::clear() {
  std::lock_guard lock(mutex_);
  errors_.clear();
}

std::string LlamaLog::errors() const {
  std::lock_guard lock(mutex_);
  std::string joined;
  for (const std::string& line : errors_) joined += (joined.empty() ? "" : "; ") + line;
  return joined;
}

void LlamaLog::receive(int level, const char* text, void* self) { static_cast<LlamaLog*>(self)->append(level, text); }

void LlamaLog::append(int level, const std::string& text) {
  std::lock_guard lock(mutex_);
  if (level != GGML_LOG_LEVEL_CONT) {
    line_.clear();
    level_ = level;
  }
  if (level_ < GGML_LOG_LEVEL_WARN || level_ > GGML_LOG_LEVEL_ERROR) return;
  line_ += text;
  if (line_.empty() || line_.back() != '\n') return;
  line_.pop_back();
  std::fprintf(stderr, "llama: %s\n", line_.c_str());
  if (level_ == GGML_LOG_LEVEL_ERROR) errors_.push_back(without_function_name(line_));
  if (errors_.size() > kMaxLines) errors_.pop_front();
  line_.clear();
}

}  // namespace inferno::engine
