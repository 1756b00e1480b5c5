#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <numeric>
#include <set>

#include "gguf_file_writer.h"
#include "llama.h"

namespace inferno::make_model {
namespace {

using ::testing::HasSubstr;

class MakeModel : public ::testing::Test {
 protected:
  void SetUp() override {
    llama_log_set([](ggml_log_level, const char*, void*) {}, nullptr);
    folder_ = std::filesystem::path(::testing::TempDir()) /
              (std::string("make-model-") + ::testing::UnitTest::GetInstance()->current_test_info()->name());
    std::filesystem::create_directories(folder_);
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  std::string path(const std::string& name = "model.gguf") const { return (folder_ / name).string(); }

  std::string write(ModelShape shape, std::uint64_t seed = 1, const std::string& name = "model.gguf") const {
    const GgufPtr metadata(gguf_init_empty());
    shape.n_vocab = add_byte_vocabulary(metadata.get(), 0).value();
    const auto complete = complete_shape(shape);
    EXPECT_TRUE(complete.ok()) << complete.error().message;
    set_hyperparameters(metadata.get(), *complete);
    const auto written = write_gguf_file(path(name), metadata.get(), plan_tensors(*complete), seed, [](auto, auto) {});
    EXPECT_TRUE(written.ok());
    EXPECT_EQ(written->size_bytes, std::filesystem::file_size(path(name)));
    return path(name);
  }

  std::filesystem::path folder_;
};

// llama.cpp's own objects, freed in order.
struct Loaded {
  explicit Loaded(const std::string& path) {
    llama_model_params model_params = llama_model_default_params();
    model_params.check_tensors = true;
    model = llama_model_load_from_file(path.c_str(), model_params);
    if (model == nullptr) return;
    llama_context_params context_params = llama_context_default_params();
    context_params.n_ctx = 64;
    context_params.n_threads = 1;
    context_params.n_threads_batch = 1;
    context = llama_init_from_model(model, context_params);
  }
  ~Loaded() {
    llama_free(context);
    llama_model_free(model);
  }
  Loaded(const Loaded&) = delete;
  Loaded& operator=(const Loaded&) = delete;

  std::vector<float> logits_after(std::vector<llama_token> tokens) const {
    EXPECT_EQ(llama_decode(context, llama_batch_get_one(tokens.data(), static_cast<int>(tokens.size()))), 0);
    const float* logits = llama_get_logits_ith(context, -1);
    return {logits, logits + llama_vocab_n_tokens(llama_model_get_vocab(model))};
  }

  llama_model* model = nullptr;
  llama_context* context = nullptr;
};

double deviation(const std::vector<float>& values) {
  const double mean = std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
  double squares = 0;
  for (const float value : values) squares += (value - mean) * (value - mean);
  return std::sqrt(squares / static_cast<double>(values.size()));
}

void expect_usable_logits(const std::string& path) {
  const Loaded loaded(path);
  ASSERT_NE(loaded.context, nullptr) << "llama.cpp cannot load " << path;
  const std::vector<float> logits = loaded.logits_after({1, 300, 310, 320});
  for (const float logit : logits) ASSERT_TRUE(std::isfinite(logit));
  EXPECT_GT(deviation(logits), 1.0);
  EXPECT_LT(deviation(logits), 9.0);
  // No two tokens may be twins: their rows of the output matrix differ.
  EXPECT_GT(std::set<float>(logits.begin(), logits.end()).size(), logits.size() * 9 / 10);
}

TEST_F(MakeModel, EveryArchitectureLoadsAndGivesFiniteLogitsThatDiffer) {
  for (const char* architecture : {"llama", "qwen2", "qwen3", "gpt2", "mamba"}) {
    SCOPED_TRACE(architecture);
    expect_usable_logits(write({.architecture = architecture}));
  }
}

TEST_F(MakeModel, EveryElementTypeLoadsAndGivesFiniteLogits) {
  for (const char* type : {"f32", "f16", "bf16", "q8_0", "q4_0", "q5_1", "q4_k", "Q6_K"}) {
    SCOPED_TRACE(type);
    expect_usable_logits(
        write({.d_model = 256, .n_heads = 8, .n_kv_heads = 2, .d_ff = 512, .type = parse_type(type).value()}));
  }
}

// Large enough that the blocks of its matrices are chosen from a pool.
TEST_F(MakeModel, AModelOfMillionsOfParametersGivesFiniteLogitsThatDiffer) {
  expect_usable_logits(write({.n_layers = 1, .d_model = 1024, .n_heads = 8, .type = GGML_TYPE_Q4_0}));
}

TEST_F(MakeModel, ExpertsAndTiedEmbeddingsLoad) {
  expect_usable_logits(write({.d_ff = 96, .n_experts = 4, .n_experts_used = 2, .tie_embeddings = true}));
}

TEST_F(MakeModel, TheSameSeedGivesTheSameFileAndAnotherSeedAnotherOne) {
  const auto bytes = [](const std::string& file) {
    std::ifstream stream(file, std::ios::binary);
    return std::string{std::istreambuf_iterator<char>(stream), {}};
  };
  const std::string first = bytes(write({}, 7, "a.gguf"));
  EXPECT_EQ(first, bytes(write({}, 7, "b.gguf")));
  EXPECT_NE(first, bytes(write({}, 8, "c.gguf")));
}

TEST_F(MakeModel, TheByteVocabularyRoundTripsAnyText) {
  const Loaded loaded(write({}));
  const llama_vocab* vocab = llama_model_get_vocab(loaded.model);
  const std::string text = "Once upon a time: \xC3\xA9\xE4\xB8\x96\xF0\x9F\x94\xA5\n";
  std::vector<llama_token> tokens(128);
  const int n = llama_tokenize(vocab, text.data(), static_cast<int>(text.size()), tokens.data(), 128, false, false);
  ASSERT_GT(n, 0);
  std::vector<char> back(256);
  const int length = llama_detokenize(vocab, tokens.data(), n, back.data(), 256, true, false);
  ASSERT_GT(length, 0);
  EXPECT_EQ(std::string(back.data(), static_cast<std::size_t>(length)), text);
  EXPECT_LT(n, 30) << "words should be single tokens";
}

TEST_F(MakeModel, TakesTheTokenizerOfAnotherFileAndNothingElseFromIt) {
  const std::string source = write({.n_layers = 3});
  const GgufPtr metadata(gguf_init_empty());
  const auto n_tokens = copy_vocabulary(metadata.get(), source);
  ASSERT_TRUE(n_tokens.ok());
  EXPECT_GT(*n_tokens, 256);
  EXPECT_GE(gguf_find_key(metadata.get(), "tokenizer.ggml.scores"), 0);
  EXPECT_LT(gguf_find_key(metadata.get(), "llama.block_count"), 0);
}

TEST_F(MakeModel, SaysWhatIsWrongWithASizeThatCannotBe) {
  const auto message = [](ModelShape shape) {
    if (shape.n_vocab == 0) shape.n_vocab = 300;
    const auto complete = complete_shape(shape);
    return complete.ok() ? std::string("no error") : complete.error().message;
  };
  EXPECT_THAT(message({.architecture = "rwkv9"}), HasSubstr("rwkv9"));
  EXPECT_THAT(message({.n_layers = 0}), HasSubstr("layers"));
  EXPECT_THAT(message({.n_heads = 6, .n_kv_heads = 4}), HasSubstr("multiple"));
  EXPECT_THAT(message({.d_model = 60, .n_heads = 4}), HasSubstr("even"));
  EXPECT_THAT(message({.n_experts = 2, .n_experts_used = 3}), HasSubstr("--experts-used"));
  EXPECT_THAT(message({.architecture = "qwen2", .n_experts = 2, .n_experts_used = 1}), HasSubstr("llama"));
  EXPECT_FALSE(parse_type("q9_9").ok());
  EXPECT_FALSE(parse_type("iq2_xxs").ok()) << "needs an importance matrix";
}

TEST_F(MakeModel, SaysThatAFileCannotBeWritten) {
  const GgufPtr metadata(gguf_init_empty());
  const auto written = write_gguf_file(path("no/such/folder.gguf"), metadata.get(), {}, 1, [](auto, auto) {});
  ASSERT_FALSE(written.ok());
  EXPECT_THAT(written.error().message, HasSubstr("No such file"));
}

}  // namespace
}  // namespace inferno::make_model
