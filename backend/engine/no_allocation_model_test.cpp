#include <gtest/gtest.h>

#include <cstdlib>
#include <new>

#include "engine/llama_call.h"
#include "engine/testing_models.h"
#include "engine/testing_runs.h"

namespace {

// Counts this thread's allocations outside of libllama while it is true.
thread_local bool counting = false;
thread_local std::size_t n_allocations = 0;

void* allocate(std::size_t size) noexcept {
  if (counting && !inferno::engine::LlamaCall::inside()) ++n_allocations;
  return std::malloc(size > 0 ? size : 1);
}

}  // namespace

void* operator new(std::size_t size) {
  void* memory = allocate(size);
  if (memory == nullptr) throw std::bad_alloc();
  return memory;
}
void* operator new[](std::size_t size) { return operator new(size); }
void* operator new(std::size_t size, const std::nothrow_t&) noexcept { return allocate(size); }
void* operator new[](std::size_t size, const std::nothrow_t&) noexcept { return allocate(size); }
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete[](void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
void operator delete[](void* memory, std::size_t) noexcept { std::free(memory); }

namespace inferno::engine {
namespace {

// One record, used again and again, as a slot of a ring is.
class ReusingSink : public StepSink {
 public:
  StepRecord& acquire() override { return record_; }
  void publish() override {}

 private:
  StepRecord record_;
};

// Conditions that are looked at in every step, and of which one never holds. Without a
// pattern: RE2 makes its automaton as it goes along.
BreakpointSpec never_met() {
  BreakpointSpec breakpoint{.id = 1};
  for (const ConditionKind kind :
       {ConditionKind::kEveryNth, ConditionKind::kNearTie, ConditionKind::kTokenInTop, ConditionKind::kTextMatches}) {
    ConditionSpec& condition = breakpoint.conditions.emplace_back();
    condition.kind = kind;
    condition.n = kind == ConditionKind::kEveryNth ? 1 : 500;
    condition.threshold = 1.0f;
    condition.ids = {7};
    condition.text = "never met";
  }
  return breakpoint;
}

TEST(DecodeLoop, AllocatesNothingOfItsOwnAfterTheFirstStep) {
  INFERNO_NEEDS_MODEL(path, "stories260K.gguf");
  const auto model = load_model(path);
  ASSERT_TRUE(model);
  const std::vector<std::vector<StageSpec>> chains = {
      {},
      {stage_of(StageKind::kPenalties), stage_of(StageKind::kDry), stage_of(StageKind::kDynamicTemperature),
       stage_of(StageKind::kMirostat1)},
      {stage_of(StageKind::kTopNSigma), stage_of(StageKind::kTypical), stage_of(StageKind::kXtc),
       stage_of(StageKind::kAdaptiveP)}};
  for (const std::vector<StageSpec>& chain : chains) {
    RunSpec spec;
    spec.prompt = prompt_ids(*model, "Once upon a time");
    spec.sampler = chain;
    spec.seed = 4;
    spec.limits.n_predict = 100;
    spec.limits.ignore_eos = true;
    spec.limits.stop = {"never met"};
    spec.watches = {{.id = 1, .word = "she", .ids = {}}};
    spec.breakpoints = {never_met()};
    ReusingSink sink;
    const auto run = create_run(*model, spec);
    while (run->state() == Generation::State::kPrompt) run->advance(sink);
    run->advance(sink);
    run->advance(sink);
    n_allocations = 0;
    counting = true;
    while (run->state() == Generation::State::kReady) run->advance(sink);
    counting = false;
    EXPECT_EQ(n_allocations, 0u);
    EXPECT_EQ(run->finish().n_generated, 100u);
  }
}

TEST(DecodeLoop, IsWatchedByACounterThatCounts) {
  n_allocations = 0;
  counting = true;
  std::unique_ptr<int> one = std::make_unique<int>(1);
  counting = false;
  EXPECT_EQ(n_allocations, 1u);
  EXPECT_EQ(*one, 1);
}

}  // namespace
}  // namespace inferno::engine
