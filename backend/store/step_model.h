#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace inferno::store {

// The tables of the schema whose fields foretell one another.
enum class TableKind : std::uint8_t { kOther, kEnvelope, kStep, kCandidate, kStage, kToken };
TableKind table_kind(std::string_view table);

// The fields that are foretold, or foretell others; all have 4 bytes.
enum class Slot : std::uint8_t {
  kNone,
  kEnvelopeRun,
  kEnvelopeSeq,
  kTokenId,
  kPosition,
  kLogit,
  kRawLogprob,
  kFinalProb,
  kRank,
  kEntropy,
  kLogSumExp,
  kNFinal,
  kCandidateId,
  kCandidateLogit,
  kCandidateRawLogprob,
  kCandidateFinalProb,
  kStageNIn,
  kStageNOut,
  kStageEntropyBefore,
  kStageEntropyAfter,
  kStageTopBefore,
  kStageTopAfter,
  kStageSelected,
};
Slot slot_of(TableKind table, std::string_view field);

// Foretells the fields of a run's messages from those before them, so that a recording
// need only keep the small differences: a candidate's raw log-probability is its logit
// minus the step's log-sum-exp, a final probability follows the others' by the
// temperature, a stage takes in what the one before left, and so on. Writer and reader
// feed it the same values in the same order, so both foretell the same, on every
// machine. A wrong guess costs bytes, never truth. Values are bit patterns.
class StepModel {
 public:
  StepModel(std::uint32_t run, std::uint32_t first_seq) : run_(run), last_seq_(first_seq - 1) {}

  void begin(TableKind table);
  // What stands for the field of the table begun last; 0 where nothing is foretold.
  std::uint32_t residual(Slot slot, std::uint32_t value) const;
  std::uint32_t value(Slot slot, std::uint32_t residual) const;
  // The field's value; call for every field that is present.
  void note(Slot slot, std::uint32_t value);

 private:
  struct Candidate {
    std::uint32_t id = 0;
    std::optional<std::uint32_t> logit, raw_logprob, final_prob;
  };
  struct Stage {
    std::uint32_t n_in = 0, n_out = 0, entropy_before = 0, entropy_after = 0, top_before = 0, top_after = 0;
  };

  std::optional<std::uint32_t> predict(Slot slot) const;
  std::optional<std::uint32_t> predict_candidate(Slot slot) const;
  std::optional<std::uint32_t> predict_stage(Slot slot) const;
  std::optional<std::uint32_t> predict_final_prob() const;
  const Candidate* chosen() const;
  std::uint32_t n_survivors() const;
  void note_final_prob(std::uint32_t value);

  std::uint32_t run_;
  std::uint32_t last_seq_;
  std::uint32_t token_ = 0;
  std::optional<std::uint32_t> position_;  // of the step before
  std::optional<std::uint32_t> entropy_, log_sum_exp_;
  std::vector<Candidate> candidates_;
  std::vector<Stage> stages_;
  // Of the candidates that may be chosen: ln(probability) = slope * logit + constant.
  // The slope is the inverse temperature, found from the first and the latest of them.
  double slope_ = 1;
  std::optional<std::size_t> first_survivor_;
};

}  // namespace inferno::store
