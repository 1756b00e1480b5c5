#pragma once

#include <gtest/gtest.h>
#include <llama.h>

#include <algorithm>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "engine/generation.h"
#include "engine/model.h"
#include "engine/prompt.h"

namespace inferno::engine {

// Keeps a copy of every record.
class KeepingSink : public StepSink {
 public:
  StepRecord& acquire() override { return record_; }
  void publish() override {
    (record_.is_prompt ? prompt : steps).push_back(record_);
    if (on_publish) on_publish(record_);
  }

  std::vector<StepRecord> prompt;
  std::vector<StepRecord> steps;
  std::function<void(const StepRecord&)> on_publish;

 private:
  StepRecord record_;
};

inline std::vector<std::int32_t> tokens_of(const std::vector<StepRecord>& steps) {
  std::vector<std::int32_t> tokens;
  for (const StepRecord& step : steps) tokens.push_back(step.token);
  return tokens;
}

// With one thread, unless told otherwise: the models are tiny, and threads that spin
// for each other crawl on a busy machine.
inline std::unique_ptr<Model> load_model(const std::string& path, EngineOptions options = {}) {
  options.n_threads = options.n_threads.value_or(1);
  options.n_threads_batch = options.n_threads_batch.value_or(1);
  Result<std::unique_ptr<Model>> model = Model::load(path, options, [](float, const std::string&) { return true; });
  EXPECT_TRUE(model.ok()) << (model.ok() ? "" : model.error().message);
  return model.ok() ? std::move(*model) : nullptr;
}

inline std::vector<std::int32_t> prompt_ids(const Model& model, const std::string& text) {
  PromptSpec prompt;
  prompt.text = text;
  Result<TokenizedPrompt> tokenized = tokenize(model, prompt);
  EXPECT_TRUE(tokenized.ok());
  return tokenized.ok() ? tokenized->ids : std::vector<std::int32_t>{};
}

inline StageSpec stage_of(StageKind kind) {
  StageSpec spec;
  spec.kind = kind;
  return spec;
}

inline std::vector<StageSpec> greedy_chain() { return {stage_of(StageKind::kGreedy)}; }

inline std::unique_ptr<Generation> create_run(Model& model, RunSpec spec) {
  Result<std::unique_ptr<Generation>> run = Generation::create(model, std::move(spec));
  EXPECT_TRUE(run.ok()) << (run.ok() ? "" : run.error().message);
  return run.ok() ? std::move(*run) : nullptr;
}

// Drives a run to its end.
inline Finish run_to_end(Model& model, RunSpec spec, StepSink& sink) {
  const std::unique_ptr<Generation> run = create_run(model, std::move(spec));
  if (!run) return {};
  while (run->state() != Generation::State::kFinished) run->advance(sink);
  return run->finish();
}

// llama.cpp alone: its own model and context, and a loop over llama.h that knows
// nothing of this project.
class BareLlama {
 public:
  explicit BareLlama(const std::string& path, std::uint32_t n_ctx = 512) {
    llama_model_params model_params = llama_model_default_params();
    model_ = llama_model_load_from_file(path.c_str(), model_params);
    llama_context_params params = llama_context_default_params();
    params.n_ctx = n_ctx;
    params.n_batch = n_ctx;
    params.n_threads = params.n_threads_batch = 1;
    context_ = llama_init_from_model(model_, params);
  }
  ~BareLlama() {
    llama_free(context_);
    llama_model_free(model_);
  }
  BareLlama(const BareLlama&) = delete;
  BareLlama& operator=(const BareLlama&) = delete;

  std::vector<std::int32_t> greedy(std::vector<llama_token> prompt, std::size_t n_tokens) {
    std::vector<std::int32_t> generated;
    const float* logits = feed(prompt);
    while (generated.size() < n_tokens) {
      llama_token best = static_cast<llama_token>(std::max_element(logits, logits + n_vocab()) - logits);
      generated.push_back(best);
      if (llama_vocab_is_eog(vocab(), best)) break;
      std::vector<llama_token> next = {best};
      logits = feed(next);
    }
    return generated;
  }
  // Logits of the last of `tokens`.
  const float* feed(std::vector<llama_token>& tokens) {
    llama_decode(context_, llama_batch_get_one(tokens.data(), static_cast<std::int32_t>(tokens.size())));
    return llama_get_logits_ith(context_, -1);
  }
  const llama_vocab* vocab() const { return llama_model_get_vocab(model_); }
  std::size_t n_vocab() const { return static_cast<std::size_t>(llama_vocab_n_tokens(vocab())); }
  llama_context* context() const { return context_; }

 private:
  llama_model* model_ = nullptr;
  llama_context* context_ = nullptr;
};

}  // namespace inferno::engine
