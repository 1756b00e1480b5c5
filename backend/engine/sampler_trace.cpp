#include "engine/sampler_trace.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstring>
#include <string>

#include "base/check.h"
#include "engine/llama_call.h"
#include "engine/logit_kernels.h"

namespace inferno::engine {
namespace {

using Clock = std::chrono::steady_clock;

double microseconds_since(Clock::time_point start) {
  return std::chrono::duration<double, std::micro>(Clock::now() - start).count();
}

// Stages that only cut candidates off the array (and may sort it), logits untouched.
bool only_cuts(StageKind kind) {
  return kind == StageKind::kTopK || kind == StageKind::kTopP || kind == StageKind::kMinP ||
         kind == StageKind::kTypical || kind == StageKind::kXtc || kind == StageKind::kMirostat1 ||
         kind == StageKind::kMirostat2;
}

// Stages that leave the logits of whatever they do not remove as they were (a
// temperature of 0 removes all but one; another one removes nothing).
bool keeps_logits_of_survivors(StageKind kind) {
  return only_cuts(kind) || kind == StageKind::kTopNSigma || kind == StageKind::kGrammar ||
         kind == StageKind::kTemperature || kind == StageKind::kDynamicTemperature;
}

bool chooses_untouched(StageKind kind) { return kind == StageKind::kGreedy || kind == StageKind::kDistribution; }

}  // namespace

SamplerTrace::SamplerTrace(SamplerChain& chain, std::size_t n_vocab)
    : chain_(chain),
      data_(n_vocab),
      extracted_{std::vector<float>(n_vocab), std::vector<float>(n_vocab)},
      block_max_(logit_blocks(n_vocab)),
      slot_of_id_(n_vocab, -1) {
  // libllama puts a stand-in, named with a "?", for a stage whose parameters switch it off.
  for (std::size_t i = 0; i < chain.stages().size(); ++i)
    is_off_.push_back(llama_sampler_name(chain.stage(i))[0] == '?');
  const StageSpec& last = chain.stages().back();
  if (last.kind == StageKind::kDistribution) followed_.random.emplace(*last.seed);
  if (last.tau) followed_.mu = 2.0f * *last.tau;
  if (last.kind == StageKind::kAdaptiveP) {
    followed_.weighted_sum = *last.target / (1.0f - *last.decay);
    followed_.total_weight = 1.0f / (1.0f - *last.decay);
  }
}

Result<Chosen> SamplerTrace::sample(const LogitStats& stats, bool trace, StepRecord& record,
                                    std::span<const std::int32_t> banned) {
  try {
    return apply_all(stats, trace, record, banned);
  } catch (const std::exception& failure) {
    return Error{ErrorCode::kInternal, std::string("A sampler stage of llama.cpp failed: ") + failure.what(), ""};
  }
}

Result<Chosen> SamplerTrace::apply_all(const LogitStats& stats, bool trace, StepRecord& record,
                                       std::span<const std::int32_t> banned) {
  sample_us_ = 0;
  draw_ = kNotKnown;
  record.stages.clear();
  places_.resize(std::max<std::size_t>(1, record.candidates.size()));
  fill(stats, banned);
  const std::size_t n_stages = chain_.stages().size();
  View before = banned.empty() ? first_view(stats) : view_of_array();
  for (std::size_t i = 0; i < n_stages; ++i) {
    if (!trace && i + 1 < n_stages) {
      apply(i);
      continue;
    }
    if (!trace && i > 0) before = view_of_array();
    // A stage that reweights is compared candidate by candidate: that needs the order
    // the array has now, which an earlier stage may have changed.
    if (trace && before.logits == nullptr && reweights(i)) before.logits = extract();
    if (before.distribution.n_finite == 0) return nothing_left(i == 0 ? 0 : i - 1);
    const std::size_t size_before = array_.size;
    const llama_token_data* data_before = array_.data;
    apply(i);
    const View after = after_stage(i, before, size_before, data_before == array_.data);
    if (after.distribution.n_finite == 0) return nothing_left(i);
    if (trace) {
      if (after.distribution.n_finite != before.distribution.n_finite) mark_removed(i, record.candidates);
      record.stages.push_back(record_stage(i, before, after));
    }
    before = after;
  }
  // A candidate without a finite logit must not get into the chain's state: a grammar
  // would abort the process.
  if (array_.selected < 0 || static_cast<std::size_t>(array_.selected) >= array_.size ||
      !std::isfinite(array_.data[array_.selected].logit)) {
    return nothing_left(n_stages - 1);
  }
  fill_final(before.distribution, record.candidates);
  const llama_token_data& chosen = array_.data[array_.selected];
  return Chosen{chosen.id, final_probability(before.distribution, static_cast<std::size_t>(array_.selected)),
                static_cast<std::uint32_t>(before.distribution.n_finite), static_cast<float>(sample_us_), draw_};
}

void SamplerTrace::fill(const LogitStats& stats, std::span<const std::int32_t> banned) {
  const Clock::time_point start = Clock::now();
  const std::span<const float> logits = stats.logits();
  INFERNO_CHECK(logits.size() == data_.size());
  head_ = banned.empty() ? known_head(stats) : std::span<const RankedLogit>();
  if (head_.empty()) {
    for (std::size_t i = 0; i < logits.size(); ++i) data_[i] = {static_cast<llama_token>(i), logits[i], 0.0f};
  }
  if (head_.empty() && stats.n_non_finite() > 0) {
    for (llama_token_data& candidate : data_) {
      if (!std::isfinite(candidate.logit)) candidate.logit = -INFINITY;
    }
  }
  for (const std::int32_t id : banned) data_[static_cast<std::size_t>(id)].logit = -INFINITY;
  array_ = {data_.data(), data_.size(), -1, false};
  sample_us_ += microseconds_since(start);
}

// What a TopK in front will keep, where the statistics have found it already: then the
// whole vocabulary need not be copied and sorted once more. Empty where that would not
// be certain to be libllama's result, which is when logits are equal.
std::span<const RankedLogit> SamplerTrace::known_head(const LogitStats& stats) const {
  const StageSpec& first = chain_.stages().front();
  if (first.kind != StageKind::kTopK || *first.k <= 0) return {};
  const auto k = static_cast<std::size_t>(*first.k);
  const std::span<const RankedLogit> top = stats.top();
  if (k >= top.size() || stats.n_non_finite() > 0) return {};
  for (std::size_t i = 0; i < k; ++i) {
    if (!(top[i].logit > top[i + 1].logit)) return {};
  }
  return top.first(k);
}

void SamplerTrace::apply(std::size_t stage) {
  const Clock::time_point start = Clock::now();
  if (stage == 0 && !head_.empty()) {
    for (std::size_t i = 0; i < head_.size(); ++i) data_[i] = {head_[i].id, head_[i].logit, 0.0f};
    array_.size = head_.size();
    array_.sorted = true;
  } else {
    const LlamaCall call;
    llama_sampler_apply(chain_.stage(stage), &array_);
  }
  if (stage + 1 == chain_.stages().size()) follow_draw();
  sample_us_ += microseconds_since(start);
}

// As llama_sampler_dist_apply does it: one number for each array that is not empty,
// also where one candidate is left. AdaptiveP draws where there are two or more.
void SamplerTrace::follow_draw() {
  if (followed_.random && array_.size > 0) draw_ = std::uniform_real_distribution<double>(0, 1)(*followed_.random);
  if (chain_.stages().back().kind == StageKind::kAdaptiveP && array_.size > 1) ++followed_.n_adaptive_draws;
}

void SamplerTrace::skip_draw() {
  llama_token_data one = {0, 0.0f, 0.0f};
  array_ = {&one, 1, -1, false};
  head_ = {};
  apply(chain_.stages().size() - 1);
}

void SamplerTrace::told(std::int32_t token) {
  if (adaptive_token_ >= 0 && adaptive_token_ == token) {
    const float decay = *chain_.stages().back().decay;
    followed_.weighted_sum = adaptive_prob_ + decay * followed_.weighted_sum;
    followed_.total_weight = 1.0f + decay * followed_.total_weight;
  }
  adaptive_token_ = -1;
}

SamplerTrace::View SamplerTrace::first_view(const LogitStats& stats) {
  View view;
  view.distribution = stats.distribution();
  if (!stats.top().empty()) {
    view.top = stats.top().front().id;
  } else if (view.distribution.n_finite > 0) {
    const std::span<const float> logits = stats.logits();
    view.top =
        static_cast<std::int32_t>(std::find(logits.begin(), logits.end(), view.distribution.max) - logits.begin());
  }
  if (stats.n_non_finite() == 0) view.logits = stats.logits().data();
  return view;
}

SamplerTrace::View SamplerTrace::view_of_array() {
  View view;
  view.logits = extract();
  view.distribution = distribution_of(view.logits, array_.size, block_max_.data());
  if (view.distribution.n_finite > 0) view.top = top_id(view.logits, view.distribution.max);
  return view;
}

// Leaves out the passes over the array that could show nothing new.
SamplerTrace::View SamplerTrace::after_stage(std::size_t stage, const View& before, std::size_t size_before,
                                             bool same_place) {
  const StageKind kind = chain_.stages()[stage].kind;
  if (is_off_[stage] || chooses_untouched(kind)) return before;
  if (only_cuts(kind) && array_.size == size_before && same_place) {
    View after = before;
    after.logits = nullptr;  // it may have sorted
    return after;
  }
  return view_of_array();
}

bool SamplerTrace::reweights(std::size_t stage) const {
  const StageKind kind = chain_.stages()[stage].kind;
  return !is_off_[stage] && !only_cuts(kind) && !chooses_untouched(kind);
}

const float* SamplerTrace::extract() {
  std::vector<float>& to = extracted_[next_extracted_];
  next_extracted_ = 1 - next_extracted_;
  const llama_token_data* from = array_.data;
  float* out = to.data();
  for (std::size_t i = 0; i < array_.size; ++i) out[i] = from[i].logit;
  return out;
}

// The lowest id among the greatest logits; relies on the block maxima that
// distribution_of has left.
std::int32_t SamplerTrace::top_id(const float* logits, float max) const {
  std::int32_t id = INT32_MAX;
  for (std::size_t block = 0; block < logit_blocks(array_.size); ++block) {
    if (block_max_[block] != max) continue;
    const std::size_t end = std::min(array_.size, (block + 1) * kLogitBlock);
    for (std::size_t i = block * kLogitBlock; i < end; ++i) {
      if (logits[i] == max) id = std::min(id, array_.data[i].id);
    }
  }
  return id;
}

StageRecord SamplerTrace::record_stage(std::size_t stage, const View& before, const View& after) {
  const StageKind kind = chain_.stages()[stage].kind;
  StageRecord record;
  record.stage = static_cast<std::uint8_t>(stage);
  record.kind = kind;
  record.n_in = static_cast<std::uint32_t>(before.distribution.n_finite);
  record.n_out = static_cast<std::uint32_t>(after.distribution.n_finite);
  record.mass_removed = static_cast<float>(std::clamp(mass_removed(kind, before, after), 0.0, 1.0));
  record.entropy_before = static_cast<float>(before.distribution.entropy);
  record.entropy_after = static_cast<float>(after.distribution.entropy);
  record.top_before = before.top;
  record.top_after = after.top;
  record.changed = changed(stage, before, after);
  if (record.n_out != record.n_in && before.top != after.top) {
    const CandidateRecord top{.id = before.top};
    locate({&top, 1});
    record.removed_top = places_[0] < 0;
  }
  if (stage_chooses(kind) && array_.selected >= 0) record.selected = array_.data[array_.selected].id;
  record.value = stage_value(stage, before);
  return record;
}

bool SamplerTrace::changed(std::size_t stage, const View& before, const View& after) const {
  const StageKind kind = chain_.stages()[stage].kind;
  const Distribution &a = before.distribution, &b = after.distribution;
  if (a.n_finite != b.n_finite) return true;
  if (!reweights(stage)) return false;
  // A dynamic temperature sorts, so places do not correspond; but it scales all
  // logits by one factor, which shows in the greatest, or, if that is 0, in the sum.
  if (kind == StageKind::kDynamicTemperature) {
    return a.max != b.max || std::abs(a.log_sum_exp - b.log_sum_exp) > 1e-5;
  }
  return std::memcmp(before.logits, after.logits, array_.size * sizeof(float)) != 0;
}

// Probability, before the stage, of what it removed.
double SamplerTrace::mass_removed(StageKind kind, const View& before, const View& after) const {
  const Distribution &a = before.distribution, &b = after.distribution;
  if (a.n_finite == b.n_finite) return 0;
  if (keeps_logits_of_survivors(kind)) return 1 - std::exp(b.log_sum_exp - a.log_sum_exp);
  return mass_of_lost(before, after);
}

double SamplerTrace::mass_of_lost(const View& before, const View& after) const {
  double mass = 0;
  for (std::size_t i = 0; i < array_.size; ++i) {
    if (std::isfinite(before.logits[i]) && !std::isfinite(after.logits[i])) {
      mass += std::exp(before.distribution.log_probability(before.logits[i]));
    }
  }
  return mass;
}

float SamplerTrace::stage_value(std::size_t stage, const View& before) {
  const StageSpec& spec = chain_.stages()[stage];
  if (array_.selected < 0) return kNotKnown;
  if (spec.kind == StageKind::kMirostat1 || spec.kind == StageKind::kMirostat2) return advance_mirostat(spec);
  if (spec.kind == StageKind::kAdaptiveP && *spec.target >= 0) return adaptive_target(spec, before);
  return kNotKnown;
}

// mu before the draw; then mu as libllama moves it.
float SamplerTrace::advance_mirostat(const StageSpec& spec) {
  const float mu = followed_.mu;
  const float surprise = -std::log2(array_.data[array_.selected].p);
  followed_.mu = mu - *spec.eta * (surprise - *spec.tau);
  return mu;
}

// The target for this draw. The moving average takes the chosen token's probability
// before the stage when the chain is told of it. Reweighting keeps places, so the chosen
// one's logit before is at its place in `before`.
float SamplerTrace::adaptive_target(const StageSpec& spec, const View& before) {
  adaptive_token_ = array_.data[array_.selected].id;
  adaptive_prob_ = static_cast<float>(std::exp(before.distribution.log_probability(before.logits[array_.selected])));
  return std::clamp(2.0f * *spec.target - followed_.weighted_sum / followed_.total_weight, 0.0f, 1.0f);
}

void SamplerTrace::mark_removed(std::size_t stage, std::vector<CandidateRecord>& candidates) {
  locate(candidates);
  for (std::size_t i = 0; i < candidates.size(); ++i) {
    if (candidates[i].removed_by == kNone && places_[i] < 0)
      candidates[i].removed_by = static_cast<std::uint8_t>(stage);
  }
}

// From the logits the choosing stage left, in float64: libllama's own float32
// probabilities miss the sum of 1 by more than 1e-5 on large vocabularies, and its
// random draw makes up for that.
float SamplerTrace::final_probability(const Distribution& final, std::size_t place) const {
  if (chain_.stages().back().kind == StageKind::kGreedy)
    return place == static_cast<std::size_t>(array_.selected) ? 1.0f : 0.0f;
  return static_cast<float>(std::exp(final.log_probability(array_.data[place].logit)));
}

void SamplerTrace::fill_final(const Distribution& final, std::vector<CandidateRecord>& candidates) {
  locate(candidates);
  for (std::size_t i = 0; i < candidates.size(); ++i) {
    if (places_[i] >= 0) candidates[i].final_prob = final_probability(final, static_cast<std::size_t>(places_[i]));
  }
}

bool SamplerTrace::holds(std::size_t index, std::int32_t id) const {
  return index < array_.size && array_.data[index].id == id;
}

// Where each candidate is in the array, or -1 if it is not, or only with a logit that
// is not finite. One pass over the array, unless all are at the place of their id.
void SamplerTrace::locate(std::span<const CandidateRecord> candidates) {
  bool all_at_home = true;
  for (std::size_t i = 0; i < candidates.size(); ++i) {
    const auto id = static_cast<std::size_t>(candidates[i].id);
    places_[i] = holds(id, candidates[i].id) ? static_cast<std::int64_t>(id) : -1;
    all_at_home = all_at_home && places_[i] >= 0;
  }
  if (!all_at_home) {
    for (std::size_t i = 0; i < candidates.size(); ++i) {
      slot_of_id_[static_cast<std::size_t>(candidates[i].id)] = static_cast<std::int32_t>(i);
    }
    for (std::size_t k = 0; k < array_.size; ++k) {
      const std::int32_t slot = slot_of_id_[static_cast<std::size_t>(array_.data[k].id)];
      if (slot >= 0) places_[static_cast<std::size_t>(slot)] = static_cast<std::int64_t>(k);
    }
    for (const CandidateRecord& candidate : candidates) slot_of_id_[static_cast<std::size_t>(candidate.id)] = -1;
  }
  for (std::size_t i = 0; i < candidates.size(); ++i) {
    if (places_[i] >= 0 && !std::isfinite(array_.data[places_[i]].logit)) places_[i] = -1;
  }
}

Error SamplerTrace::nothing_left(std::size_t stage) const {
  const StageKind kind = chain_.stages()[stage].kind;
  const std::string which = "Sampler stage " + std::to_string(stage + 1) + " (" + std::string(stage_name(kind)) + ")";
  if (kind == StageKind::kGrammar) {
    return {ErrorCode::kBadGrammar, which + " allows none of the candidates that reached it.",
            "Put the grammar before the stages that cut candidates off, or widen the grammar."};
  }
  return {ErrorCode::kInvalidArgument, which + " left no candidate to choose from.",
          "Check what it bans, or move it behind other stages."};
}

}  // namespace inferno::engine
