#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"
#include "engine/logit_stats.h"
#include "engine/model.h"
#include "engine/step.h"

namespace inferno::engine {

// Tokens to follow, by ids or by a word (exactly one is given).
struct WatchSpec {
  std::uint32_t id = 0;
  std::string word;
  std::vector<std::int32_t> ids;
};

inline constexpr std::size_t kMaxWatches = 32;
inline constexpr std::size_t kMaxWatchIds = 64;     // of one watch
inline constexpr std::size_t kMaxWatchBytes = 256;  // of its word

// What a word's first token can be in the middle of a text: behind a space, and without
// one. Each once, in this order. Some tokenizers
// recurse: on a thread with a large stack. Errors: as tokenize(); kInvalidArgument for a
// word without tokens.
Result<std::vector<std::int32_t>> first_tokens(const Model& model, const std::string& word);

// The watches of a run: measures them at every step, without allocating once the record
// has its room. One thread.
class Watches {
 public:
  // Replaces all; words become ids. Errors: kInvalidArgument, kTooLarge, those of
  // first_tokens; then those before stay.
  Result<void> set(std::vector<WatchSpec> specs, const Model& model);
  const std::vector<WatchSpec>& specs() const { return specs_; }

  // Fills `record.watched`, in the order of specs().
  void measure(const LogitStats& stats, StepRecord& record) const;

 private:
  std::vector<WatchSpec> specs_;  // with ids, always
};

}  // namespace inferno::engine
