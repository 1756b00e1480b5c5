#pragma once

#include <bit>
#include <cstdint>
#include <string>
#include <vector>

#include "engine/past_token.h"
#include "engine/step.h"

namespace inferno::engine {

// Names the first thing in which two records differ, to the bit and times left out;
// empty where there is none.
class StepDifference {
 public:
  StepDifference(const StepRecord& a, const StepRecord& b) {
    compare("position", a.position, b.position);
    compare("token", a.token, b.token);
    compare("logit", a.logit, b.logit);
    compare("raw_logprob", a.raw_logprob, b.raw_logprob);
    compare("final_prob", a.final_prob, b.final_prob);
    compare("rank", a.rank, b.rank);
    compare("entropy", a.entropy, b.entropy);
    compare("log_sum_exp", a.log_sum_exp, b.log_sum_exp);
    compare("tail_mass", a.tail_mass, b.tail_mass);
    compare("n_final", a.n_final, b.n_final);
    compare("draw", a.draw, b.draw);
    compare("forced", a.forced, b.forced);
    compare("end_of_text", a.end_of_text, b.end_of_text);
    compare("chain_token", a.chain_token, b.chain_token);
    compare("number of candidates", a.candidates.size(), b.candidates.size());
    for (std::size_t i = 0; what_.empty() && i < a.candidates.size(); ++i) compare(a.candidates[i], b.candidates[i]);
    compare("number of stages", a.stages.size(), b.stages.size());
    for (std::size_t i = 0; what_.empty() && i < a.stages.size(); ++i) compare(a.stages[i], b.stages[i]);
  }
  const std::string& what() const { return what_; }

 private:
  static auto bits(float value) { return std::bit_cast<std::uint32_t>(value); }
  static auto bits(double value) { return std::bit_cast<std::uint64_t>(value); }
  template <typename T>
  static T bits(T value) {
    return value;
  }
  template <typename T>
  void compare(const std::string& name, T a, T b) {
    if (what_.empty() && bits(a) != bits(b)) what_ = name + ": " + std::to_string(a) + " and " + std::to_string(b);
  }
  void compare(const CandidateRecord& a, const CandidateRecord& b) {
    compare("candidate", a.id, b.id);
    compare("candidate's logit", a.logit, b.logit);
    compare("candidate's final_prob", a.final_prob, b.final_prob);
    compare("candidate's removed_by", a.removed_by, b.removed_by);
    compare("candidate's banned", a.banned, b.banned);
  }
  void compare(const StageRecord& a, const StageRecord& b) {
    const std::string which = "stage " + std::to_string(a.stage) + "'s ";
    compare(which + "n_in", a.n_in, b.n_in);
    compare(which + "n_out", a.n_out, b.n_out);
    compare(which + "mass_removed", a.mass_removed, b.mass_removed);
    compare(which + "entropy_after", a.entropy_after, b.entropy_after);
    compare(which + "selected", a.selected, b.selected);
    compare(which + "value", a.value, b.value);
  }

  std::string what_;
};

// Names the first step in which two runs differ; empty where they are the same from `from` on.
inline std::string difference(const std::vector<StepRecord>& a, const std::vector<StepRecord>& b,
                              std::size_t from = 0) {
  if (a.size() != b.size()) return std::to_string(a.size()) + " and " + std::to_string(b.size()) + " steps";
  for (std::size_t i = from; i < a.size(); ++i) {
    const StepDifference different(a[i], b[i]);
    if (!different.what().empty()) return "step " + std::to_string(i) + ", " + different.what();
  }
  return "";
}

// What a server keeps of a run's steps for a branch of it.
inline std::vector<PastToken> past_of(const std::vector<StepRecord>& steps, std::size_t n) {
  std::vector<PastToken> past;
  for (std::size_t i = 0; i < n; ++i) past.push_back({steps[i].token, steps[i].forced, steps[i].draw == steps[i].draw});
  return past;
}

}  // namespace inferno::engine
