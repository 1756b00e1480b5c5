#pragma once

#include <cstdint>
#include <limits>
#include <vector>

#include "engine/sampler_spec.h"

namespace inferno::engine {

// In these records of the decode loop NaN stands for "not known" and
// kNone for "none": they are fixed-size and reused without allocating. The
// encoder (worker/) turns both into absent fields.
inline constexpr float kNotKnown = std::numeric_limits<float>::quiet_NaN();
inline constexpr std::uint8_t kNone = 255;

struct CandidateRecord {
  std::int32_t id = 0;
  float logit = kNotKnown;
  float raw_logprob = kNotKnown;
  float final_prob = kNotKnown;     // NaN: removed, or no sampling here
  std::uint8_t removed_by = kNone;  // stage index
  bool banned = false;              // by hand: it did not enter the chain
};

struct StageRecord {
  std::uint8_t stage = 0;
  StageKind kind = StageKind::kUnset;
  std::uint32_t n_in = 0;
  std::uint32_t n_out = 0;
  float mass_removed = 0;
  float entropy_before = 0;
  float entropy_after = 0;
  std::int32_t top_before = -1;
  std::int32_t top_after = -1;
  bool removed_top = false;
  bool changed = false;
  std::int32_t selected = -1;  // -1: chooses nothing
  float value = kNotKnown;
};

// A watch at one position.
struct WatchRecord {
  float raw_prob = kNotKnown;   // of its tokens together
  std::int32_t best = -1;       // the most probable of them; -1: none is known
  std::uint32_t best_rank = 0;  // 0: not known
};

// One token with everything recorded about it; mirrors Step of the protocol.
// Made once per slot of a ring, with room for the run's candidates and stages.
struct StepRecord {
  std::uint32_t position = 0;
  std::int32_t token = 0;
  float logit = kNotKnown;
  float raw_logprob = kNotKnown;
  float final_prob = kNotKnown;
  std::uint32_t rank = 0;  // 1 = most probable; 0 = not known
  float entropy = kNotKnown;
  float log_sum_exp = kNotKnown;
  float tail_mass = kNotKnown;
  std::uint32_t n_non_finite = 0;
  std::uint32_t n_top = 0;
  std::vector<CandidateRecord> candidates;
  std::vector<StageRecord> stages;
  std::uint32_t n_final = 0;  // 0 = not known
  float decode_us = 0;
  float sample_us = 0;
  float capture_us = 0;
  double draw = kNotKnown;        // of a Distribution stage
  std::int32_t chain_token = -1;  // what the chain chose, where `token` was put in its place; -1: none
  std::vector<WatchRecord> watched;
  bool forced = false;
  bool end_of_text = false;
  bool is_prompt = false;
};

}  // namespace inferno::engine
