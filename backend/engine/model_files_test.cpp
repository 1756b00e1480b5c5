#include "engine/model_files.h"

#include <ggml.h>
#include <gguf.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <functional>
#include <memory>

#include "engine/hyperparameters.h"
#include "engine/model.h"

namespace inferno::engine {
namespace {

namespace fs = std::filesystem;

// Files written for one test, in a folder that goes with it.
class ModelFilesTest : public testing::Test {
 protected:
  ModelFilesTest() {
    std::string name = (fs::temp_directory_path() / "inferno-engine-XXXXXX").string();
    folder_ = ::mkdtemp(name.data());
  }
  ~ModelFilesTest() override { fs::remove_all(folder_); }

  std::string path(const std::string& name) const { return (folder_ / name).string(); }

  std::string write(const std::string& name, const std::string& bytes) const {
    std::ofstream(path(name), std::ios::binary) << bytes;
    return path(name);
  }

  using Fill = std::function<void(gguf_context*)>;

  // A GGUF file with `n_tensors` tensors of 64 floats, and metadata by `fill`.
  std::string write_gguf(const std::string& name, int n_tensors, const Fill& fill) const {
    const std::unique_ptr<gguf_context, decltype(&gguf_free)> file(gguf_init_empty(), &gguf_free);
    fill(file.get());
    const std::unique_ptr<ggml_context, decltype(&ggml_free)> tensors(ggml_init({1 << 20, nullptr, false}), &ggml_free);
    for (int i = 0; i < n_tensors; ++i) {
      ggml_tensor* tensor = ggml_new_tensor_2d(tensors.get(), GGML_TYPE_F32, 16, 4);
      ggml_set_name(tensor, ("blk." + std::to_string(i) + ".attn_q.weight").c_str());
      ggml_set_zero(tensor);
      gguf_add_tensor(file.get(), tensor);
    }
    EXPECT_TRUE(gguf_write_to_file(file.get(), path(name).c_str(), false));
    return path(name);
  }

  static void llama(gguf_context* file) {
    gguf_set_val_str(file, "general.architecture", "llama");
    gguf_set_val_u32(file, "llama.context_length", 128);
    gguf_set_val_u32(file, "llama.embedding_length", 16);
    gguf_set_val_u32(file, "llama.block_count", 2);
    gguf_set_val_u32(file, "llama.feed_forward_length", 32);
    gguf_set_val_u32(file, "llama.attention.head_count", 4);
    gguf_set_val_f32(file, "llama.attention.layer_norm_rms_epsilon", 1e-5f);
  }

  static Error load_error(const std::string& file) {
    const auto model = Model::load(file, {}, {});
    return model ? Error{ErrorCode::kInternal, "it was loaded", ""} : model.error();
  }

  // What load() says of a GGUF with weights and this metadata.
  Error error_of(const Fill& fill) const { return load_error(write_gguf("m.gguf", 2, fill)); }

 private:
  fs::path folder_;
};

void expect_error(const Error& error, ErrorCode code, const std::string& words) {
  EXPECT_EQ(error.code, code) << error.message;
  EXPECT_NE(error.message.find(words), std::string::npos) << error.message;
  EXPECT_FALSE(error.hint.empty()) << error.message;
}

TEST_F(ModelFilesTest, MissingFileIsNamed) {
  expect_error(load_error(path("absent.gguf")), ErrorCode::kFileNotFound, "absent.gguf");
}

TEST_F(ModelFilesTest, EmptyPathIsNoFile) { expect_error(load_error(""), ErrorCode::kFileNotFound, "no model file"); }

TEST_F(ModelFilesTest, FolderIsNotAFile) {
  expect_error(load_error(path(".")), ErrorCode::kInvalidArgument, "is a folder");
}

TEST_F(ModelFilesTest, NamedPipeIsRefusedWithoutWaitingForAWriter) {
  ASSERT_EQ(::mkfifo(path("pipe.gguf").c_str(), 0600), 0);
  expect_error(load_error(path("pipe.gguf")), ErrorCode::kInvalidArgument, "named pipe");
}

TEST_F(ModelFilesTest, DeviceIsNotAFile) {
  expect_error(load_error("/dev/zero"), ErrorCode::kInvalidArgument, "is a device");
}

TEST_F(ModelFilesTest, EmptyFileIsNotGguf) {
  expect_error(load_error(write("e.gguf", "")), ErrorCode::kNotGguf, "is empty");
}

TEST_F(ModelFilesTest, OtherFormatsAreRecognised) {
  const auto error = [&](const std::string& bytes) { return load_error(write("x.gguf", bytes)); };
  expect_error(error("<!DOCTYPE html><html>"), ErrorCode::kNotGguf, "web page");
  expect_error(error("version https://git-lfs.github.com/spec/v1\noid sha256:0"), ErrorCode::kNotGguf,
               "Git LFS pointer");
  expect_error(error(std::string("\x40\x01\0\0\0\0\0\0{\"__metadata__\"", 24)), ErrorCode::kNotGguf, "safetensors");
  expect_error(error(std::string("PK\x03\x04") + std::string(60, 'x')), ErrorCode::kNotGguf, "ZIP");
  expect_error(error("tjgg" + std::string(60, 'x')), ErrorCode::kNotGguf, "GGML");
  expect_error(error("Once upon a time there was"), ErrorCode::kNotGguf, "starts with \"Once\"");
}

TEST_F(ModelFilesTest, OtherVersionsOfGgufAreNamed) {
  const auto error = [&](const std::string& version) {
    return load_error(write("v.gguf", "GGUF" + version + std::string(64, '\0')));
  };
  expect_error(error(std::string("\x01\0\0\0", 4)), ErrorCode::kNotGguf, "version 1");
  expect_error(error(std::string("\0\0\0\x03", 4)), ErrorCode::kNotGguf, "big-endian");
  expect_error(error(std::string("\x09\0\0\0", 4)), ErrorCode::kNotGguf, "version is 9");
}

TEST_F(ModelFilesTest, CutFileIsTruncatedWhereverItIsCut) {
  const std::string whole = write_gguf("whole.gguf", 2, llama);
  const auto size = fs::file_size(whole);
  for (const std::uintmax_t keep :
       {std::uintmax_t{4}, std::uintmax_t{20}, std::uintmax_t{100}, size / 2, size - 200, size - 100}) {
    fs::copy_file(whole, path("cut.gguf"), fs::copy_options::overwrite_existing);
    fs::resize_file(path("cut.gguf"), keep);
    const Error error = load_error(path("cut.gguf"));
    EXPECT_EQ(error.code, ErrorCode::kTruncatedFile) << keep << " of " << size << ": " << error.message;
  }
}

TEST_F(ModelFilesTest, BrokenHeaderIsInvalidInLlamasOwnWords) {
  std::string bytes = std::string("GGUF\x03\0\0\0", 8) + std::string(8, '\0') + std::string("\x01\0\0\0\0\0\0\0", 8);
  bytes += std::string("\x01\0\0\0\0\0\0\0k", 9) + std::string("\x63\0\0\0", 4) + std::string(64, '\0');
  expect_error(load_error(write("b.gguf", bytes)), ErrorCode::kInvalidModel, "invalid GGUF type");
}

TEST_F(ModelFilesTest, FileWithoutTensorsIsVocabularyOnly) {
  expect_error(load_error(write_gguf("v.gguf", 0, llama)), ErrorCode::kVocabularyOnly, "without weights");
}

TEST_F(ModelFilesTest, OtherThanDecodersAreRefusedInWords) {
  const auto architecture = [&](const char* name) {
    return error_of([name](gguf_context* file) { gguf_set_val_str(file, "general.architecture", name); });
  };
  const auto type = [&](const char* name) {
    return error_of([name](gguf_context* file) {
      llama(file);
      gguf_set_val_str(file, "general.type", name);
    });
  };
  expect_error(architecture("bert"), ErrorCode::kUnsupportedArchitecture, "embedding model");
  expect_error(architecture("t5"), ErrorCode::kUnsupportedArchitecture, "encoder-decoder");
  expect_error(architecture("llada"), ErrorCode::kUnsupportedArchitecture, "diffusion");
  expect_error(architecture("clip"), ErrorCode::kUnsupportedArchitecture, "mmproj");
  expect_error(type("mmproj"), ErrorCode::kUnsupportedArchitecture, "mmproj");
  expect_error(type("adapter"), ErrorCode::kUnsupportedArchitecture, "LoRA");
  expect_error(type("imatrix"), ErrorCode::kUnsupportedArchitecture, "not a model");
}

TEST_F(ModelFilesTest, UnknownArchitectureIsNamed) {
  const Error error = error_of([](gguf_context* file) {
    gguf_set_val_str(file, "general.architecture", "hal9000");
    gguf_set_val_u32(file, "hal9000.block_count", 1);
  });
  expect_error(error, ErrorCode::kUnsupportedArchitecture, "hal9000");
}

TEST_F(ModelFilesTest, ValuesThatWouldStopTheProcessAreRefused) {
  const auto with = [&](const char* key, std::uint32_t value) {
    return error_of([key, value](gguf_context* file) {
      llama(file);
      gguf_set_val_u32(file, key, value);
    });
  };
  expect_error(with("llama.block_count", 0), ErrorCode::kInvalidModel, "block_count is 0");
  expect_error(with("llama.block_count", 100000), ErrorCode::kInvalidModel, "block_count is 100000");
  expect_error(with("llama.embedding_length", 0), ErrorCode::kInvalidModel, "embedding_length is 0");
  expect_error(with("llama.context_length", 0), ErrorCode::kInvalidModel, "context_length is 0");
  expect_error(with("llama.attention.head_count", 0), ErrorCode::kInvalidModel, "no attention heads");
  expect_error(with("llama.attention.head_count_kv", 9), ErrorCode::kInvalidModel, "key/value heads");
  expect_error(with("llama.expert_count", 1u << 30), ErrorCode::kInvalidModel, "experts");
  expect_error(with("llama.expert_used_count", 2), ErrorCode::kInvalidModel, "uses 2 of 0");
}

TEST_F(ModelFilesTest, TokensThatAreEqualAreNamed) {
  std::vector<const char*> tokens = {"<unk>", "a", "b", "a"};
  const std::string path = write_gguf("twins.gguf", 2, [&](gguf_context* file) {
    llama(file);
    gguf_set_val_str(file, "tokenizer.ggml.model", "llama");
    gguf_set_arr_str(file, "tokenizer.ggml.tokens", tokens.data(), tokens.size());
  });
  expect_error(load_error(path), ErrorCode::kInvalidModel, "tokens 1 and 3 are both \"a\"");
  expect_error(inspect(path, {}, false).error(), ErrorCode::kInvalidModel, "tokens 1 and 3");
}

TEST_F(ModelFilesTest, WhatLlamaRefusesCarriesItsWords) {
  expect_error(error_of(llama), ErrorCode::kInvalidModel, "tokenizer");
}

TEST_F(ModelFilesTest, MissingShardIsNamed) {
  const auto shard = [](std::uint16_t index) {
    return [index](gguf_context* file) {
      if (index == 0) llama(file);
      gguf_set_val_u16(file, "split.no", index);
      gguf_set_val_u16(file, "split.count", 3);
      gguf_set_val_i32(file, "split.tensors.count", 6);
    };
  };
  const std::string first = write_gguf("big-00001-of-00003.gguf", 2, shard(0));
  const std::string second = write_gguf("big-00002-of-00003.gguf", 2, shard(1));
  expect_error(load_error(first), ErrorCode::kFileNotFound, "big-00003-of-00003.gguf");
  const Error later = load_error(second);
  EXPECT_EQ(later.code, ErrorCode::kInvalidArgument);
  EXPECT_NE(later.hint.find("big-00001-of-00003.gguf"), std::string::npos) << later.hint;
  expect_error(load_error(write_gguf("renamed.gguf", 2, shard(0))), ErrorCode::kInvalidModel, "part 1 of 3");

  write_gguf("big-00003-of-00003.gguf", 3, shard(2));
  const auto files = ModelFiles::open(first);
  ASSERT_TRUE(files.ok()) << files.error().message;
  EXPECT_EQ(files->n_tensors(), 7u);
}

TEST_F(ModelFilesTest, MetadataOfEveryTypeIsShown) {
  const std::string file = write_gguf("m.gguf", 1, [](gguf_context* context) {
    llama(context);
    gguf_set_val_bool(context, "a.flag", true);
    gguf_set_val_i64(context, "a.negative", -5);
    const std::int32_t numbers[] = {1, 2, 3};
    gguf_set_arr_data(context, "a.numbers", GGUF_TYPE_INT32, numbers, 3);
    const char* words[] = {"one", "tw\xffo"};
    gguf_set_arr_str(context, "a.words", words, 2);
    gguf_set_val_str(context, "a.long", std::string(5000, 'x').c_str());
  });
  const auto files = ModelFiles::open(file);
  ASSERT_TRUE(files.ok()) << files.error().message;
  const auto find = [&](const std::string& key) {
    for (const MetadataEntry& entry : files->main().metadata()) {
      if (entry.key == key) return entry;
    }
    return MetadataEntry{};
  };
  EXPECT_EQ(find("a.flag").value, "true");
  EXPECT_EQ(find("a.negative").value, "-5");
  EXPECT_EQ(find("a.numbers").type, "array[i32]");
  EXPECT_EQ(find("a.numbers").value, "[1, 2, 3]");
  EXPECT_EQ(find("a.numbers").n, 3u);
  EXPECT_EQ(find("a.words").value, "[one, tw?o]");
  EXPECT_LT(find("a.long").value.size(), 500u);
  EXPECT_EQ(files->tensors().at(0).shape, (std::vector<std::uint64_t>{4, 16}));
}

TEST_F(ModelFilesTest, LongFileNeedsNoExtraTrust) {
  const std::string file = write_gguf("m.gguf", 2, llama);
  fs::resize_file(file, fs::file_size(file) + (1 << 20));
  EXPECT_TRUE(ModelFiles::open(file).ok());
}

}  // namespace
}  // namespace inferno::engine
