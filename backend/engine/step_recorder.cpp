#include "engine/step_recorder.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace inferno::engine {
namespace {

CandidateRecord candidate_of(const Distribution& distribution, std::int32_t id, float logit) {
  CandidateRecord candidate;
  candidate.id = id;
  if (!std::isfinite(logit)) return candidate;
  candidate.logit = logit;
  candidate.raw_logprob = static_cast<float>(distribution.log_probability(logit));
  return candidate;
}

}  // namespace

void start_record(StepRecord& record, std::uint32_t position, bool is_prompt) {
  std::vector<CandidateRecord> candidates = std::move(record.candidates);
  std::vector<StageRecord> stages = std::move(record.stages);
  std::vector<WatchRecord> watched = std::move(record.watched);
  record = StepRecord{};
  candidates.clear();
  stages.clear();
  watched.clear();
  record.candidates = std::move(candidates);
  record.stages = std::move(stages);
  record.watched = std::move(watched);
  record.position = position;
  record.is_prompt = is_prompt;
}

void record_distribution(const LogitStats& stats, StepRecord& record) {
  const Distribution& distribution = stats.distribution();
  record.n_non_finite = static_cast<std::uint32_t>(stats.n_non_finite());
  if (distribution.n_finite == 0) return;
  record.entropy = static_cast<float>(distribution.entropy);
  record.log_sum_exp = static_cast<float>(distribution.log_sum_exp);
  for (const RankedLogit& ranked : stats.top()) {
    record.candidates.push_back(candidate_of(distribution, ranked.id, ranked.logit));
  }
  record.n_top = static_cast<std::uint32_t>(record.candidates.size());
  record.tail_mass = static_cast<float>(stats.tail_mass());
}

void record_token(const LogitStats& stats, std::int32_t token, float final_prob, StepRecord& record) {
  record.token = token;
  if (stats.distribution().n_finite == 0) return;
  const auto among = std::find_if(record.candidates.begin(), record.candidates.end(),
                                  [&](const CandidateRecord& candidate) { return candidate.id == token; });
  CandidateRecord own = candidate_of(stats.distribution(), token, stats.logit(token));
  own.final_prob = final_prob;
  record.logit = own.logit;
  record.raw_logprob = own.raw_logprob;
  record.final_prob = final_prob;
  record.rank = stats.rank(token);
  if (among == record.candidates.end()) {
    record.candidates.push_back(own);
    if (std::isfinite(own.logit)) record.tail_mass = std::max(0.0f, record.tail_mass - std::exp(own.raw_logprob));
  }
}

}  // namespace inferno::engine
