#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "inferno_generated.h"

namespace inferno::cli {

// Sums over the tokens of a text: mean log-probability, perplexity, and which tokens
// the model expected least. A token without a log-probability (the first of a
// context, or where it was not measured) counts for none of them.
class RunStatistics {
 public:
  struct Surprise {
    std::uint32_t position = 0;
    std::string token;  // quoted
    double raw_logprob = 0;
    std::optional<std::uint32_t> rank;
  };
  static constexpr std::size_t kSurprises = 5;

  // `position` is the one to report, which may differ from the step's own.
  void add(const protocol::Step& step, std::uint32_t position);
  void add(const protocol::Step& step) { add(step, step.position()); }

  std::uint64_t n_tokens() const { return n_tokens_; }
  std::uint64_t n_scored() const { return n_scored_; }
  double sum_logprob() const { return sum_logprob_; }
  std::optional<double> mean_logprob() const;
  std::optional<double> perplexity() const;
  const std::vector<Surprise>& surprises() const { return surprises_; }  // worst first

 private:
  std::uint64_t n_tokens_ = 0;
  std::uint64_t n_scored_ = 0;
  double sum_logprob_ = 0;
  std::vector<Surprise> surprises_;
};

// "0.4 %", with as many digits as it takes to not be zero.
std::string percent(double probability);

}  // namespace inferno::cli
