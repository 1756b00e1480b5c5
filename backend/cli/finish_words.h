#pragma once

#include <string>

#include "inferno_generated.h"

namespace inferno::cli {

// Why a run ended, as the end of a sentence.
std::string reason_in_words(const protocol::FinishedT& finished);

}  // namespace inferno::cli
