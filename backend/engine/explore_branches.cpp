#include "engine/explore_branches.h"

#include <llama.h>

#include <algorithm>
#include <chrono>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>

#include "engine/logit_stats.h"
#include "engine/sampler_chain.h"
#include "engine/sampler_trace.h"
#include "engine/step_recorder.h"

namespace inferno::engine {
namespace {

using Clock = std::chrono::steady_clock;

float microseconds_since(Clock::time_point start) {
  return std::chrono::duration<float, std::micro>(Clock::now() - start).count();
}

Error no_finite_logit() {
  return {ErrorCode::kNonFiniteLogits, "The model computed no finite number for any token.",
          "Its weights may be damaged; try another quantisation, or flash attention off."};
}

// A chain and what follows its moving parts.
struct BranchSampler {
  BranchSampler(SamplerChain the_chain, std::size_t n_vocab) : chain(std::move(the_chain)), trace(chain, n_vocab) {}
  SamplerChain chain;
  SamplerTrace trace;
};

Result<void> tell(SamplerChain& chain, std::int32_t token) {
  if (chain.grammar_allows(token)) return chain.accept(token);
  return Error{ErrorCode::kBadGrammar, "The run's grammar does not allow what comes before this position.",
               "Explore without sampling, which needs no grammar."};
}

class Branches {
 public:
  Branches(Model& model, BranchContext& context, const ExploreSpec& spec)
      : model_(model),
        context_(context),
        spec_(spec),
        stats_(model.info().n_vocab, std::max({spec.n_candidates, spec.n_branches, std::uint32_t{1}})) {}

  Result<Exploration> explore() {
    stats_.measure(context_.prefix_logits(), spec_.n_branches);
    if (stats_.distribution().n_finite == 0) return no_finite_logit();
    if (auto begun = begin(); !begun) return begun.error();
    while (!alive_.empty()) {
      if (auto advanced = advance(); !advanced) return advanced.error();
    }
    return std::move(exploration_);
  }

 private:
  // The first tokens, in order, each with a branch and its sampler.
  Result<void> begin() {
    std::vector<std::int32_t> firsts = spec_.tokens;
    if (firsts.empty()) {
      for (const RankedLogit& ranked : stats_.top()) firsts.push_back(ranked.id);
    }
    stats_.measure(context_.prefix_logits(), spec_.n_candidates);
    for (const std::int32_t token : firsts) {
      if (spec_.sampled) {
        auto added = add_sampler(token);
        if (!added) return added.error();
        if (!*added) continue;
      }
      add_branch(token);
    }
    if (!exploration_.branches.empty()) return {};
    return Error{ErrorCode::kBadGrammar, "The run's sampler allows none of the most probable tokens here.",
                 "Ask for more branches, name the first tokens, or explore without sampling."};
  }

  // False: the grammar does not let the branch begin like this.
  Result<bool> add_sampler(std::int32_t first) {
    auto chain = make_chain(static_cast<std::uint32_t>(samplers_.size()));
    if (!chain) return chain.error();
    if (!chain->grammar_allows(first) || is_banned(first)) {
      if (spec_.tokens.empty()) return false;
      return Error{ErrorCode::kInvalidArgument,
                   "The run's sampler does not allow token " + std::to_string(first) + " here.",
                   "Choose another one, or explore without sampling."};
    }
    if (auto told = chain->accept(first); !told) return told.error();
    samplers_.push_back(std::make_unique<BranchSampler>(std::move(*chain), model_.info().n_vocab));
    return true;
  }

  bool is_banned(std::int32_t token) const {
    return std::any_of(spec_.sampler.begin(), spec_.sampler.end(), [token](const StageSpec& stage) {
      return std::any_of(stage.biases.begin(), stage.biases.end(),
                         [token](const LogitBias& bias) { return bias.ban && bias.id == token; });
    });
  }

  Result<SamplerChain> make_chain(std::uint32_t branch) {
    ChainContext context;
    context.n_vocab = model_.info().n_vocab;
    context.n_ctx = model_.info().n_ctx;
    context.seed = spec_.seed + branch + 1;
    context.has_tokenizer = llama_vocab_type(model_.vocab()) != LLAMA_VOCAB_TYPE_NONE;
    std::vector<StageSpec> stages = spec_.sampler;
    for (StageSpec& stage : stages) {
      if (stage.seed) *stage.seed += branch + 1;
    }
    Result<SamplerChain> chain = SamplerChain::create(std::move(stages), model_.vocab(), context);
    if (!chain) return chain;
    const std::span<const std::int32_t> prefix = spec_.prefix;
    const std::size_t n_prompt = std::min<std::size_t>(spec_.n_prompt, prefix.size());
    chain->accept_prompt(prefix.first(n_prompt));
    for (const std::int32_t token : prefix.subspan(n_prompt)) {
      if (auto told = tell(*chain, token); !told) return told.error();
    }
    return chain;
  }

  void add_branch(std::int32_t first) {
    const std::size_t branch = exploration_.branches.size();
    ExploredBranch& explored = exploration_.branches.emplace_back();
    explored.steps.reserve(spec_.n_tokens);
    StepRecord& record = new_step(branch);
    record_token(stats_, first, kNotKnown, record);
    alive_.push_back(branch);
    if (end_step(branch)) context_.branch(0, sequence_of(branch));
  }

  // Decodes the newest token of every branch that goes on, and chooses the next ones.
  Result<void> advance() {
    batch_.clear();
    for (const std::size_t branch : alive_) {
      const StepRecord& newest = exploration_.branches[branch].steps.back();
      batch_.push_back({newest.token, sequence_of(branch), newest.position, true});
    }
    const std::vector<std::size_t> decoded = alive_;
    Result<void> chosen;
    const Clock::time_point start = Clock::now();
    float choosing_us = 0;
    const auto on_logits = [&](std::size_t index, std::span<const float> logits) {
      const Clock::time_point choosing = Clock::now();
      if (chosen) chosen = choose(decoded[index], logits);
      choosing_us += microseconds_since(choosing);
    };
    if (auto done = context_.decode(batch_, on_logits); !done) return done;
    if (!chosen) return chosen;
    const float decode_us = (microseconds_since(start) - choosing_us) / static_cast<float>(decoded.size());
    for (const std::size_t branch : decoded) {
      exploration_.branches[branch].steps.back().decode_us = decode_us;
      if (!end_step(branch)) context_.drop(sequence_of(branch));
    }
    return {};
  }

  Result<void> choose(std::size_t branch, std::span<const float> logits) {
    const Clock::time_point start = Clock::now();
    stats_.measure(logits, std::max(spec_.n_candidates, 1u));
    if (stats_.distribution().n_finite == 0) return no_finite_logit();
    StepRecord& record = new_step(branch);
    if (!spec_.sampled) {
      record_token(stats_, stats_.top().front().id, kNotKnown, record);
    } else {
      BranchSampler& sampler = *samplers_[branch];
      const Result<Chosen> drawn = sampler.trace.sample(stats_, /*trace=*/false, record);
      if (!drawn) return drawn.error();
      if (auto told = sampler.chain.accept(drawn->token); !told) return told;
      record_token(stats_, drawn->token, drawn->final_prob, record);
      record.n_final = drawn->n_final;
      record.draw = drawn->draw;
      record.sample_us = drawn->sample_us;
    }
    record.capture_us = microseconds_since(start) - record.sample_us;
    return {};
  }

  // A record of the measured position at the end of the branch, its token still to come.
  StepRecord& new_step(std::size_t branch) {
    std::vector<StepRecord>& steps = exploration_.branches[branch].steps;
    const std::size_t position = spec_.prefix.size() + steps.size();
    StepRecord& record = steps.emplace_back();
    start_record(record, static_cast<std::uint32_t>(position), /*is_prompt=*/false);
    record_distribution(stats_, record);
    return record;
  }

  // Books the newest step. False: the branch has ended.
  bool end_step(std::size_t branch) {
    ExploredBranch& explored = exploration_.branches[branch];
    StepRecord& newest = explored.steps.back();
    newest.end_of_text = model_.tokens().is_end_of_generation(newest.token);
    if (newest.raw_logprob == newest.raw_logprob) explored.sum_logprob += static_cast<double>(newest.raw_logprob);
    explored.end_of_text = newest.end_of_text;
    const bool goes_on = !newest.end_of_text && explored.steps.size() < spec_.n_tokens;
    if (!goes_on) std::erase(alive_, branch);
    return goes_on;
  }

  static std::int32_t sequence_of(std::size_t branch) { return static_cast<std::int32_t>(branch) + 1; }

  Model& model_;
  BranchContext& context_;
  const ExploreSpec& spec_;
  LogitStats stats_;
  Exploration exploration_;
  std::vector<std::unique_ptr<BranchSampler>> samplers_;  // one per branch where it is sampled
  std::vector<std::size_t> alive_;                        // branches that go on
  std::vector<BranchToken> batch_;
};

}  // namespace

Result<Exploration> explore_branches(Model& model, BranchContext& context, const ExploreSpec& spec) {
  return Branches(model, context, spec).explore();
}

}  // namespace inferno::engine
