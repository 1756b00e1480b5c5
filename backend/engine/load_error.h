#pragma once

#include <string>

#include "base/error.h"

namespace inferno::engine {

// Why libllama gave no model or context, from what it logged (LlamaLog::errors()).
// Codes: kUnsupportedArchitecture, kNotEnoughMemory, kInvalidModel.
Error model_error(const std::string& path, const std::string& logged);
Error context_error(const std::string& path, const std::string& logged);

}  // namespace inferno::engine
