#pragma once

#include <string>
#include <vector>

#include "session/run_comparison.h"

namespace inferno::session {

// What came of a comparison, in a sentence.
std::string words_of(const protocol::RunsComparedT& result, bool other_prompt, bool tokens_differ,
                     bool same_vocabulary);

// What the records of two runs say of why they may differ, likeliest first. Where the
// logits agree, that is the sampling; else the model and how it was computed.
std::vector<std::string> reasons_for(const ComparedRun& a, const ComparedRun& b, bool other_prompt, bool logits_agree);

}  // namespace inferno::session
