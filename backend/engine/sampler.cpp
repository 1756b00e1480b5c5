#include "engine/sampler.h"

#include <llama.h>

#include <array>
#include <utility>

#include "base/check.h"
#include "engine/llama_call.h"

namespace inferno::engine {

namespace {

bool moves_while_applied(StageKind kind) {
  return kind == StageKind::kXtc || kind == StageKind::kMirostat1 || kind == StageKind::kMirostat2 ||
         kind == StageKind::kAdaptiveP;
}

std::vector<std::int32_t> ids_of(std::span<const PastToken> past) {
  std::vector<std::int32_t> ids;
  ids.reserve(past.size());
  for (const PastToken& token : past) ids.push_back(token.id);
  return ids;
}

}  // namespace

Sampler::Sampler(const llama_vocab* vocab, const ChainContext& context, SamplerChain chain)
    : vocab_(vocab),
      context_(context),
      chain_(std::make_unique<SamplerChain>(std::move(chain))),
      trace_(std::make_unique<SamplerTrace>(*chain_, context.n_vocab)) {
  for (std::size_t i = 0; i < stages().size(); ++i) {
    if (moves_while_applied(stages()[i].kind)) moving_.push_back(i);
  }
}

Result<Sampler> Sampler::create(std::vector<StageSpec> asked, const llama_vocab* vocab, const ChainContext& context) {
  Result<SamplerChain> chain = SamplerChain::create(std::move(asked), vocab, context);
  if (!chain) return chain.error();
  return Sampler(vocab, context, std::move(*chain));
}

void Sampler::begin(std::span<const std::int32_t> prompt, std::span<const PastToken> earlier) {
  chain_->accept_prompt(prompt);
  if (!earlier.empty()) chain_->accept_earlier(ids_of(earlier));
}

Result<void> Sampler::accept(std::int32_t token) {
  Result<void> accepted = chain_->accept(token);
  trace_->told(token);
  return accepted;
}

void Sampler::mark(Mark& into) const {
  into.followed = trace_->followed();
  into.stages.clear();
  const LlamaCall call;
  for (const std::size_t stage : moving_)
    into.stages.emplace_back(stage, SamplerHandle(llama_sampler_clone(chain_->stage(stage))));
}

// A copy, so that the mark can be gone back to more than once. libllama's copy of an
// AdaptiveP stage begins its random numbers anew, so those that were used up are used up
// once more: each on two candidates, which are then forgotten. That takes as long as there
// were draws, so it is done here and not for each mark, most of which are never gone back to.
SamplerHandle Sampler::revived(const llama_sampler* marked, std::size_t stage, std::uint64_t n_adaptive_draws) const {
  const LlamaCall call;
  SamplerHandle copy(llama_sampler_clone(marked));
  if (stages()[stage].kind != StageKind::kAdaptiveP) return copy;
  const bool remembers_choice = *stages()[stage].target >= 0;  // until it is told of a token
  for (std::uint64_t i = 0; i < n_adaptive_draws; ++i) {
    std::array<llama_token_data, 2> two = {{{0, 0.0f, 0.0f}, {1, 0.0f, 0.0f}}};
    llama_token_data_array candidates = {two.data(), two.size(), -1, false};
    llama_sampler_apply(copy.get(), &candidates);
    if (remembers_choice) llama_sampler_accept(copy.get(), LLAMA_TOKEN_NULL);
  }
  return copy;
}

Result<void> Sampler::restore(std::span<const std::int32_t> prompt, std::span<const PastToken> past,
                              std::size_t n_earlier, const Mark* mark) {
  INFERNO_CHECK(mark != nullptr || !needs_marks());
  Result<Sampler> fresh = create(stages(), vocab_, context_);
  if (!fresh) return fresh.error();
  fresh->begin(prompt, past.first(n_earlier));
  for (const PastToken& token : past.subspan(n_earlier)) {
    if (token.drew && fresh->stages().back().kind == StageKind::kDistribution) fresh->trace_->skip_draw();
    Result<void> accepted = fresh->accept(token.id);
    if (!accepted) return accepted;
  }
  if (needs_marks()) {
    for (const auto& [stage, sampler] : mark->stages)
      fresh->chain_->replace(stage, revived(sampler.get(), stage, mark->followed.n_adaptive_draws));
    fresh->trace_->set_followed(mark->followed);
  }
  *this = std::move(*fresh);
  return {};
}

}  // namespace inferno::engine
