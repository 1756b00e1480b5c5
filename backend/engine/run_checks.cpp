#include "engine/run_checks.h"

#include <llama.h>

#include <random>
#include <string>
#include <vector>

namespace inferno::engine {
namespace {

// llama.cpp reads this seed as "take a random one"; so do we, but tell which.
constexpr std::uint32_t kRandomSeed = 0xFFFFFFFF;

Result<void> check_model(const Model& model) {
  if (model.context() == nullptr) {
    return Error{ErrorCode::kVocabularyOnly, "This file has a tokenizer but no weights.",
                 "It can tokenize, not generate."};
  }
  if (!model.info().capabilities.generate) {
    return Error{ErrorCode::kUnsupportedArchitecture,
                 "Models of the architecture " + model.info().architecture + " do not generate text token by token.",
                 "Choose a decoder model."};
  }
  return {};
}

Result<void> check_prompt(const std::vector<std::int32_t>& prompt, std::uint32_t n_vocab, std::uint32_t n_ctx) {
  if (prompt.empty()) {
    return Error{ErrorCode::kInvalidArgument, "The prompt has no tokens, so there is nothing to predict from.",
                 "Give it text, or a beginning-of-text token."};
  }
  for (const std::int32_t token : prompt) {
    if (token >= 0 && static_cast<std::uint32_t>(token) < n_vocab) continue;
    return Error{ErrorCode::kInvalidArgument, "There is no token " + std::to_string(token) + ".",
                 "Tokens are numbered from 0 to " + std::to_string(n_vocab - 1) + "."};
  }
  if (prompt.size() > n_ctx) {
    return Error{
        ErrorCode::kContextFull,
        "The prompt has " + std::to_string(prompt.size()) + " tokens, the context " + std::to_string(n_ctx) + ".",
        "Shorten the prompt, or load the model with a longer context."};
  }
  return {};
}

Result<void> check_fork(const RunSpec& spec, std::uint32_t n_vocab, std::uint32_t n_ctx) {
  const ForkSpec& fork = *spec.fork;
  if (fork.n_earlier > fork.past.size())
    return Error{ErrorCode::kInvalidArgument, "The sampler begins behind the place of the fork.", ""};
  for (const PastToken& token : fork.past) {
    if (token.id >= 0 && static_cast<std::uint32_t>(token.id) < n_vocab) continue;
    return Error{ErrorCode::kInvalidArgument, "There is no token " + std::to_string(token.id) + " in this model.",
                 "The other run was made with another vocabulary."};
  }
  const std::size_t n_tokens = spec.prompt.size() + fork.past.size();
  if (n_tokens <= n_ctx) return {};
  return Error{
      ErrorCode::kContextFull,
      "The branch begins with " + std::to_string(n_tokens) + " tokens, the context has " + std::to_string(n_ctx) + ".",
      "Load the model with a longer context."};
}

Result<void> check_capture(const CaptureOptions& capture) {
  if (capture.n_candidates <= kMaxCandidates && capture.n_prompt_candidates <= kMaxCandidates) return {};
  return Error{ErrorCode::kTooLarge, "More candidates per token are asked for than can be recorded.",
               "There can be " + std::to_string(kMaxCandidates) + "."};
}

}  // namespace

Result<void> check_run(const Model& model, const RunSpec& spec) {
  Result<void> good = check_model(model);
  if (good) good = check_prompt(spec.prompt, model.info().n_vocab, model.info().n_ctx);
  if (good && spec.fork) good = check_fork(spec, model.info().n_vocab, model.info().n_ctx);
  if (good) good = check_capture(spec.capture);
  return good;
}

std::uint32_t seed_of(std::optional<std::uint32_t> asked) {
  if (asked && *asked != kRandomSeed) return *asked;
  std::random_device device;
  std::uint32_t seed = device();
  while (seed == kRandomSeed) seed = device();
  return seed;
}

ChainContext chain_context(const Model& model, std::uint32_t seed) {
  ChainContext context;
  context.n_vocab = model.info().n_vocab;
  context.n_ctx = model.info().n_ctx;
  context.seed = seed;
  context.has_tokenizer = llama_vocab_type(model.vocab()) != LLAMA_VOCAB_TYPE_NONE;
  return context;
}

}  // namespace inferno::engine
