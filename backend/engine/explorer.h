#pragma once

#include <atomic>
#include <memory>
#include <span>

#include "base/result.h"
#include "engine/branch_context.h"
#include "engine/explore_branches.h"
#include "engine/model.h"
#include "engine/probability_tree.h"

namespace inferno::engine {

// Looks at what could come after a sequence of tokens, without touching the model's own
// context. Makes the second context (BranchContext) when it is first needed, somewhat
// larger than needed, and keeps it for the next question; release() frees it, and is to
// be called when a run starts, whose prefix will be another one.
//
// Uses Model's thread, the model must outlive it; request_stop() from any thread.
// Errors of both: kInvalidArgument, kTooLarge (a documented limit), kContextFull,
// kVocabularyOnly and kUnsupportedArchitecture as for runs, kNotEnoughMemory,
// kNonFiniteLogits, kCancelled (stopped), kInternal.
class Explorer {
 public:
  explicit Explorer(Model& model) : model_(model) {}

  Result<Exploration> explore(const ExploreSpec& spec);
  Result<ProbabilityTree> expand(const TreeSpec& spec);

  void release() { context_.reset(); }
  // Ends what is going on, until clear_stop().
  void request_stop() { stop_.store(true, std::memory_order_relaxed); }
  void clear_stop() { stop_.store(false, std::memory_order_relaxed); }

 private:
  Result<void> prepare(const BranchContext::Shape& shape);

  Model& model_;
  std::atomic<bool> stop_{false};
  std::unique_ptr<BranchContext> context_;
};

}  // namespace inferno::engine
