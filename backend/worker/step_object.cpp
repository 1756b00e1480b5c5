#include "worker/step_object.h"

#include <cmath>
#include <string>
#include <utility>

#include "worker/convert.h"

namespace inferno::worker {
namespace {

namespace pb = protocol;

template <typename T, typename Optional>
void set_if_known(T value, Optional& field) {
  if (std::isfinite(value)) field = value;
}

float finite_or_zero(float value) { return std::isfinite(value) ? value : 0.0f; }

std::unique_ptr<pb::CandidateT> candidate_object(const engine::CandidateRecord& record,
                                                 const engine::TokenTable& tokens) {
  const auto token = from_token(record.id, tokens);
  auto out = std::make_unique<pb::CandidateT>();
  out->id = token->id;
  out->text = std::move(token->text);
  out->bytes = std::move(token->bytes);
  out->kind = token->kind;
  set_if_known(record.logit, out->logit);
  set_if_known(record.raw_logprob, out->raw_logprob);
  set_if_known(record.final_prob, out->final_prob);
  if (record.removed_by != engine::kNone) out->removed_by = record.removed_by;
  return out;
}

std::unique_ptr<pb::StageTraceT> stage_object(const engine::StageRecord& record) {
  auto out = std::make_unique<pb::StageTraceT>();
  out->stage = record.stage;
  out->kind = static_cast<pb::StageKind>(record.kind);
  out->n_in = record.n_in;
  out->n_out = record.n_out;
  out->mass_removed = finite_or_zero(record.mass_removed);
  out->entropy_before = finite_or_zero(record.entropy_before);
  out->entropy_after = finite_or_zero(record.entropy_after);
  out->top_before = record.top_before;
  out->top_after = record.top_after;
  out->removed_top = record.removed_top;
  out->changed = record.changed;
  if (record.selected >= 0) out->selected = record.selected;
  set_if_known(record.value, out->value);
  return out;
}

}  // namespace

std::unique_ptr<pb::StepT> step_object(const engine::StepRecord& record, const engine::TokenTable& tokens) {
  auto out = std::make_unique<pb::StepT>();
  out->position = record.position;
  out->token = from_token(record.token, tokens);
  set_if_known(record.logit, out->logit);
  set_if_known(record.raw_logprob, out->raw_logprob);
  set_if_known(record.final_prob, out->final_prob);
  if (record.rank > 0) out->rank = record.rank;
  set_if_known(record.entropy, out->entropy);
  set_if_known(record.log_sum_exp, out->log_sum_exp);
  set_if_known(record.tail_mass, out->tail_mass);
  out->n_non_finite = record.n_non_finite;
  for (const auto& candidate : record.candidates) out->candidates.push_back(candidate_object(candidate, tokens));
  out->n_top = record.n_top;
  for (const auto& stage : record.stages) out->stages.push_back(stage_object(stage));
  if (record.n_final > 0) out->n_final = record.n_final;
  out->decode_us = finite_or_zero(record.decode_us);
  out->sample_us = finite_or_zero(record.sample_us);
  out->capture_us = finite_or_zero(record.capture_us);
  out->forced = record.forced;
  out->end_of_text = record.end_of_text;
  set_if_known(record.draw, out->draw);
  return out;
}

}  // namespace inferno::worker
