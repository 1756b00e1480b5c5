#include "store/step_model.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <utility>

#include "store/exact_math.h"

namespace inferno::store {

namespace {

struct NamedSlot {
  TableKind table;
  std::string_view field;
  Slot slot;
};

using T = TableKind;
constexpr std::array kSlots = {
    NamedSlot{T::kEnvelope, "run", Slot::kEnvelopeRun},
    NamedSlot{T::kEnvelope, "seq", Slot::kEnvelopeSeq},
    NamedSlot{T::kToken, "id", Slot::kTokenId},
    NamedSlot{T::kStep, "position", Slot::kPosition},
    NamedSlot{T::kStep, "logit", Slot::kLogit},
    NamedSlot{T::kStep, "raw_logprob", Slot::kRawLogprob},
    NamedSlot{T::kStep, "final_prob", Slot::kFinalProb},
    NamedSlot{T::kStep, "rank", Slot::kRank},
    NamedSlot{T::kStep, "entropy", Slot::kEntropy},
    NamedSlot{T::kStep, "log_sum_exp", Slot::kLogSumExp},
    NamedSlot{T::kStep, "n_final", Slot::kNFinal},
    NamedSlot{T::kCandidate, "id", Slot::kCandidateId},
    NamedSlot{T::kCandidate, "logit", Slot::kCandidateLogit},
    NamedSlot{T::kCandidate, "raw_logprob", Slot::kCandidateRawLogprob},
    NamedSlot{T::kCandidate, "final_prob", Slot::kCandidateFinalProb},
    NamedSlot{T::kStage, "n_in", Slot::kStageNIn},
    NamedSlot{T::kStage, "n_out", Slot::kStageNOut},
    NamedSlot{T::kStage, "entropy_before", Slot::kStageEntropyBefore},
    NamedSlot{T::kStage, "entropy_after", Slot::kStageEntropyAfter},
    NamedSlot{T::kStage, "top_before", Slot::kStageTopBefore},
    NamedSlot{T::kStage, "top_after", Slot::kStageTopAfter},
    NamedSlot{T::kStage, "selected", Slot::kStageSelected},
};

bool is_float(Slot slot) {
  switch (slot) {
    case Slot::kLogit:
    case Slot::kRawLogprob:
    case Slot::kFinalProb:
    case Slot::kCandidateLogit:
    case Slot::kCandidateRawLogprob:
    case Slot::kCandidateFinalProb:
    case Slot::kStageEntropyBefore:
    case Slot::kStageEntropyAfter:
      return true;
    default:
      return false;
  }
}

// Floats as integers in the same order: neighbouring floats differ by 1.
std::uint32_t ordered(std::uint32_t bits) { return (bits & 0x80000000u) ? ~bits : bits | 0x80000000u; }
std::uint32_t unordered(std::uint32_t number) { return (number & 0x80000000u) ? number & 0x7FFFFFFFu : ~number; }

std::uint32_t zigzag(std::uint32_t difference) { return (difference << 1) ^ (0u - (difference >> 31)); }
std::uint32_t unzigzag(std::uint32_t number) { return (number >> 1) ^ (0u - (number & 1)); }

float as_float(std::uint32_t bits) { return std::bit_cast<float>(bits); }

bool is_probability(double p) { return p > 1e-30 && p <= 2; }

}  // namespace

TableKind table_kind(std::string_view table) {
  const auto is = [table](std::string_view name) {
    return table == name ||
           (table.size() > name.size() && table.ends_with(name) && table[table.size() - name.size() - 1] == '.');
  };
  if (is("Envelope")) return T::kEnvelope;
  if (is("Step")) return T::kStep;
  if (is("Candidate")) return T::kCandidate;
  if (is("StageTrace")) return T::kStage;
  if (is("Token")) return T::kToken;
  return T::kOther;
}

Slot slot_of(TableKind table, std::string_view field) {
  const auto found = std::find_if(kSlots.begin(), kSlots.end(),
                                  [&](const NamedSlot& entry) { return entry.table == table && entry.field == field; });
  return found == kSlots.end() ? Slot::kNone : found->slot;
}

void StepModel::begin(TableKind table) {
  switch (table) {
    case T::kStep:
      candidates_.clear();
      stages_.clear();
      entropy_.reset();
      log_sum_exp_.reset();
      first_survivor_.reset();
      break;
    case T::kCandidate:
      candidates_.emplace_back();
      break;
    case T::kStage:
      stages_.emplace_back();
      break;
    default:
      break;
  }
}

std::uint32_t StepModel::residual(Slot slot, std::uint32_t value) const {
  const auto guess = predict(slot);
  if (!guess) return value;
  if (slot == Slot::kCandidateLogit) return ordered(*guess) - ordered(value);  // candidates come in falling order
  return is_float(slot) ? zigzag(ordered(value) - ordered(*guess)) : zigzag(value - *guess);
}

std::uint32_t StepModel::value(Slot slot, std::uint32_t residual) const {
  const auto guess = predict(slot);
  if (!guess) return residual;
  if (slot == Slot::kCandidateLogit) return unordered(ordered(*guess) - residual);
  return is_float(slot) ? unordered(ordered(*guess) + unzigzag(residual)) : *guess + unzigzag(residual);
}

std::optional<std::uint32_t> StepModel::predict(Slot slot) const {
  const Candidate* candidate = nullptr;
  switch (slot) {
    case Slot::kEnvelopeRun:
      return run_;
    case Slot::kEnvelopeSeq:
      return last_seq_ + 1;
    case Slot::kPosition:
      return position_ ? *position_ + 1 : 0;
    case Slot::kLogit:
      candidate = chosen();
      return candidate ? candidate->logit : std::nullopt;
    case Slot::kRawLogprob:
      candidate = chosen();
      return candidate ? candidate->raw_logprob : std::nullopt;
    case Slot::kFinalProb:
      candidate = chosen();
      return candidate ? candidate->final_prob : std::nullopt;
    case Slot::kRank:
      candidate = chosen();
      return candidate ? std::optional(static_cast<std::uint32_t>(candidate - candidates_.data()) + 1) : std::nullopt;
    case Slot::kNFinal:
      return n_survivors();
    case Slot::kCandidateLogit:
    case Slot::kCandidateRawLogprob:
    case Slot::kCandidateFinalProb:
      return predict_candidate(slot);
    default:
      return predict_stage(slot);
  }
}

std::optional<std::uint32_t> StepModel::predict_candidate(Slot slot) const {
  if (candidates_.empty()) return std::nullopt;
  if (slot == Slot::kCandidateFinalProb) return predict_final_prob();
  if (slot == Slot::kCandidateLogit)
    return candidates_.size() < 2 ? std::nullopt : candidates_[candidates_.size() - 2].logit;
  const auto& logit = candidates_.back().logit;
  if (!logit || !log_sum_exp_) return std::nullopt;
  const float difference = as_float(*logit) - as_float(*log_sum_exp_);
  return std::isfinite(difference) ? std::optional(std::bit_cast<std::uint32_t>(difference)) : std::nullopt;
}

std::optional<std::uint32_t> StepModel::predict_stage(Slot slot) const {
  if (stages_.empty()) return std::nullopt;
  const Stage& stage = stages_.back();
  const Stage* before = stages_.size() > 1 ? &stages_[stages_.size() - 2] : nullptr;
  switch (slot) {
    case Slot::kStageNIn:
      return before ? std::optional(before->n_out) : std::nullopt;
    case Slot::kStageNOut:
      return stage.n_in;
    case Slot::kStageEntropyBefore:
      return before ? std::optional(before->entropy_after) : entropy_;
    case Slot::kStageEntropyAfter:
      return stage.entropy_before;
    case Slot::kStageTopBefore:
      if (before) return before->top_after;
      return candidates_.empty() ? std::nullopt : std::optional(candidates_.front().id);
    case Slot::kStageTopAfter:
      return stage.top_before;
    case Slot::kStageSelected:
      return token_;
    default:
      return std::nullopt;
  }
}

std::optional<std::uint32_t> StepModel::predict_final_prob() const {
  if (!first_survivor_) return std::nullopt;
  const Candidate& first = candidates_[*first_survivor_];
  const auto& logit = candidates_.back().logit;
  if (!logit || !first.logit || !first.final_prob) return std::nullopt;
  const double exponent =
      slope_ * (static_cast<double>(as_float(*logit)) - static_cast<double>(as_float(*first.logit)));
  if (!(exponent > -60 && exponent < 60)) return std::nullopt;
  const double guess = static_cast<double>(as_float(*first.final_prob)) * exact_exp(exponent);
  return is_probability(guess) ? std::optional(std::bit_cast<std::uint32_t>(static_cast<float>(guess))) : std::nullopt;
}

void StepModel::note_final_prob(std::uint32_t value) {
  Candidate& candidate = candidates_.back();
  candidate.final_prob = value;
  if (!first_survivor_) {
    first_survivor_ = candidates_.size() - 1;
    return;
  }
  const Candidate& first = candidates_[*first_survivor_];
  if (!candidate.logit || !first.logit) return;
  const double p = as_float(value);
  const double p_first = as_float(*first.final_prob);
  const double distance = static_cast<double>(as_float(*candidate.logit)) - static_cast<double>(as_float(*first.logit));
  if (!is_probability(p) || !is_probability(p_first) || !(std::fabs(distance) > 0.01 && std::fabs(distance) < 1e4))
    return;
  const double slope = (exact_log(p) - exact_log(p_first)) / distance;
  // A slope from two near candidates is rough: keep the one there is while it fits.
  const double off = std::fabs((slope - slope_) * distance);
  if (off > 1e-5 || std::fabs(distance) > 2) slope_ = slope;
}

const StepModel::Candidate* StepModel::chosen() const {
  const auto found = std::find_if(candidates_.begin(), candidates_.end(),
                                  [this](const Candidate& candidate) { return candidate.id == token_; });
  return found == candidates_.end() ? nullptr : &*found;
}

std::uint32_t StepModel::n_survivors() const {
  return static_cast<std::uint32_t>(std::count_if(candidates_.begin(), candidates_.end(),
                                                  [](const Candidate& c) { return c.final_prob.has_value(); }));
}

void StepModel::note(Slot slot, std::uint32_t value) {
  switch (slot) {
    case Slot::kEnvelopeSeq:
      last_seq_ = value;
      return;
    case Slot::kTokenId:
      token_ = value;
      return;
    case Slot::kPosition:
      position_ = value;
      return;
    case Slot::kEntropy:
      entropy_ = value;
      return;
    case Slot::kLogSumExp:
      log_sum_exp_ = value;
      return;
    default:
      break;
  }
  if (!candidates_.empty()) {
    Candidate& candidate = candidates_.back();
    if (slot == Slot::kCandidateId) candidate.id = value;
    if (slot == Slot::kCandidateLogit) candidate.logit = value;
    if (slot == Slot::kCandidateRawLogprob) candidate.raw_logprob = value;
    if (slot == Slot::kCandidateFinalProb) note_final_prob(value);
  }
  if (stages_.empty()) return;
  Stage& stage = stages_.back();
  if (slot == Slot::kStageNIn) stage.n_in = value;
  if (slot == Slot::kStageNOut) stage.n_out = value;
  if (slot == Slot::kStageEntropyBefore) stage.entropy_before = value;
  if (slot == Slot::kStageEntropyAfter) stage.entropy_after = value;
  if (slot == Slot::kStageTopBefore) stage.top_before = value;
  if (slot == Slot::kStageTopAfter) stage.top_after = value;
}

}  // namespace inferno::store
