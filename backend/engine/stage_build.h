#pragma once

#include <llama.h>

#include <memory>

#include "base/result.h"
#include "engine/sampler_spec.h"
#include "engine/stage_rules.h"

namespace inferno::engine {

struct SamplerDeleter {
  void operator()(llama_sampler* sampler) const { llama_sampler_free(sampler); }
};
using SamplerHandle = std::unique_ptr<llama_sampler, SamplerDeleter>;

// Makes libllama's sampler for a stage that resolve_stage() has passed. `vocab` may
// be null for kinds that need no tokenizer.
// Errors: kBadGrammar, in llama.cpp's own words and with the offset where it is known;
// kInternal.
Result<SamplerHandle> build_stage(const StageSpec& stage, const llama_vocab* vocab, const ChainContext& context);

}  // namespace inferno::engine
