#include "engine/sampler_chain.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <string>
#include <utility>

#include "engine/llama_call.h"

namespace inferno::engine {
namespace {

Error at_stage(Error error, std::size_t index) {
  error.stage = static_cast<std::uint8_t>(index);
  return error;
}

// Stages after one that chooses would work on an array whose choice is made.
std::vector<Error> early_choices(const std::vector<StageSpec>& stages) {
  std::vector<Error> errors;
  for (std::size_t i = 0; i + 1 < stages.size(); ++i) {
    if (!stage_chooses(stages[i].kind)) continue;
    errors.push_back(
        at_stage({ErrorCode::kInvalidArgument,
                  "Sampler stage " + std::to_string(i + 1) + " (" + std::string(stage_name(stages[i].kind)) +
                      ") chooses the token, but stages follow it.",
                  "Only the last stage may choose."},
                 i));
  }
  return errors;
}

std::optional<Error> missing_choice(const std::vector<StageSpec>& stages) {
  const StageKind last = stages.back().kind;
  if (stage_chooses(last) || stage_name(last) == stage_name(StageKind::kUnset)) return std::nullopt;
  return Error{ErrorCode::kInvalidArgument,
               "The sampler chain ends with " + std::string(stage_name(last)) + ", which chooses no token.",
               "End it with Greedy, Distribution, Mirostat1, Mirostat2 or AdaptiveP."};
}

// A chain on its way: every stage is tried, whatever became of those before it.
struct Assembly {
  std::vector<StageSpec> stages;
  std::vector<SamplerHandle> samplers;
  std::vector<Error> errors;
};

void add_stage(Assembly& assembly, const StageSpec& asked, std::size_t index, const llama_vocab* vocab,
               const ChainContext& context) {
  Result<StageSpec> stage = resolve_stage(asked, index, context);
  if (!stage) return assembly.errors.push_back(at_stage(stage.error(), index));
  Result<SamplerHandle> sampler = build_stage(*stage, vocab, context);
  if (!sampler) return assembly.errors.push_back(at_stage(sampler.error(), index));
  assembly.stages.push_back(std::move(*stage));
  assembly.samplers.push_back(std::move(*sampler));
}

Assembly assemble(const std::vector<StageSpec>& asked, const llama_vocab* vocab, const ChainContext& context) {
  Assembly assembly;
  if (asked.size() > kMaxStages) {
    assembly.errors.push_back({ErrorCode::kTooLarge,
                               "The sampler chain has " + std::to_string(asked.size()) + " stages.",
                               "It can have " + std::to_string(kMaxStages) + "."});
    return assembly;
  }
  for (std::size_t i = 0; i < asked.size(); ++i) add_stage(assembly, asked[i], i, vocab, context);
  for (Error& error : early_choices(asked)) {
    const bool is_told = std::any_of(assembly.errors.begin(), assembly.errors.end(),
                                     [&](const Error& earlier) { return earlier.stage == error.stage; });
    if (!is_told) assembly.errors.push_back(std::move(error));
  }
  std::stable_sort(assembly.errors.begin(), assembly.errors.end(),
                   [](const Error& a, const Error& b) { return a.stage < b.stage; });
  if (const auto missing = missing_choice(asked)) assembly.errors.push_back(*missing);
  return assembly;
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
  Assembly assembly = assemble(asked, vocab, context);
  if (!assembly.errors.empty()) return assembly.errors.front();

  llama_sampler_chain_params params = llama_sampler_chain_default_params();
  params.no_perf = true;
  SamplerHandle chain(llama_sampler_chain_init(params));
  for (SamplerHandle& sampler : assembly.samplers) llama_sampler_chain_add(chain.get(), sampler.release());
  return SamplerChain(std::move(assembly.stages), std::move(chain));
}

CheckedChain check_chain(std::vector<StageSpec> asked, const llama_vocab* vocab, const ChainContext& context) {
  if (asked.empty()) asked = default_chain();
  Assembly assembly = assemble(asked, vocab, context);
  CheckedChain checked{{}, std::move(assembly.errors)};
  if (!checked.errors.empty()) return checked;
  checked.stages = std::move(assembly.stages);
  for (std::size_t i = 0; i < asked.size(); ++i) {
    if (!names_seed(asked[i])) checked.stages[i].seed.reset();
  }
  return checked;
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

void SamplerChain::accept_earlier(std::span<const std::int32_t> generated) {
  accept_prompt(generated);
  for (std::size_t i = 0; i < stages_.size(); ++i) {
    if (stages_[i].kind != StageKind::kGrammar) continue;
    for (const std::int32_t token : generated) {
      const bool allowed = stage_allows(i, token);
      const LlamaCall call;
      if (allowed) {
        llama_sampler_accept(stage(i), token);
        continue;
      }
      llama_sampler_reset(stage(i));
      break;
    }
  }
}

bool SamplerChain::grammar_allows(std::int32_t token) const {
  for (std::size_t i = 0; i < stages_.size(); ++i) {
    if (stages_[i].kind == StageKind::kGrammar && !stage_allows(i, token)) return false;
  }
  return true;
}

// Asks by applying the stage to the one token: accepting a token that the grammar
// forbids throws, and for an end-of-text token aborts the process.
bool SamplerChain::stage_allows(std::size_t index, std::int32_t token) const {
  const LlamaCall call;
  llama_token_data candidate = {token, 0.0f, 0.0f};
  llama_token_data_array candidates = {&candidate, 1, -1, false};
  llama_sampler_apply(stage(index), &candidates);
  return std::isfinite(candidate.logit);
}

// libllama's chain only grows at its end.
void SamplerChain::replace(std::size_t index, SamplerHandle sampler) {
  const LlamaCall call;
  std::vector<SamplerHandle> behind;
  while (llama_sampler_chain_n(chain_.get()) > static_cast<int>(index) + 1)
    behind.emplace_back(llama_sampler_chain_remove(chain_.get(), llama_sampler_chain_n(chain_.get()) - 1));
  const SamplerHandle replaced(llama_sampler_chain_remove(chain_.get(), static_cast<std::int32_t>(index)));
  llama_sampler_chain_add(chain_.get(), sampler.release());
  for (auto it = behind.rbegin(); it != behind.rend(); ++it) llama_sampler_chain_add(chain_.get(), it->release());
}

}  // namespace inferno::engine
