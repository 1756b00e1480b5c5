#include "engine/load_error.h"

#include <fmt/format.h>
#include <llama.h>

#include "engine/printable.h"

namespace inferno::engine {
namespace {

constexpr std::size_t kMaxLoggedBytes = 600;

bool mentions(const std::string& logged, const char* words) { return logged.find(words) != std::string::npos; }

bool ran_out_of_memory(const std::string& logged) {
  return mentions(logged, "failed to allocate") || mentions(logged, "unable to allocate") ||
         mentions(logged, "out of memory") || mentions(logged, "bad_alloc");
}

Error not_enough_memory(const std::string& path, const std::string& words) {
  return {
      ErrorCode::kNotEnoughMemory, fmt::format("there was not enough memory for {}: {}", path, words),
      "Use a smaller n_ctx, a smaller cache type (cache_type_k, cache_type_v) or a smaller quantisation of the model."};
}

std::string in_its_words(const std::string& logged) {
  return logged.empty() ? "llama.cpp gave no reason" : printable(logged, kMaxLoggedBytes);
}

}  // namespace

Error model_error(const std::string& path, const std::string& logged) {
  const std::string words = in_its_words(logged);
  if (mentions(logged, "unknown model architecture")) {
    return {ErrorCode::kUnsupportedArchitecture,
            fmt::format("llama.cpp {} cannot run {}: {}", llama_version(), path, words),
            "Use a model of another architecture, or a build of Inferno with a newer llama.cpp."};
  }
  if (ran_out_of_memory(logged)) return not_enough_memory(path, words);
  return {ErrorCode::kInvalidModel, fmt::format("llama.cpp cannot load {}: {}", path, words),
          "The file may be damaged or converted wrongly. Download or convert it again."};
}

Error context_error(const std::string& path, const std::string& logged) {
  const std::string words = in_its_words(logged);
  if (ran_out_of_memory(logged)) return not_enough_memory(path, words);
  const bool option = mentions(logged, "cache") || mentions(logged, "flash_attn");
  return {option ? ErrorCode::kInvalidArgument : ErrorCode::kInvalidModel,
          fmt::format("llama.cpp cannot make a context for {}: {}", path, words),
          option ? "Leave the cache types and flash attention at their defaults." : ""};
}

}  // namespace inferno::engine
