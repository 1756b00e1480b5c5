#include "cli/run_statistics.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "cli/token_printer.h"

namespace inferno::cli {

void RunStatistics::add(const protocol::Step& step, std::uint32_t position) {
  ++n_tokens_;
  const auto logprob = step.raw_logprob();
  if (!logprob) return;
  ++n_scored_;
  sum_logprob_ += *logprob;
  if (surprises_.size() == kSurprises && *logprob >= surprises_.back().raw_logprob) return;
  Surprise surprise{position, quoted(step.token()), *logprob, std::nullopt};
  if (step.rank()) surprise.rank = *step.rank();
  const auto at = std::find_if(surprises_.begin(), surprises_.end(),
                               [&](const Surprise& other) { return *logprob < other.raw_logprob; });
  surprises_.insert(at, std::move(surprise));
  if (surprises_.size() > kSurprises) surprises_.pop_back();
}

std::optional<double> RunStatistics::mean_logprob() const {
  if (n_scored_ == 0) return std::nullopt;
  return sum_logprob_ / static_cast<double>(n_scored_);
}

std::optional<double> RunStatistics::perplexity() const {
  const auto mean = mean_logprob();
  return mean ? std::optional(std::exp(-*mean)) : std::nullopt;
}

std::string percent(double probability) {
  const double value = probability * 100;
  if (value >= 10 || value == 0) return fmt::format("{:.0f} %", value);
  if (value >= 0.1) return fmt::format("{:.1f} %", value);
  return fmt::format("{:.1g} %", value);
}

}  // namespace inferno::cli
