#include "worker/step_encoder.h"

#include <cmath>
#include <string_view>

#include "base/check.h"

namespace inferno::worker {
namespace {

namespace pb = protocol;

// Room for a step with 64 candidates and a few stages; grows by itself.
constexpr std::size_t kInitialBytes = 16 * 1024;

// Calls `add` unless the value is the records' "not known".
template <typename T, typename Add>
void if_known(T value, Add add) {
  if (std::isfinite(value)) add(value);
}

float finite_or_zero(float value) { return std::isfinite(value) ? value : 0.0f; }

}  // namespace

StepEncoder::StepEncoder(const engine::TokenTable& tokens)
    : tokens_(tokens), builder_(kInitialBytes), written_(tokens.size()) {}

void StepEncoder::start_message() {
  builder_.Clear();
  for (const std::int32_t id : written_ids_) written_[static_cast<std::size_t>(id)] = {};
  written_ids_.clear();
  steps_.clear();
  finished_ = false;
}

// A token's bytes are a string or a byte vector, as the schema's rule says; both are
// written as the same kind of object, so their offsets can be kept alike.
flatbuffers::uoffset_t StepEncoder::bytes_of(std::int32_t id) {
  Bytes& bytes = written_[static_cast<std::size_t>(id)];
  if (bytes.offset != 0) return bytes.offset;
  const std::string_view text = tokens_.bytes(id);
  bytes.offset = tokens_.is_text(id)
                     ? builder_.CreateString(text.data(), text.size()).o
                     : builder_.CreateVector(reinterpret_cast<const std::uint8_t*>(text.data()), text.size()).o;
  written_ids_.push_back(id);
  return bytes.offset;
}

flatbuffers::Offset<pb::Token> StepEncoder::token(std::int32_t id) {
  const flatbuffers::uoffset_t bytes = bytes_of(id);
  pb::TokenBuilder token(builder_);
  token.add_id(id);
  if (tokens_.is_text(id)) {
    token.add_text(bytes);
  } else {
    token.add_bytes(bytes);
  }
  token.add_kind(static_cast<pb::TokenKind>(tokens_.kind(id)));
  return token.Finish();
}

flatbuffers::Offset<pb::Candidate> StepEncoder::candidate(const engine::CandidateRecord& record) {
  const flatbuffers::uoffset_t bytes = bytes_of(record.id);
  pb::CandidateBuilder candidate(builder_);
  candidate.add_id(record.id);
  if (tokens_.is_text(record.id)) {
    candidate.add_text(bytes);
  } else {
    candidate.add_bytes(bytes);
  }
  if_known(record.logit, [&](float value) { candidate.add_logit(value); });
  if_known(record.raw_logprob, [&](float value) { candidate.add_raw_logprob(value); });
  if_known(record.final_prob, [&](float value) { candidate.add_final_prob(value); });
  candidate.add_kind(static_cast<pb::TokenKind>(tokens_.kind(record.id)));
  if (record.removed_by != engine::kNone) candidate.add_removed_by(record.removed_by);
  candidate.add_banned(record.banned);
  return candidate.Finish();
}

flatbuffers::Offset<pb::StageTrace> StepEncoder::stage(const engine::StageRecord& record) {
  pb::StageTraceBuilder stage(builder_);
  stage.add_n_in(record.n_in);
  stage.add_n_out(record.n_out);
  stage.add_mass_removed(finite_or_zero(record.mass_removed));
  stage.add_entropy_before(finite_or_zero(record.entropy_before));
  stage.add_entropy_after(finite_or_zero(record.entropy_after));
  stage.add_top_before(record.top_before);
  stage.add_top_after(record.top_after);
  if (record.selected >= 0) stage.add_selected(record.selected);
  if_known(record.value, [&](float value) { stage.add_value(value); });
  stage.add_stage(record.stage);
  stage.add_kind(static_cast<pb::StageKind>(record.kind));
  stage.add_removed_top(record.removed_top);
  stage.add_changed(record.changed);
  return stage.Finish();
}

flatbuffers::Offset<pb::Watched> StepEncoder::watched(const engine::WatchRecord& record) {
  pb::WatchedBuilder watched(builder_);
  if_known(record.raw_prob, [&](float value) { watched.add_raw_prob(value); });
  if (record.best >= 0) watched.add_best(record.best);
  if (record.best_rank > 0) watched.add_best_rank(record.best_rank);
  return watched.Finish();
}

void StepEncoder::add(const engine::StepRecord& record) {
  if (finished_ || steps_.empty()) start_message();
  INFERNO_CHECK(steps_.empty() || record.is_prompt == is_prompt_);
  is_prompt_ = record.is_prompt;

  candidates_.clear();
  for (const engine::CandidateRecord& one : record.candidates) candidates_.push_back(candidate(one));
  stages_.clear();
  for (const engine::StageRecord& one : record.stages) stages_.push_back(stage(one));
  watched_.clear();
  for (const engine::WatchRecord& one : record.watched) watched_.push_back(watched(one));
  const auto own_token = token(record.token);
  const auto candidates = candidates_.empty() ? 0 : builder_.CreateVector(candidates_);
  const auto stages = stages_.empty() ? 0 : builder_.CreateVector(stages_);
  const auto watched = watched_.empty() ? 0 : builder_.CreateVector(watched_);

  pb::StepBuilder step(builder_);
  step.add_position(record.position);
  step.add_token(own_token);
  if_known(record.logit, [&](float value) { step.add_logit(value); });
  if_known(record.raw_logprob, [&](float value) { step.add_raw_logprob(value); });
  if_known(record.final_prob, [&](float value) { step.add_final_prob(value); });
  if (record.rank > 0) step.add_rank(record.rank);
  if_known(record.entropy, [&](float value) { step.add_entropy(value); });
  if_known(record.log_sum_exp, [&](float value) { step.add_log_sum_exp(value); });
  if_known(record.tail_mass, [&](float value) { step.add_tail_mass(value); });
  step.add_n_non_finite(record.n_non_finite);
  if (!candidates_.empty()) step.add_candidates(candidates);
  step.add_n_top(record.n_top);
  if (!stages_.empty()) step.add_stages(stages);
  if (record.n_final > 0) step.add_n_final(record.n_final);
  step.add_decode_us(finite_or_zero(record.decode_us));
  step.add_sample_us(finite_or_zero(record.sample_us));
  step.add_capture_us(finite_or_zero(record.capture_us));
  step.add_forced(record.forced);
  step.add_end_of_text(record.end_of_text);
  if_known(record.draw, [&](double value) { step.add_draw(value); });
  if (record.chain_token >= 0) step.add_chain_token(record.chain_token);
  if (!watched_.empty()) step.add_watched(watched);
  steps_.push_back(step.Finish());
}

std::span<const std::uint8_t> StepEncoder::finish(std::uint32_t run, std::uint32_t seq) {
  INFERNO_CHECK(!finished_ && !steps_.empty());
  const auto steps = builder_.CreateVector(steps_);
  const pb::Body type = is_prompt_ ? pb::Body::PromptTokens : pb::Body::Steps;
  const auto body =
      is_prompt_ ? pb::CreatePromptTokens(builder_, steps).Union() : pb::CreateSteps(builder_, steps).Union();
  pb::EnvelopeBuilder envelope(builder_);
  envelope.add_run(run);
  envelope.add_seq(seq);
  envelope.add_body(body);
  envelope.add_body_type(type);
  builder_.Finish(envelope.Finish(), pb::EnvelopeIdentifier());
  finished_ = true;
  return {builder_.GetBufferPointer(), builder_.GetSize()};
}

}  // namespace inferno::worker
