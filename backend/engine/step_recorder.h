#pragma once

#include <cstdint>
#include <span>

#include "engine/logit_stats.h"
#include "engine/step.h"

namespace inferno::engine {

// Empties a record for reuse, keeping the room of its vectors, and says what it is about.
void start_record(StepRecord& record, std::uint32_t position, bool is_prompt);

// The top-k and the numbers about the whole vocabulary, from measured logits.
void record_distribution(const LogitStats& stats, StepRecord& record);

// The token of the record and its place in the measured distribution; it is appended
// to the candidates if it is not among them.
void record_token(const LogitStats& stats, std::int32_t token, float final_prob, StepRecord& record);

}  // namespace inferno::engine
