#pragma once

#include <string>

#include "engine/model_info.h"

namespace inferno::engine {

inline constexpr std::size_t kMaxExamples = 32;
inline constexpr std::size_t kMaxExamplesBytes = 256 * 1024;  // of the whole list
inline constexpr std::size_t kMaxExampleMessages = 64;

// Adds the prompts to try that a file brings in its metadata (`inferno.examples`): a
// JSON list of {"title", "text" or "messages": [{"role", "content"}], "note"}. The file
// may come from anywhere: what is not of this form or over the limits is left out,
// with a warning. Reads JSON by llama.cpp's `common`; without it there are no examples.
void add_examples(ModelInfo& info, const std::string& json);

}  // namespace inferno::engine
