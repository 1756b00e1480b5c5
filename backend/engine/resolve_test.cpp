#include "engine/resolve.h"

#include <gtest/gtest.h>
#include <llama.h>

#include "engine/machine.h"

namespace inferno::engine {
namespace {

Hyperparameters small_model() {
  Hyperparameters p;
  p.architecture = "llama";
  p.n_ctx_train = 2048;
  p.n_vocab = 512;
  p.weights_bytes = 1u << 30;
  return p;
}

TEST(Resolve, ChoosesTheTrainedContextUpTo8192) {
  Hyperparameters p = small_model();
  EXPECT_EQ(resolve_options({}, p)->n_ctx, 2048u);
  p.n_ctx_train = 131072;
  EXPECT_EQ(resolve_options({}, p)->n_ctx, 8192u);
  p.n_positions = 256;
  EXPECT_EQ(resolve_options({}, p)->n_ctx, 256u);
}

TEST(Resolve, FillsEveryOption) {
  const auto options = resolve_options({}, small_model());
  ASSERT_TRUE(options.ok());
  EXPECT_EQ(options->n_batch, 2048u);
  EXPECT_EQ(options->n_ubatch, 512u);
  EXPECT_EQ(options->n_threads, sensible_threads());
  EXPECT_EQ(options->n_threads_batch, options->n_threads);
  EXPECT_EQ(options->cache_type_k, "f16");
  EXPECT_TRUE(options->n_gpu_layers && options->use_mmap && options->use_mlock && options->check_tensors);
}

TEST(Resolve, TinyModelsGetOneThread) {
  Hyperparameters p = small_model();
  p.weights_bytes = 1u << 20;
  EXPECT_EQ(resolve_options({}, p)->n_threads, 1u);
  EXPECT_EQ(resolve_options({.n_threads = 2}, p)->n_threads, 2u);
}

TEST(Resolve, KeepsBatchesWithinTheContext) {
  const auto options = resolve_options({.n_ctx = 100, .n_ubatch = 5000}, small_model());
  EXPECT_EQ(options->n_batch, 100u);
  EXPECT_EQ(options->n_ubatch, 100u);
}

TEST(Resolve, RefusesOptionsThatCannotBe) {
  const auto message = [](const EngineOptions& options, const Hyperparameters& p) {
    const auto result = resolve_options(options, p);
    EXPECT_FALSE(result.ok());
    EXPECT_EQ(result.error().code, ErrorCode::kInvalidArgument);
    return result.error().message + " " + result.error().hint;
  };
  const Hyperparameters p = small_model();
  EXPECT_NE(message({.n_ctx = 0}, p).find("n_ctx is 0"), std::string::npos);
  EXPECT_NE(message({.n_ctx = 1u << 31}, p).find("n_ctx is 2147483648"), std::string::npos);
  EXPECT_NE(message({.n_batch = 0}, p).find("n_batch"), std::string::npos);
  EXPECT_NE(message({.n_ubatch = 0}, p).find("n_ubatch"), std::string::npos);
  EXPECT_NE(message({.n_threads = 0}, p).find("n_threads"), std::string::npos);
  EXPECT_NE(message({.n_threads = 9999}, p).find("512"), std::string::npos);
  EXPECT_NE(message({.cache_type_k = "q9"}, p).find("f32, f16, bf16, q8_0, q5_1, q5_0, q4_1, q4_0"), std::string::npos);
  EXPECT_NE(message({.flash_attention = FlashAttention::kOff, .cache_type_v = "q8_0"}, p).find("flash attention"),
            std::string::npos);
  Hyperparameters learned = p;
  learned.n_positions = 256;
  EXPECT_NE(message({.n_ctx = 257}, learned).find("256 positions"), std::string::npos);
}

TEST(Resolve, BoundsTheMemoryForLogits) {
  EXPECT_EQ(outputs_max(512, 512), 128u);
  EXPECT_EQ(outputs_max(512, 16), 16u);
  EXPECT_EQ(outputs_max(128256, 512), 65u);
  EXPECT_EQ(outputs_max(100'000'000, 512), 1u);
  EXPECT_EQ(outputs_max(0, 512), 128u);
}

TEST(Machine, HasThreadsAndMemory) {
  EXPECT_GE(sensible_threads(), 1u);
  EXPECT_GT(available_memory_bytes(), 64u << 20);
}

}  // namespace
}  // namespace inferno::engine
