#pragma once

#include <llama.h>

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "base/result.h"
#include "engine/sampler_spec.h"
#include "engine/stage_build.h"
#include "engine/stage_rules.h"

namespace inferno::engine {

// The chain for a run that names none: TopK, TopP, MinP, Temperature, Distribution.
std::vector<StageSpec> default_chain();

// Tries what SamplerChain::create would make, every stage by itself.
CheckedChain check_chain(std::vector<StageSpec> asked, const llama_vocab* vocab, const ChainContext& context);

// llama.cpp's sampler chain, built from stage specs, and its state: what it has been
// told of the tokens so far. Owns libllama's chain. Does not measure anything:
// applying it with a trace is SamplerTrace (sampler_trace.h).
// One thread. Nothing that libllama throws gets out.
class SamplerChain {
 public:
  // An empty list means default_chain(). `vocab` may be null if the context says
  // that there is no tokenizer. Errors: those of resolve_stage and build_stage;
  // kInvalidArgument if the chain does not end with the only stage that chooses. They
  // name the stage.
  static Result<SamplerChain> create(std::vector<StageSpec> asked, const llama_vocab* vocab,
                                     const ChainContext& context);

  // As it runs: every parameter that is read filled in.
  const std::vector<StageSpec>& stages() const { return stages_; }
  // libllama's chain, for applying it as a whole.
  llama_sampler* chain() const { return chain_.get(); }
  llama_sampler* stage(std::size_t index) const {
    return llama_sampler_chain_get(chain_.get(), static_cast<std::int32_t>(index));
  }

  // Tells the stages that look back (penalties, DRY) of the prompt; a grammar speaks
  // of the generated text only. llama.cpp's own programs do the same.
  void accept_prompt(std::span<const std::int32_t> tokens);
  // Tells them of what was generated before this chain came into use. A grammar goes on
  // from there if it allows all of that, and else begins here.
  void accept_earlier(std::span<const std::int32_t> generated);
  // Tells all stages of a generated token. Error: kBadGrammar, when a grammar does
  // not allow it; the chain cannot be used after that.
  Result<void> accept(std::int32_t token);
  // False if a grammar of the chain does not allow the token next.
  bool grammar_allows(std::int32_t token) const;
  // Puts another sampler of the same kind into a stage's place.
  void replace(std::size_t index, SamplerHandle sampler);

 private:
  SamplerChain(std::vector<StageSpec> stages, SamplerHandle chain);
  bool stage_allows(std::size_t index, std::int32_t token) const;

  std::vector<StageSpec> stages_;
  SamplerHandle chain_;
};

}  // namespace inferno::engine
