#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"
#include "engine/model.h"

namespace inferno::engine {

// Token ids of a text that goes on from another: nothing is put in front of it, neither a
// beginning-of-text token nor the space that some tokenizers begin every text with.
// Control tokens named in it stay text. Errors and threads: as tokenize().
Result<std::vector<std::int32_t>> tokenize_continuation(const Model& model, const std::string& text);

}  // namespace inferno::engine
