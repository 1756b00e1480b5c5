#pragma once

#include <optional>

#include "protocol/message.h"

namespace inferno::session {

// How two recordings of the same position differ.
struct StepDifference {
  bool is_identical = true;  // every bit of what the model gave and the chain did; times do not count
  bool same_token = true;
  bool same_choice = true;  // of the chain, as far as it is known of both
  // Of the chosen token and of candidates that both have; absent: they have none in common.
  std::optional<float> max_logit_difference;
};

struct StepSide {
  const protocol::Step& step;
  bool is_replay = false;  // then a token is followed, and what the chain chose is known besides
};

// Both steps have a token. What one side did not record (fewer candidates, no trace: that
// is `same_capture`; a forced token's stages) is no difference.
StepDifference difference(const StepSide& a, const StepSide& b, bool same_capture);

}  // namespace inferno::session
