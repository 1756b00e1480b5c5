#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "base/result.h"
#include "cli/recorded_run.h"
#include "cli/verb.h"
#include "protocol/message.h"

namespace inferno::cli {

struct ReplayOptions {
  std::string model;                  // empty: the one it was recorded with
  float tolerance = 0.001f;           // of logits
  std::optional<std::uint32_t> seed;  // instead of the recorded one
};

struct Replayed {
  protocol::RunsComparedT compared;
  std::string model;  // the file
  bool interrupted = false;
};

// Decodes a recorded run again, in an engine process of its own with the options it was
// recorded with, and compares every step with the recording while it comes. The recorded
// tokens are followed, so that one other choice does not end the comparison.
// Errors: what is in the way of it: no such model, another vocabulary, no engine …
Result<Replayed> replay(const Program& program, RecordedRun& recorded, const ReplayOptions& options);

}  // namespace inferno::cli
