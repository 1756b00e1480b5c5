#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "base/result.h"
#include "engine/past_token.h"
#include "engine/sampler_chain.h"
#include "engine/sampler_trace.h"

namespace inferno::engine {

// A run's sampler: libllama's chain and the trace that watches it, and the way back to
// where they were before a choice.
//
// The state of most chains follows from the tokens they were told of and the numbers
// they drew, so it is rebuilt from the past. Mirostat, AdaptiveP and XTC also move while
// they are applied: for them a mark is taken before a choice that may be taken back.
// One thread; the vocabulary must outlive it.
class Sampler {
 public:
  // What stages that move while applied were before a choice.
  struct Mark {
    std::vector<std::pair<std::size_t, SamplerHandle>> stages;
    SamplerTrace::Followed followed;
  };

  // Errors: as SamplerChain::create.
  static Result<Sampler> create(std::vector<StageSpec> asked, const llama_vocab* vocab, const ChainContext& context);

  const std::vector<StageSpec>& stages() const { return chain_->stages(); }
  // True where the state does not follow from the past alone.
  bool needs_marks() const { return !moving_.empty(); }

  // Tells a new sampler of the prompt, and of what was generated before it came into use.
  void begin(std::span<const std::int32_t> prompt, std::span<const PastToken> earlier);
  // As SamplerTrace::sample; the token is not accepted by it.
  Result<Chosen> sample(const LogitStats& stats, bool trace, StepRecord& record, std::span<const std::int32_t> banned) {
    return trace_->sample(stats, trace, record, banned);
  }
  // Error: kBadGrammar, where a grammar does not go on after the token.
  Result<void> accept(std::int32_t token);
  bool grammar_allows(std::int32_t token) const { return chain_->grammar_allows(token); }

  // Reuses the mark's room.
  void mark(Mark& into) const;
  // Back to where it stood behind `past`, `earlier` of which were before its time; `mark`
  // is of that place, and needed where needs_marks().
  Result<void> restore(std::span<const std::int32_t> prompt, std::span<const PastToken> past, std::size_t n_earlier,
                       const Mark* mark);

 private:
  Sampler(const llama_vocab* vocab, const ChainContext& context, SamplerChain chain);
  SamplerHandle revived(const llama_sampler* marked, std::size_t stage, std::uint64_t n_adaptive_draws) const;

  const llama_vocab* vocab_;
  ChainContext context_;
  std::unique_ptr<SamplerChain> chain_;  // at one address: the trace refers to it
  std::unique_ptr<SamplerTrace> trace_;
  std::vector<std::size_t> moving_;  // stages that move while they are applied
};

}  // namespace inferno::engine
