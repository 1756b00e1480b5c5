// make-model: writes a GGUF model with random weights.
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <fstream>
#include <iterator>

#include "gguf_file_writer.h"

namespace {

using namespace inferno;
using namespace inferno::make_model;

constexpr const char* kChatMl =
    "{% for message in messages %}{{ '<|im_start|>' + message['role'] + '\n' + message['content'] + '<|im_end|>\n' }}"
    "{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}";

struct Options {
  ModelShape shape;
  std::string type_name = "f32";
  std::string vocabulary = "bytes";
  std::string vocabulary_file;
  std::string chat_template;
  std::string output;
  std::int64_t vocabulary_size = 0;
  std::uint64_t seed = 1;
};

void add_options(CLI::App& app, Options& options) {
  app.add_option("-o,--output", options.output, "The file to write")->required();
  app.add_option("--arch", options.shape.architecture, "llama (also with experts), qwen2, qwen3, gpt2 or mamba")
      ->capture_default_str();
  app.add_option("--layers", options.shape.n_layers, "Layers")->capture_default_str();
  app.add_option("--embd", options.shape.d_model, "Embedding size")->capture_default_str();
  app.add_option("--heads", options.shape.n_heads, "Attention heads")->capture_default_str();
  app.add_option("--kv-heads", options.shape.n_kv_heads, "Key/value heads (as many as heads unless given)");
  app.add_option("--head-dim", options.shape.d_head, "Size of a head (embedding size / heads unless given)");
  app.add_option("--ff", options.shape.d_ff, "Feed-forward size (4 x embedding size unless given)");
  app.add_option("--ctx", options.shape.n_context, "Context length that the model names")->capture_default_str();
  app.add_option("--experts", options.shape.n_experts, "Experts in each layer (llama only)");
  app.add_option("--experts-used", options.shape.n_experts_used, "Experts used for each token");
  app.add_flag("--tie", options.shape.tie_embeddings, "Use the token embeddings as output matrix, too");
  app.add_option("--rope-base", options.shape.rope_base, "Base frequency of the rotary positions")
      ->capture_default_str();
  app.add_option("--logit-std", options.shape.logit_deviation, "Standard deviation of the logits, about")
      ->capture_default_str();
  app.add_option("--type", options.type_name, "Type of the matrices: f32, f16, bf16, q8_0, q4_0, q4_k, q6_k, ...")
      ->capture_default_str();
  auto* vocabulary = app.add_option("--vocab", options.vocabulary, "'bytes': a tokenizer that needs no other file")
                         ->check(CLI::IsMember({"bytes"}))
                         ->capture_default_str();
  app.add_option("--vocab-from", options.vocabulary_file, "Take the tokenizer of this GGUF file")->excludes(vocabulary);
  app.add_option("--vocab-size", options.vocabulary_size, "Pad the 'bytes' vocabulary to so many tokens");
  app.add_option("--chat-template", options.chat_template, "'chatml', or a file with a Jinja template");
  app.add_option("--seed", options.seed, "The same seed gives the same file")->capture_default_str();
}

Result<void> set_chat_template(gguf_context* metadata, const std::string& chosen) {
  if (chosen.empty()) return {};
  if (chosen == "chatml") {
    gguf_set_val_str(metadata, "tokenizer.chat_template", kChatMl);
    return {};
  }
  std::ifstream file(chosen);
  if (!file)
    return Error{ErrorCode::kFileNotFound, "cannot read the chat template " + chosen, "give 'chatml' or a file"};
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  gguf_set_val_str(metadata, "tokenizer.chat_template", text.c_str());
  return {};
}

void show_progress(std::uint64_t done_bytes, std::uint64_t all_bytes) {
  if (isatty(STDERR_FILENO) == 0) return;
  std::fprintf(stderr, "\r%llu of %llu MB", static_cast<unsigned long long>(done_bytes / 1000000),
               static_cast<unsigned long long>(all_bytes / 1000000));
  if (done_bytes == all_bytes) std::fputc('\n', stderr);
}

Result<WrittenFile> make(Options options) {
  const GgufPtr metadata(gguf_init_empty());
  const auto type = parse_type(options.type_name);
  if (!type) return type.error();
  options.shape.type = *type;
  const auto n_vocab = options.vocabulary_file.empty() ? add_byte_vocabulary(metadata.get(), options.vocabulary_size)
                                                       : copy_vocabulary(metadata.get(), options.vocabulary_file);
  if (!n_vocab) return n_vocab.error();
  options.shape.n_vocab = *n_vocab;
  const auto shape = complete_shape(options.shape);
  if (!shape) return shape.error();
  set_hyperparameters(metadata.get(), *shape);
  if (auto set = set_chat_template(metadata.get(), options.chat_template); !set) return set.error();
  return write_gguf_file(options.output, metadata.get(), plan_tensors(*shape), options.seed, show_progress);
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app(
      "Writes a GGUF model with random weights, for tests and benchmarks of any shape.\n"
      "Example, the shape of Mistral 7B:\n"
      "  make-model --layers 32 --embd 4096 --heads 32 --kv-heads 8 --ff 14336 --ctx 32768 \\\n"
      "             --vocab-size 32000 --type q4_0 -o mistral-shaped.gguf");
  Options options;
  add_options(app, options);
  CLI11_PARSE(app, argc, argv);
  const auto written = make(options);
  if (!written) {
    std::fprintf(stderr, "make-model: %s\n", written.error().message.c_str());
    if (!written.error().hint.empty()) std::fprintf(stderr, "%s\n", written.error().hint.c_str());
    return 1;
  }
  std::printf("%s: %.1f million parameters, %.1f MB\n", options.output.c_str(),
              static_cast<double>(written->n_parameters) / 1e6, static_cast<double>(written->size_bytes) / 1e6);
  return 0;
}
