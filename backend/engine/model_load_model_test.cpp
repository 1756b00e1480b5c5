#include <gguf.h>
#include <gtest/gtest.h>
#include <llama.h>

#include <algorithm>
#include <filesystem>

#include "engine/model.h"
#include "engine/testing_models.h"

namespace inferno::engine {
namespace {

bool warns(const ModelInfo& info, const std::string& code) {
  return std::any_of(info.warnings.begin(), info.warnings.end(), [&](const Warning& w) { return w.code == code; });
}

class EveryModel : public testing::TestWithParam<const char*> {};

TEST_P(EveryModel, LoadsAndSaysWhatItIs) {
  INFERNO_NEEDS_MODEL(path, GetParam());
  std::string stages;
  float last = 0;
  const auto model = Model::load(path, {}, [&](float fraction, const std::string& stage) {
    EXPECT_GE(fraction, last);
    last = fraction;
    if (stages.find(stage) == std::string::npos) stages += stage + "; ";
    return true;
  });
  ASSERT_TRUE(model.ok()) << model.error().message;
  EXPECT_EQ(last, 1.0f);
  EXPECT_EQ(stages, "looking at the file; reading weights; making the context; ready; ");
  const ModelInfo& info = (*model)->info();
  EXPECT_EQ(info.file_bytes, std::filesystem::file_size(path));
  EXPECT_GT(info.n_params, 100'000u);
  EXPECT_GT(info.n_embd, 0u);
  EXPECT_GT(info.n_layers, 0u);
  EXPECT_EQ(info.n_vocab, (*model)->tokens().size());
  EXPECT_TRUE(info.capabilities.generate);
  EXPECT_TRUE(info.capabilities.tokenize);
  EXPECT_GE((*model)->n_outputs_max(), 1u);
  EXPECT_EQ(info.memory.total_bytes, info.memory.weights_bytes + info.memory.cache_bytes + info.memory.compute_bytes);
  EXPECT_GE(info.memory.weights_bytes, info.size_bytes);
  EXPECT_GT(info.memory.cache_bytes, 0u);
  EXPECT_LT(info.memory.total_bytes, info.memory.available_bytes);
  EXPECT_FALSE(info.devices.empty());
  EXPECT_TRUE(warns(info, "no_chat_template"));
}

TEST_P(EveryModel, InspectAgreesWithLoading) {
  INFERNO_NEEDS_MODEL(path, GetParam());
  const auto inspected = inspect(path, {}, /*with_tensors=*/true);
  const auto model = Model::load(path, {}, {});
  ASSERT_TRUE(inspected.ok() && model.ok());
  const ModelInfo& loaded = (*model)->info();
  char description[200];
  llama_model_desc((*model)->model(), description, sizeof description);
  EXPECT_EQ(loaded.description, description);
  EXPECT_EQ(inspected->n_params, llama_model_n_params((*model)->model()));
  EXPECT_EQ(inspected->size_bytes, llama_model_size((*model)->model()));
  EXPECT_EQ(inspected->n_layers, static_cast<std::uint32_t>(llama_model_n_layer((*model)->model())));
  EXPECT_EQ(inspected->n_embd, static_cast<std::uint32_t>(llama_model_n_embd((*model)->model())));
  EXPECT_EQ(inspected->n_ctx_train, static_cast<std::uint32_t>(llama_model_n_ctx_train((*model)->model())));
  EXPECT_EQ(inspected->n_ctx, loaded.n_ctx);
  EXPECT_EQ(inspected->n_vocab, loaded.n_vocab);
  EXPECT_EQ(inspected->capabilities.attention, loaded.capabilities.attention);
  EXPECT_EQ(inspected->capabilities.roll_back, loaded.capabilities.roll_back);
  EXPECT_EQ(inspected->memory.total_bytes, loaded.memory.total_bytes);
  std::uint64_t sum = 0;
  for (const TensorInfo& tensor : inspected->tensors) sum += tensor.size_bytes;
  EXPECT_EQ(sum, inspected->size_bytes);
  EXPECT_TRUE(loaded.tensors.empty());
}

INSTANTIATE_TEST_SUITE_P(Models, EveryModel,
                         testing::Values("stories260K.gguf", "stories260K-f16.gguf", "stories260K-q8_0.gguf",
                                         "stories260K-q4_0.gguf", "gpt2-makemore-names-f32.gguf",
                                         "rwkv6-tiny-730K-f32.gguf"));

TEST(ModelLoad, Stories260KHasItsKnownNumbers) {
  INFERNO_NEEDS_MODEL(path, "stories260K.gguf");
  const auto model = Model::load(path, {}, {});
  ASSERT_TRUE(model.ok()) << model.error().message;
  const ModelInfo& info = (*model)->info();
  EXPECT_EQ(info.architecture, "llama");
  EXPECT_EQ(info.n_layers, 5u);
  EXPECT_EQ(info.n_heads, 8u);
  EXPECT_EQ(info.n_kv_heads, 4u);
  EXPECT_EQ(info.n_vocab, 512u);
  EXPECT_EQ(info.n_ctx_train, 2048u);
  EXPECT_EQ(info.n_ctx, 2048u);
  EXPECT_EQ(info.tokenizer.model, "SPM");
  EXPECT_EQ(info.tokenizer.bos, 1);
  EXPECT_EQ(info.tokenizer.eos, 2);
  EXPECT_TRUE(info.tokenizer.adds_bos);
  EXPECT_TRUE(info.capabilities.attention);
  EXPECT_TRUE(info.capabilities.roll_back);
  EXPECT_EQ((*model)->n_outputs_max(), 128u);
  EXPECT_EQ((*model)->tokens().bytes(1), "<s>");
  EXPECT_EQ((*model)->tokens().kind(1), TokenKind::kControl);
  EXPECT_EQ((*model)->tokens().kind(3), TokenKind::kByte);
  EXPECT_TRUE((*model)->tokens().is_end_of_generation(2));
}

// 128 positions with logits in one decode is what n_outputs_max() promises.
TEST(ModelLoad, AllPromisedOutputsCanBeHadAtOnce) {
  INFERNO_NEEDS_MODEL(path, "stories260K.gguf");
  const auto model = Model::load(path, {}, {});
  ASSERT_TRUE(model.ok()) << model.error().message;
  const auto n = static_cast<std::int32_t>((*model)->n_outputs_max());
  llama_batch batch = llama_batch_init(n, 0, 1);
  batch.n_tokens = n;
  for (int i = 0; i < n; ++i) {
    batch.token[i] = 1 + i;
    batch.pos[i] = i;
    batch.n_seq_id[i] = 1;
    batch.seq_id[i][0] = 0;
    batch.logits[i] = 1;
  }
  EXPECT_EQ(llama_decode((*model)->context(), batch), 0);
  for (int i = 0; i < n; ++i) EXPECT_NE(llama_get_logits_ith((*model)->context(), i), nullptr);
  llama_batch_free(batch);
}

TEST(ModelLoad, RecurrentModelHasNoAttentionAndCannotRollBack) {
  INFERNO_NEEDS_MODEL(path, "rwkv6-tiny-730K-f32.gguf");
  const auto model = Model::load(path, {}, {});
  ASSERT_TRUE(model.ok()) << model.error().message;
  const Capabilities& can = (*model)->info().capabilities;
  EXPECT_TRUE(can.recurrent);
  EXPECT_FALSE(can.attention);
  EXPECT_FALSE(can.roll_back);
  EXPECT_FALSE((*model)->info().tokenizer.adds_bos);
}

TEST(ModelLoad, CacheOfKeysAndValuesReallyRollsBack) {
  INFERNO_NEEDS_MODEL(path, "stories260K.gguf");
  const auto model = Model::load(path, {}, {});
  ASSERT_TRUE(model.ok()) << model.error().message;
  llama_token tokens[] = {1, 2, 3};
  ASSERT_EQ(llama_decode((*model)->context(), llama_batch_get_one(tokens, 3)), 0);
  EXPECT_EQ(llama_memory_seq_rm(llama_get_memory((*model)->context()), 0, 2, -1),
            (*model)->info().capabilities.roll_back);
}

TEST(ModelLoad, CancellingStopsIt) {
  INFERNO_NEEDS_MODEL(path, "stories260K.gguf");
  for (const float limit : {0.0f, 0.5f, 0.96f, 1.0f}) {
    const auto model = Model::load(path, {}, [&](float fraction, const std::string&) { return fraction < limit; });
    ASSERT_FALSE(model.ok());
    EXPECT_EQ(model.error().code, ErrorCode::kCancelled);
  }
}

TEST(ModelLoad, AbortEndsADecodeEarly) {
  INFERNO_NEEDS_MODEL(path, "stories260K.gguf");
  const auto model = Model::load(path, {}, {});
  ASSERT_TRUE(model.ok()) << model.error().message;
  llama_token token = 1;
  (*model)->request_abort();
  EXPECT_TRUE((*model)->abort_requested());
  EXPECT_EQ(llama_decode((*model)->context(), llama_batch_get_one(&token, 1)), 2);
  (*model)->clear_abort();
  EXPECT_EQ(llama_decode((*model)->context(), llama_batch_get_one(&token, 1)), 0);
}

TEST(ModelLoad, ContextTooLargeForMemoryIsRefusedWithTheNumbers) {
  INFERNO_NEEDS_MODEL(path, "stories260K.gguf");
  for (const std::uint32_t n_ctx : {2'147'483'647u, 1'000'000'000u}) {
    const auto model = Model::load(path, {.n_ctx = n_ctx}, {});
    ASSERT_FALSE(model.ok());
    EXPECT_EQ(model.error().code, ErrorCode::kNotEnoughMemory);
    EXPECT_NE(model.error().message.find("GiB"), std::string::npos) << model.error().message;
    EXPECT_NE(model.error().hint.find("n_ctx"), std::string::npos);
    const auto inspected = inspect(path, {.n_ctx = n_ctx}, false);
    ASSERT_TRUE(inspected.ok()) << inspected.error().message;
    EXPECT_TRUE(warns(*inspected, "not_enough_memory"));
    EXPECT_GT(inspected->memory.total_bytes, inspected->memory.available_bytes);
  }
}

TEST(ModelLoad, CacheGrowsWithContextAndShrinksWithItsType) {
  INFERNO_NEEDS_MODEL(path, "stories260K.gguf");
  const auto cache = [&](std::uint32_t n_ctx, const char* type) {
    const auto info = inspect(path, {.n_ctx = n_ctx, .cache_type_k = type, .cache_type_v = type}, false);
    EXPECT_TRUE(info.ok());
    return info ? info->memory.cache_bytes : 0;
  };
  // 5 layers, keys and values of 4 heads of 8 numbers, 2 bytes each.
  EXPECT_EQ(cache(1024, "f16"), 1024u * 5 * 2 * 4 * 8 * 2);
  EXPECT_EQ(cache(2048, "f16"), 2 * cache(1024, "f16"));
  EXPECT_EQ(cache(1024, "f32"), 2 * cache(1024, "f16"));
}

TEST(ModelLoad, CacheTypeThatDoesNotFitTheModelIsABadOption) {
  INFERNO_NEEDS_MODEL(path, "stories260K.gguf");  // heads of 8, blocks of 32
  const auto model = Model::load(path, {.cache_type_k = "q8_0"}, {});
  ASSERT_FALSE(model.ok());
  EXPECT_EQ(model.error().code, ErrorCode::kInvalidArgument);
  EXPECT_NE(model.error().message.find("q8_0"), std::string::npos) << model.error().message;
}

TEST(ModelLoad, LearnedPositionsBoundTheContext) {
  INFERNO_NEEDS_MODEL(path, "gpt2-makemore-names-f32.gguf");
  const auto info = inspect(path, {}, true);
  ASSERT_TRUE(info.ok());
  const auto table = std::find_if(info->tensors.begin(), info->tensors.end(),
                                  [](const TensorInfo& t) { return t.name == "position_embd.weight"; });
  ASSERT_NE(table, info->tensors.end());
  EXPECT_LE(info->n_ctx, table->shape.at(0));
  const auto model = Model::load(path, {.n_ctx = static_cast<std::uint32_t>(table->shape.at(0) + 1)}, {});
  ASSERT_FALSE(model.ok());
  EXPECT_EQ(model.error().code, ErrorCode::kInvalidArgument);
}

TEST(ModelLoad, TheSmallestContextWorks) {
  INFERNO_NEEDS_MODEL(path, "stories260K.gguf");
  for (const std::uint32_t n_ctx : {1u, 2u}) {
    const auto model = Model::load(path, {.n_ctx = n_ctx}, {});
    ASSERT_TRUE(model.ok()) << model.error().message;
    EXPECT_EQ((*model)->info().n_ctx, n_ctx);
    EXPECT_TRUE(warns((*model)->info(), "short_context"));
  }
}

TEST(ModelLoad, BringsThePromptsToTryOfTheFile) {
  INFERNO_NEEDS_MODEL(path, "vocab/ggml-vocab-llama-spm.gguf");
  const std::unique_ptr<gguf_context, decltype(&gguf_free)> file(
      gguf_init_from_file(path.c_str(), {/*no_alloc=*/true, /*ctx=*/nullptr}), &gguf_free);
  ASSERT_NE(file, nullptr);
  const std::string with = testing::TempDir() + "/with-examples.gguf";
  const auto look = [&](const char* json) {
    gguf_set_val_str(file.get(), "inferno.examples", json);
    EXPECT_TRUE(gguf_write_to_file(file.get(), with.c_str(), false));
    const auto model = Model::load_vocabulary(with);
    const auto inspected = inspect(with, {}, false);
    EXPECT_TRUE(model.ok() && inspected.ok());
    EXPECT_EQ((*model)->info().examples.size(), inspected->examples.size());
    return *inspected;
  };
  const ModelInfo info = look(R"([{"title": "A story", "text": "Once upon a time"}, {"title": "bad"}])");
  const auto told = std::find_if(info.warnings.begin(), info.warnings.end(),
                                 [](const Warning& warning) { return warning.code == "examples"; });
  ASSERT_NE(told, info.warnings.end());
  const bool has_parser = told->message.find("this build cannot read") == std::string::npos;
  ASSERT_EQ(info.examples.size(), has_parser ? 1u : 0u);
  if (has_parser) {
    EXPECT_EQ(info.examples[0].text, "Once upon a time");
  }
  EXPECT_TRUE(warns(look("no JSON"), "examples"));
  std::filesystem::remove(with);
}

TEST(ModelLoad, ADecodeShowsThatItGetsOn) {
  INFERNO_NEEDS_MODEL(path, "stories260K.gguf");
  const auto model = Model::load(path, {}, {});
  ASSERT_TRUE(model.ok()) << model.error().message;
  const std::uint64_t before = (*model)->activity();
  llama_token token = 1;
  ASSERT_EQ(llama_decode((*model)->context(), llama_batch_get_one(&token, 1)), 0);
  EXPECT_GT((*model)->activity(), before + 10) << "every node of the graph counts";
}

TEST(Vocabulary, LoadsAndIsInspectedButIsNotRun) {
  INFERNO_NEEDS_MODEL(path, "vocab/ggml-vocab-llama-bpe.gguf");
  const auto model = Model::load(path, {}, {});
  ASSERT_FALSE(model.ok());
  EXPECT_EQ(model.error().code, ErrorCode::kVocabularyOnly);

  const auto vocabulary = Model::load_vocabulary(path);
  ASSERT_TRUE(vocabulary.ok()) << vocabulary.error().message;
  EXPECT_EQ((*vocabulary)->context(), nullptr);
  EXPECT_EQ((*vocabulary)->n_outputs_max(), 0u);
  EXPECT_EQ((*vocabulary)->tokens().size(), 128256u);
  EXPECT_EQ((*vocabulary)->tokens().bytes(128009), "<|eot_id|>");
  EXPECT_EQ((*vocabulary)->tokens().kind(128009), TokenKind::kControl);
  EXPECT_TRUE((*vocabulary)->tokens().is_end_of_generation(128009));

  const auto info = inspect(path, {}, true);
  ASSERT_TRUE(info.ok()) << info.error().message;
  EXPECT_EQ(info->tokenizer.model, "BPE");
  EXPECT_EQ(info->tokenizer.pre, "llama-bpe");
  EXPECT_EQ(info->tokenizer.n_control, 256u);
  EXPECT_FALSE(info->capabilities.generate);
  EXPECT_FALSE(info->capabilities.attention);
  EXPECT_TRUE(info->capabilities.tokenize);
  EXPECT_TRUE(warns(*info, "vocabulary_only"));
  EXPECT_TRUE(info->tensors.empty());
  EXPECT_FALSE(info->metadata.empty());
}

TEST(Vocabulary, EveryTokensBytesAreWhatLlamaWrites) {
  INFERNO_NEEDS_MODEL(path, "vocab/ggml-vocab-llama-spm.gguf");
  const auto vocabulary = Model::load_vocabulary(path);
  ASSERT_TRUE(vocabulary.ok());
  const TokenTable& tokens = (*vocabulary)->tokens();
  for (std::int32_t id = 0; id < static_cast<std::int32_t>(tokens.size()); ++id) {
    char piece[256];
    const int n = llama_token_to_piece((*vocabulary)->vocab(), id, piece, sizeof piece, 0, true);
    ASSERT_GE(n, 0);
    ASSERT_EQ(tokens.bytes(id), std::string_view(piece, static_cast<std::size_t>(n))) << id;
  }
  EXPECT_EQ(tokens.bytes(3 + 0xE2), "\xE2");
  EXPECT_FALSE(tokens.is_text(3 + 0xE2));
  EXPECT_TRUE(tokens.is_text(3 + 'a'));
}

}  // namespace
}  // namespace inferno::engine
