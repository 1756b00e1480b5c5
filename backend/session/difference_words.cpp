#include "session/difference_words.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace inferno::session {

namespace {

using protocol::EngineOptionsT;
using protocol::RunStartedT;
using protocol::Verdict;
using Reasons = std::vector<std::string>;

std::string steps(std::uint32_t n) { return n == 1 ? "1 token" : fmt::format("{} tokens", n); }

// Without the run's seed, which is told of by itself.
Bytes packed(const RunStartedT& started) {
  flatbuffers::FlatBufferBuilder builder;
  std::vector<flatbuffers::Offset<protocol::SamplerStage>> stages;
  for (const auto& stage : started.sampler) {
    protocol::SamplerStageT plain(*stage);
    if (plain.seed == started.seed) plain.seed.reset();
    stages.push_back(protocol::SamplerStage::Pack(builder, &plain));
  }
  const auto list = builder.CreateVector(stages);
  const auto changed = protocol::CreateSamplerChanged(builder, list);
  builder.Finish(changed);
  return protocol::release(builder);
}

template <typename T>
std::string word(const flatbuffers::Optional<T>& value) {
  return value ? fmt::format("{}", *value) : "not set";
}
std::string word(const std::string& value) { return value.empty() ? "not set" : value; }

void add_option(Reasons& out, const char* name, const std::string& a, const std::string& b) {
  if (a != b) out.push_back(fmt::format("{} differs: {} and {}.", name, a, b));
}

void add_options(Reasons& out, const EngineOptionsT& a, const EngineOptionsT& b) {
  add_option(out, "The batch size (n_batch)", word(a.n_batch), word(b.n_batch));
  add_option(out, "The micro-batch size (n_ubatch)", word(a.n_ubatch), word(b.n_ubatch));
  add_option(out, "The number of threads", word(a.n_threads), word(b.n_threads));
  add_option(out, "The number of threads for batches", word(a.n_threads_batch), word(b.n_threads_batch));
  add_option(out, "The number of layers on the GPU", word(a.n_gpu_layers), word(b.n_gpu_layers));
  add_option(out, "Flash attention", protocol::EnumNameFlashAttention(a.flash_attention),
             protocol::EnumNameFlashAttention(b.flash_attention));
  add_option(out, "The type of the cache's keys", word(a.cache_type_k), word(b.cache_type_k));
  add_option(out, "The type of the cache's values", word(a.cache_type_v), word(b.cache_type_v));
  add_option(out, "The context size", word(a.n_ctx), word(b.n_ctx));
}

void add_model(Reasons& out, const ComparedRun& a, const ComparedRun& b) {
  add_option(out, "The model's name", word(a.started->model_name), word(b.started->model_name));
  if (!a.model_identity.empty() && !b.model_identity.empty() && a.model_identity != b.model_identity)
    out.emplace_back("The model's file is another one, by its name, size or date.");
  if (a.started->n_vocab != 0 && b.started->n_vocab != 0)
    add_option(out, "The size of the vocabulary", fmt::format("{}", a.started->n_vocab),
               fmt::format("{}", b.started->n_vocab));
}

void add_computation(Reasons& out, const RunStartedT& a, const RunStartedT& b) {
  if (!a.engine_build.empty() && !b.engine_build.empty())
    add_option(out, "The engine's build", a.engine_build, b.engine_build);
  if (!a.devices.empty() && !b.devices.empty()) {
    add_option(out, "What it ran on", fmt::format("{}", fmt::join(a.devices, ", ")),
               fmt::format("{}", fmt::join(b.devices, ", ")));
  }
  if (a.options && b.options) add_options(out, *a.options, *b.options);
}

void add_sampling(Reasons& out, const ComparedRun& a, const ComparedRun& b) {
  if (packed(*a.started) != packed(*b.started)) out.emplace_back("The sampler chains differ.");
  add_option(out, "The seed", fmt::format("{}", a.started->seed), fmt::format("{}", b.started->seed));
  if (a.n_sampler_changes != b.n_sampler_changes) out.emplace_back("The sampler was changed in one of the runs.");
  if (a.n_forced != b.n_forced) out.emplace_back("Tokens were put by hand in one of the runs.");
  if (a.n_bans != b.n_bans) out.emplace_back("Tokens were banned in one of the runs.");
}

}  // namespace

std::string words_of(const protocol::RunsComparedT& result, bool other_prompt, bool tokens_differ,
                     bool same_vocabulary) {
  if (other_prompt)
    return fmt::format("The prompts differ from position {} on, so nothing can be compared.", *result.first_difference);
  const float largest = result.max_logit_difference.value_or(0.0f);
  switch (result.verdict) {
    case Verdict::Identical:
      return fmt::format("{}, identical to the last bit.", steps(result.n_compared));
    case Verdict::WithinTolerance:
      return fmt::format("The same {}; from position {} on logits differ, by {} at most.", steps(result.n_compared),
                         *result.first_difference, largest);
    case Verdict::Different:
      break;
    default:
      return same_vocabulary ? "There is no position that both runs have generated."
                             : "The runs are of models with different vocabularies.";
  }
  if (tokens_differ) return fmt::format("At position {} the runs part.", *result.first_other_token);
  if (result.first_other_token) {
    return fmt::format("At position {} the chain chose another token. Logits differ by {} at most.",
                       *result.first_other_token, largest);
  }
  if (result.max_logit_difference && largest > 0) {
    return fmt::format("The same {}, but from position {} on logits differ, by up to {}.", steps(result.n_compared),
                       *result.first_difference, largest);
  }
  return fmt::format("The same {}, but from position {} on the chain did something else.", steps(result.n_compared),
                     *result.first_difference);
}

Reasons reasons_for(const ComparedRun& a, const ComparedRun& b, bool other_prompt, bool logits_agree) {
  Reasons model, computation, sampling, out;
  if (a.started && b.started) {
    add_model(model, a, b);
    add_computation(computation, *a.started, *b.started);
    add_sampling(sampling, a, b);
  }
  if (other_prompt) out.emplace_back("The prompts differ.");
  for (auto* some :
       logits_agree ? std::vector{&sampling, &model, &computation} : std::vector{&model, &computation, &sampling}) {
    std::move(some->begin(), some->end(), std::back_inserter(out));
  }
  if (out.empty()) out.emplace_back("Nothing that was recorded of the two runs explains it.");
  return out;
}

}  // namespace inferno::session
