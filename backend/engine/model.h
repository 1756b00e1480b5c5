#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "base/result.h"
#include "engine/cache_record.h"
#include "engine/model_info.h"
#include "engine/options.h"
#include "engine/token_table.h"

struct llama_context;
struct llama_model;
struct llama_vocab;

namespace inferno::engine {

// A loaded model with its one context, the machine's settings resolved.
// Owns both libllama handles. Not thread safe: one thread owns it (the worker's
// engine thread). From other threads one may call request_abort() and activity(),
// and read what never changes after loading: info(), tokens(), vocab(), and the
// model's metadata.
// Does not generate: that is Generation (generation.h).
class Model {
 public:
  // Called with 0..1 and a stage in words while loading; false cancels.
  using Progress = std::function<bool(float fraction, const std::string& stage)>;

  // Errors: kFileNotFound, kNotGguf, kTruncatedFile, kInvalidModel,
  // kUnsupportedArchitecture, kVocabularyOnly, kNotEnoughMemory, kInvalidArgument
  // (a bad option), kCancelled.
  static Result<std::unique_ptr<Model>> load(const std::string& path, const EngineOptions& options,
                                             const Progress& progress);
  // Only the tokenizer: works for vocabulary-only files too; has no context().
  static Result<std::unique_ptr<Model>> load_vocabulary(const std::string& path);
  ~Model();
  Model(const Model&) = delete;
  Model& operator=(const Model&) = delete;

  const ModelInfo& info() const;
  const TokenTable& tokens() const;
  llama_model* model() const;
  llama_context* context() const;  // null for load_vocabulary
  const llama_vocab* vocab() const;
  // How many positions of one llama_decode may ask for logits; libllama aborts the
  // process beyond it. 0 without a context.
  std::uint32_t n_outputs_max() const;
  // What the context's cache holds; kept by Decoder.
  CacheRecord& cache();

  // Any thread: makes a llama_decode in progress return early (CPU backends);
  // stays set until clear_abort().
  void request_abort();
  void clear_abort();
  bool abort_requested() const;
  // Any thread: grows while a llama_decode gets on (CPU backends), so that a slow one
  // can be told from one that stands still.
  std::uint64_t activity() const;

  // For further contexts on the same weights. Any thread: what their abort callback has
  // to do; true if the abort was requested.
  bool count_activity();
  // They compute with this model's threads, one context at a time.
  void share_threads(llama_context* context) const;

 private:
  struct State;
  explicit Model(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

// Everything about a file that can be known without loading its weights.
// Errors as Model::load.
Result<ModelInfo> inspect(const std::string& path, const EngineOptions& options, bool with_tensors);

}  // namespace inferno::engine
