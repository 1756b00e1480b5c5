#pragma once

#include <llama.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <random>
#include <span>
#include <vector>

#include "base/result.h"
#include "engine/logit_stats.h"
#include "engine/sampler_chain.h"
#include "engine/step.h"

namespace inferno::engine {

struct Chosen {
  std::int32_t token = 0;
  float final_prob = kNotKnown;
  std::uint32_t n_final = 0;
  float sample_us = 0;  // spent in libllama's stages and on filling its array
  double draw = kNotKnown;
};

// Applies a sampler chain to one position's logits and watches what each stage does.
//
// The stages get the array that llama_sampler_sample would give them (ids rising)
// and are applied in order, so the token is the one llama.cpp's chain chooses. One
// exception: a NaN or +infinity goes in as -infinity, because libllama sorts and
// sums without a thought for them (undefined behaviour, or a draw of the last token).
//
// The final probability is that of the distribution the choosing stage draws from:
// for Greedy, and behind a temperature of 0, that is 1 for one token. Under Greedy
// the others are left with 0; a candidate that a stage removed (cut off, or set to
// -infinity) has none, and its `removed_by` is that stage.
//
// `draw` is the number in [0, 1) that a Distribution stage drew: the token is the first
// in the array's order whose cumulative probability reaches it.
//
// Banned tokens enter the chain with -infinity, so no stage removes them and they have no
// final probability; the record says that they were banned.
//
// Owns its arrays, sized at construction; sampling allocates nothing of its own. Not
// thread safe.
class SamplerTrace {
 public:
  // What is followed here because libllama keeps it to itself; see Sampler::Mark.
  struct Followed {
    std::optional<std::mt19937> random;  // present where the chain ends with Distribution
    float mu = 0;                        // of Mirostat
    float weighted_sum = 0;              // of AdaptiveP, like the next
    float total_weight = 0;
    std::uint64_t n_adaptive_draws = 0;  // random numbers that AdaptiveP has used up
  };

  // `chain` must outlive it.
  SamplerTrace(SamplerChain& chain, std::size_t n_vocab);

  // `record.candidates` holds the candidates to follow (ids set); their final_prob
  // and removed_by are filled in, and `record.stages` if `trace`. Does not accept the
  // token: that is the caller's next call to the chain.
  // Error: kBadGrammar or kInvalidArgument when a stage left nothing to choose from.
  Result<Chosen> sample(const LogitStats& stats, bool trace, StepRecord& record,
                        std::span<const std::int32_t> banned = {});
  // The chain was told of this token.
  void told(std::int32_t token);
  // As if a number had been drawn for a token; for chains that end with Distribution.
  void skip_draw();

  const Followed& followed() const { return followed_; }
  void set_followed(const Followed& followed) { followed_ = followed; }

 private:
  // What enters or leaves a stage.
  struct View {
    Distribution distribution;
    std::int32_t top = -1;
    const float* logits = nullptr;  // in the array's order; null: order not known
  };

  Result<Chosen> apply_all(const LogitStats& stats, bool trace, StepRecord& record,
                           std::span<const std::int32_t> banned);
  void fill(const LogitStats& stats, std::span<const std::int32_t> banned);
  std::span<const RankedLogit> known_head(const LogitStats& stats) const;
  void apply(std::size_t stage);
  void follow_draw();
  View first_view(const LogitStats& stats);
  View view_of_array();
  View after_stage(std::size_t stage, const View& before, std::size_t size_before, bool same_place);
  // True where the stage may change logits that it does not remove.
  bool reweights(std::size_t stage) const;
  const float* extract();
  std::int32_t top_id(const float* logits, float max) const;

  StageRecord record_stage(std::size_t stage, const View& before, const View& after);
  bool changed(std::size_t stage, const View& before, const View& after) const;
  double mass_removed(StageKind kind, const View& before, const View& after) const;
  double mass_of_lost(const View& before, const View& after) const;
  float stage_value(std::size_t stage, const View& before);
  float advance_mirostat(const StageSpec& spec);
  float adaptive_target(const StageSpec& spec, const View& before);

  void mark_removed(std::size_t stage, std::vector<CandidateRecord>& candidates);
  float final_probability(const Distribution& final, std::size_t place) const;
  void fill_final(const Distribution& final, std::vector<CandidateRecord>& candidates);
  void locate(std::span<const CandidateRecord> candidates);
  bool holds(std::size_t index, std::int32_t id) const;
  Error nothing_left(std::size_t stage) const;

  SamplerChain& chain_;
  std::vector<bool> is_off_;  // per stage
  std::vector<llama_token_data> data_;
  llama_token_data_array array_ = {};
  std::span<const RankedLogit> head_;  // of this step: known_head()
  std::vector<float> extracted_[2];
  std::size_t next_extracted_ = 0;
  std::vector<float> block_max_;
  std::vector<std::int32_t> slot_of_id_;  // [n_vocab] index into `candidates`, or -1
  std::vector<std::int64_t> places_;      // what locate() found: index in the array, or -1
  double sample_us_ = 0;
  Followed followed_;
  double draw_ = kNotKnown;
  // AdaptiveP's choice, until the chain is told of a token; -1: none.
  std::int32_t adaptive_token_ = -1;
  float adaptive_prob_ = 0;
};

}  // namespace inferno::engine
