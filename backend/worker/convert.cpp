#include "worker/convert.h"

#include <utility>

#include "protocol/message.h"

namespace inferno::worker {

namespace {

namespace pb = protocol;

std::string text_of(const flatbuffers::String* text) { return text == nullptr ? std::string() : text->str(); }

template <typename T>
std::optional<T> to_optional(const flatbuffers::Optional<T>& value) {
  return value ? std::optional<T>(*value) : std::nullopt;
}

template <typename T>
flatbuffers::Optional<T> from_optional(const std::optional<T>& value) {
  return value ? flatbuffers::Optional<T>(*value) : flatbuffers::nullopt;
}

std::vector<std::string> texts_of(const flatbuffers::Vector<flatbuffers::Offset<flatbuffers::String>>* texts) {
  std::vector<std::string> out;
  if (texts == nullptr) return out;
  for (const auto* text : *texts) out.push_back(text->str());
  return out;
}

engine::StageSpec to_stage(const pb::SamplerStage& from) {
  engine::StageSpec to;
  to.kind = static_cast<engine::StageKind>(from.kind());
  to.k = to_optional(from.k());
  to.p = to_optional(from.p());
  to.min_keep = to_optional(from.min_keep());
  to.temperature = to_optional(from.temperature());
  to.range = to_optional(from.range());
  to.exponent = to_optional(from.exponent());
  to.probability = to_optional(from.probability());
  to.threshold = to_optional(from.threshold());
  to.n = to_optional(from.n());
  to.tau = to_optional(from.tau());
  to.eta = to_optional(from.eta());
  to.m = to_optional(from.m());
  to.last_n = to_optional(from.last_n());
  to.repeat = to_optional(from.repeat());
  to.frequency = to_optional(from.frequency());
  to.presence = to_optional(from.presence());
  to.multiplier = to_optional(from.multiplier());
  to.base = to_optional(from.base());
  to.allowed_length = to_optional(from.allowed_length());
  to.breakers = texts_of(from.breakers());
  to.target = to_optional(from.target());
  to.decay = to_optional(from.decay());
  if (from.biases() != nullptr) {
    for (const auto* bias : *from.biases()) to.biases.push_back({bias->id(), bias->bias(), bias->ban()});
  }
  to.grammar = text_of(from.grammar());
  to.root = text_of(from.root());
  to.json_schema = text_of(from.json_schema());
  to.seed = to_optional(from.seed());
  return to;
}

std::unique_ptr<pb::TokenT> special(const std::optional<std::int32_t>& id, const engine::TokenTable* tokens) {
  if (!id) return nullptr;
  if (tokens != nullptr) return from_token(*id, *tokens);
  auto token = std::make_unique<pb::TokenT>();
  token->id = *id;
  return token;
}

std::unique_ptr<pb::TokenizerInfoT> from_tokenizer(const engine::TokenizerInfo& from,
                                                   const engine::TokenTable* tokens) {
  auto to = std::make_unique<pb::TokenizerInfoT>();
  to->model = from.model;
  to->pre = from.pre;
  to->n_tokens = from.n_tokens;
  to->bos = special(from.bos, tokens);
  to->eos = special(from.eos, tokens);
  to->eot = special(from.eot, tokens);
  to->pad = special(from.pad, tokens);
  to->unk = special(from.unk, tokens);
  to->adds_bos = from.adds_bos;
  to->adds_eos = from.adds_eos;
  to->n_control = from.n_control;
  return to;
}

std::unique_ptr<pb::CapabilitiesT> from_capabilities(const engine::Capabilities& from) {
  auto to = std::make_unique<pb::CapabilitiesT>();
  to->generate = from.generate;
  to->attention = from.attention;
  to->roll_back = from.roll_back;
  to->chat_template = from.chat_template;
  to->bos = from.bos;
  to->eos = from.eos;
  to->recurrent = from.recurrent;
  to->hybrid = from.hybrid;
  to->mixture_of_experts = from.mixture_of_experts;
  to->encoder = from.encoder;
  to->tokenize = from.tokenize;
  return to;
}

std::unique_ptr<pb::MemoryEstimateT> from_memory(const engine::MemoryEstimate& from) {
  auto to = std::make_unique<pb::MemoryEstimateT>();
  to->weights_bytes = from.weights_bytes;
  to->cache_bytes = from.cache_bytes;
  to->compute_bytes = from.compute_bytes;
  to->total_bytes = from.total_bytes;
  to->available_bytes = from.available_bytes;
  return to;
}

void add_metadata(const engine::ModelInfo& info, pb::ModelInfoT& to) {
  for (const auto& entry : info.metadata) {
    auto out = std::make_unique<pb::MetadataEntryT>();
    out->key = entry.key;
    out->type = entry.type;
    out->value = entry.value;
    out->n = from_optional(entry.n);
    to.metadata.push_back(std::move(out));
  }
  for (const auto& tensor : info.tensors) {
    auto out = std::make_unique<pb::TensorInfoT>();
    out->name = tensor.name;
    out->type = tensor.type;
    out->shape = tensor.shape;
    out->size_bytes = tensor.size_bytes;
    to.tensors.push_back(std::move(out));
  }
}

std::unique_ptr<pb::ExampleT> from_example(const engine::Example& from) {
  auto to = std::make_unique<pb::ExampleT>();
  to->title = from.title;
  to->text = from.text;
  for (const auto& message : from.messages) {
    auto out = std::make_unique<pb::ChatMessageT>();
    out->role = message.role;
    out->content = message.content;
    to->messages.push_back(std::move(out));
  }
  to->note = from.note;
  return to;
}

}  // namespace

engine::EngineOptions to_options(const pb::EngineOptions* from) {
  engine::EngineOptions to;
  if (from == nullptr) return to;
  to.n_ctx = to_optional(from->n_ctx());
  to.n_batch = to_optional(from->n_batch());
  to.n_ubatch = to_optional(from->n_ubatch());
  to.n_threads = to_optional(from->n_threads());
  to.n_threads_batch = to_optional(from->n_threads_batch());
  to.n_gpu_layers = to_optional(from->n_gpu_layers());
  to.flash_attention = static_cast<engine::FlashAttention>(from->flash_attention());
  to.cache_type_k = text_of(from->cache_type_k());
  to.cache_type_v = text_of(from->cache_type_v());
  to.use_mmap = to_optional(from->use_mmap());
  to.use_mlock = to_optional(from->use_mlock());
  to.check_tensors = to_optional(from->check_tensors());
  to.rpc_servers = texts_of(from->rpc_servers());
  to.ignore_memory = from->ignore_memory();
  return to;
}

engine::PromptSpec to_prompt(const pb::Prompt* from) {
  engine::PromptSpec to;
  if (from != nullptr) {
    if (from->text() != nullptr) to.text = from->text()->str();
    if (from->messages() != nullptr) {
      to.messages.emplace();
      for (const auto* message : *from->messages()) {
        to.messages->push_back({text_of(message->role()), text_of(message->content())});
      }
    }
    if (from->ids() != nullptr) to.ids.emplace(from->ids()->begin(), from->ids()->end());
    to.parse_special = from->parse_special();
    to.add_bos = to_optional(from->add_bos());
    to.chat_template = text_of(from->chat_template());
  }
  // An empty text is a prompt, too: the model starts from its BOS alone.
  if (!to.text && !to.messages && !to.ids) to.text.emplace();
  return to;
}

std::vector<engine::StageSpec> to_sampler(const flatbuffers::Vector<flatbuffers::Offset<pb::SamplerStage>>* stages) {
  std::vector<engine::StageSpec> out;
  if (stages == nullptr) return out;
  for (const auto* stage : *stages) out.push_back(to_stage(*stage));
  return out;
}

engine::Limits to_limits(const pb::Limits* from) {
  engine::Limits to;
  if (from == nullptr) return to;
  to.n_predict = to_optional(from->n_predict());
  to.stop = texts_of(from->stop());
  to.ignore_eos = from->ignore_eos();
  to.time_ms = to_optional(from->time_ms());
  return to;
}

engine::CaptureOptions to_capture(const pb::Capture* from) {
  engine::CaptureOptions to;
  if (from == nullptr) return to;
  if (from->n_candidates()) to.n_candidates = *from->n_candidates();
  to.prompt = from->prompt();
  if (from->n_prompt_candidates()) to.n_prompt_candidates = *from->n_prompt_candidates();
  to.trace = from->trace();
  return to;
}

std::unique_ptr<pb::ErrorT> from_error(const Error& error) {
  return std::make_unique<pb::ErrorT>(pb::to_protocol(error));
}

std::unique_ptr<pb::WarningT> from_warning(const engine::Warning& warning) {
  auto to = std::make_unique<pb::WarningT>();
  to->code = warning.code;
  to->message = warning.message;
  return to;
}

std::unique_ptr<pb::SamplerStageT> from_stage(const engine::StageSpec& from) {
  auto to = std::make_unique<pb::SamplerStageT>();
  to->kind = static_cast<pb::StageKind>(from.kind);
  to->k = from_optional(from.k);
  to->p = from_optional(from.p);
  to->min_keep = from_optional(from.min_keep);
  to->temperature = from_optional(from.temperature);
  to->range = from_optional(from.range);
  to->exponent = from_optional(from.exponent);
  to->probability = from_optional(from.probability);
  to->threshold = from_optional(from.threshold);
  to->n = from_optional(from.n);
  to->tau = from_optional(from.tau);
  to->eta = from_optional(from.eta);
  to->m = from_optional(from.m);
  to->last_n = from_optional(from.last_n);
  to->repeat = from_optional(from.repeat);
  to->frequency = from_optional(from.frequency);
  to->presence = from_optional(from.presence);
  to->multiplier = from_optional(from.multiplier);
  to->base = from_optional(from.base);
  to->allowed_length = from_optional(from.allowed_length);
  to->breakers = from.breakers;
  to->target = from_optional(from.target);
  to->decay = from_optional(from.decay);
  for (const auto& bias : from.biases) {
    auto out = std::make_unique<pb::LogitBiasT>();
    out->id = bias.id;
    out->bias = bias.bias;
    out->ban = bias.ban;
    to->biases.push_back(std::move(out));
  }
  to->grammar = from.grammar;
  to->root = from.root;
  to->json_schema = from.json_schema;
  to->seed = from_optional(from.seed);
  return to;
}

std::unique_ptr<pb::EngineOptionsT> from_options(const engine::EngineOptions& from) {
  auto to = std::make_unique<pb::EngineOptionsT>();
  to->n_ctx = from_optional(from.n_ctx);
  to->n_batch = from_optional(from.n_batch);
  to->n_ubatch = from_optional(from.n_ubatch);
  to->n_threads = from_optional(from.n_threads);
  to->n_threads_batch = from_optional(from.n_threads_batch);
  to->n_gpu_layers = from_optional(from.n_gpu_layers);
  to->flash_attention = static_cast<pb::FlashAttention>(from.flash_attention);
  to->cache_type_k = from.cache_type_k;
  to->cache_type_v = from.cache_type_v;
  to->use_mmap = from_optional(from.use_mmap);
  to->use_mlock = from_optional(from.use_mlock);
  to->check_tensors = from_optional(from.check_tensors);
  to->rpc_servers = from.rpc_servers;
  to->ignore_memory = from.ignore_memory;
  return to;
}

std::unique_ptr<pb::CaptureT> from_capture(const engine::CaptureOptions& from) {
  auto to = std::make_unique<pb::CaptureT>();
  to->n_candidates = from.n_candidates;
  to->prompt = from.prompt;
  to->n_prompt_candidates = from.n_prompt_candidates;
  to->trace = from.trace;
  return to;
}

std::unique_ptr<pb::TokenT> from_token(std::int32_t id, const engine::TokenTable& tokens) {
  auto to = std::make_unique<pb::TokenT>();
  to->id = id;
  if (id < 0 || static_cast<std::uint32_t>(id) >= tokens.size()) return to;
  const auto bytes = tokens.bytes(id);
  if (tokens.is_text(id)) {
    to->text = bytes;
  } else {
    to->bytes.assign(bytes.begin(), bytes.end());
  }
  to->kind = static_cast<pb::TokenKind>(tokens.kind(id));
  return to;
}

std::unique_ptr<pb::ModelInfoT> from_info(const engine::ModelInfo& info, const engine::TokenTable* tokens) {
  auto to = std::make_unique<pb::ModelInfoT>();
  to->name = info.name;
  to->path = info.path;
  to->architecture = info.architecture;
  to->description = info.description;
  to->quantisation = info.quantisation;
  to->size_bytes = info.size_bytes;
  to->file_bytes = info.file_bytes;
  to->n_params = info.n_params;
  to->n_ctx_train = info.n_ctx_train;
  to->n_embd = info.n_embd;
  to->n_layers = info.n_layers;
  to->n_heads = info.n_heads;
  to->n_kv_heads = info.n_kv_heads;
  to->n_vocab = info.n_vocab;
  to->n_experts = info.n_experts;
  to->n_experts_used = info.n_experts_used;
  to->tokenizer = from_tokenizer(info.tokenizer, tokens);
  to->chat_template = info.chat_template;
  to->capabilities = from_capabilities(info.capabilities);
  to->memory = from_memory(info.memory);
  for (const auto& warning : info.warnings) to->warnings.push_back(from_warning(warning));
  add_metadata(info, *to);
  to->n_ctx = info.n_ctx;
  to->options = from_options(info.options);
  to->devices = info.devices;
  for (const auto& example : info.examples) to->examples.push_back(from_example(example));
  return to;
}

}  // namespace inferno::worker
