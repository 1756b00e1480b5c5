#include "engine/sampler_chain.h"

#include <cmath>
#include <string>
#include <utility>

#include "engine/llama_call.h"

namespace inferno::engine {
namespace {

Result<void> check_choosing(const std::vector<StageSpec>& stages) {
  for (std::size_t i = 0; i + 1 < stages.size(); ++i) {
    if (!stage_chooses(stages[i].kind)) continue;
    return Error{ErrorCode::kInvalidArgument,
                 "Sampler stage " + std::to_string(i + 1) + " (" + std::string(stage_name(stages[i].kind)) +
                     ") chooses the token, but stages follow it.",
                 "Only the last stage may choose."};
  }
  if (stage_chooses(stages.back().kind)) return {};
  return Error{
      ErrorCode::kInvalidArgument,
      "The sampler chain ends with " + std::string(stage_name(stages.back().kind)) + ", which chooses no token.",
      "End it with Greedy, Distribution, Mirostat1, Mirostat2 or AdaptiveP."};
}

}  // namespace

std::vector<StageSpec> default_chain() {
  std::vector<StageSpec> stages;
  for (StageKind kind :
       {StageKind::kTopK, StageKind::kTopP, StageKind::kMinP, StageKind::kTemperature, StageKind::kDistribution}) {
    stages.emplace_back().kind = kind;
  }
  return stages;
}

SamplerChain::SamplerChain(std::vector<StageSpec> stages, SamplerHandle chain)
    : stages_(std::move(stages)), chain_(std::move(chain)) {}

Result<SamplerChain> SamplerChain::create(std::vector<StageSpec> asked, const llama_vocab* vocab,
                                          const ChainContext& context) {
  if (asked.empty()) asked = default_chain();
  if (asked.size() > kMaxStages) {
    return Error{ErrorCode::kTooLarge, "The sampler chain has " + std::to_string(asked.size()) + " stages.",
                 "It can have " + std::to_string(kMaxStages) + "."};
  }
  std::vector<StageSpec> stages;
  for (std::size_t i = 0; i < asked.size(); ++i) {
    Result<StageSpec> stage = resolve_stage(asked[i], i, context);
    if (!stage) return stage.error();
    stages.push_back(std::move(*stage));
  }
  const Result<void> choosing = check_choosing(stages);
  if (!choosing) return choosing.error();

  llama_sampler_chain_params params = llama_sampler_chain_default_params();
  params.no_perf = true;
  SamplerHandle chain(llama_sampler_chain_init(params));
  for (const StageSpec& stage : stages) {
    Result<SamplerHandle> sampler = build_stage(stage, vocab, context);
    if (!sampler) return sampler.error();
    llama_sampler_chain_add(chain.get(), sampler->release());
  }
  return SamplerChain(std::move(stages), std::move(chain));
}

void SamplerChain::accept_prompt(std::span<const std::int32_t> tokens) {
  const LlamaCall call;
  for (std::size_t i = 0; i < stages_.size(); ++i) {
    const StageKind kind = stages_[i].kind;
    if (kind != StageKind::kPenalties && kind != StageKind::kDry) continue;
    for (const std::int32_t token : tokens) llama_sampler_accept(stage(i), token);
  }
}

Result<void> SamplerChain::accept(std::int32_t token) {
  try {
    const LlamaCall call;
    llama_sampler_accept(chain_.get(), token);
    return {};
  } catch (const std::exception& failure) {
    return Error{ErrorCode::kBadGrammar, std::string("The grammar does not go on after this token: ") + failure.what(),
                 ""};
  }
}

// Asks by applying the stage to the one token: accepting a token that the grammar
// forbids throws, and for an end-of-text token aborts the process.
bool SamplerChain::grammar_allows(std::int32_t token) const {
  const LlamaCall call;
  for (std::size_t i = 0; i < stages_.size(); ++i) {
    if (stages_[i].kind != StageKind::kGrammar) continue;
    llama_token_data candidate = {token, 0.0f, 0.0f};
    llama_token_data_array candidates = {&candidate, 1, -1, false};
    llama_sampler_apply(stage(i), &candidates);
    if (!std::isfinite(candidate.logit)) return false;
  }
  return true;
}

}  // namespace inferno::engine
