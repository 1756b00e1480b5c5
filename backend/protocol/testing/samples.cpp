#include "protocol/testing/samples.h"

#include <memory>

namespace inferno::protocol::testing {

namespace {

template <typename T>
std::unique_ptr<T> own(T value) {
  return std::make_unique<T>(std::move(value));
}

template <typename T, typename... More>
std::vector<std::unique_ptr<T>> list(T first, More... more) {
  std::vector<std::unique_ptr<T>> out;
  out.push_back(own(std::move(first)));
  (out.push_back(own(std::move(more))), ...);
  return out;
}

TokenT token(int id, std::string text, TokenKind kind = TokenKind::Normal) {
  TokenT out;
  out.id = id;
  out.text = std::move(text);
  out.kind = kind;
  return out;
}

TokenT byte_token(int id, std::vector<std::uint8_t> bytes) {
  TokenT out;
  out.id = id;
  out.bytes = std::move(bytes);
  out.kind = TokenKind::Byte;
  return out;
}

ErrorT error(ErrorCode code, std::string message, std::string hint) {
  ErrorT out;
  out.code = code;
  out.message = std::move(message);
  out.hint = std::move(hint);
  return out;
}

ErrorT grammar_error() {
  auto out = error(ErrorCode::BadGrammar, "The grammar cannot be used: expecting ')' at \n.",
                   "Rules are written as: root ::= \"yes\" | \"no\"");
  out.stage = 3;
  out.offset = 17;
  return out;
}

WarningT warning() {
  WarningT out;
  out.code = "double_bos";
  out.message = "The text begins with <s>, and the tokenizer adds another.";
  return out;
}

SamplerStageT stage(StageKind kind) {
  SamplerStageT out;
  out.kind = kind;
  return out;
}

SamplerStageT top_k() {
  auto out = stage(StageKind::TopK);
  out.k = 40;
  return out;
}

SamplerStageT top_p() {
  auto out = stage(StageKind::TopP);
  out.p = 0.95f;
  out.min_keep = 1;
  return out;
}

SamplerStageT temperature() {
  auto out = stage(StageKind::Temperature);
  out.temperature = 0.8f;
  return out;
}

SamplerStageT dynamic_temperature() {
  auto out = stage(StageKind::DynamicTemperature);
  out.temperature = 0.8f;
  out.range = 0.25f;
  out.exponent = 1.0f;
  return out;
}

SamplerStageT xtc() {
  auto out = stage(StageKind::Xtc);
  out.probability = 0.5f;
  out.threshold = 0.1f;
  out.min_keep = 1;
  out.seed = 7;
  return out;
}

SamplerStageT top_n_sigma() {
  auto out = stage(StageKind::TopNSigma);
  out.n = 1.5f;
  return out;
}

SamplerStageT penalties() {
  auto out = stage(StageKind::Penalties);
  out.last_n = -1;
  out.repeat = 1.1f;
  out.frequency = 0.0f;
  out.presence = 0.25f;
  return out;
}

SamplerStageT dry() {
  auto out = stage(StageKind::Dry);
  out.multiplier = 0.8f;
  out.base = 1.75f;
  out.allowed_length = 2;
  out.last_n = 64;
  out.breakers = {"\n", ":", "\"", "*"};
  return out;
}

SamplerStageT logit_bias() {
  auto out = stage(StageKind::LogitBias);
  LogitBiasT nudge, ban;
  nudge.id = 403;
  nudge.bias = -1.5f;
  ban.id = 2;
  ban.ban = true;
  out.biases = list(nudge, ban);
  return out;
}

SamplerStageT grammar() {
  auto out = stage(StageKind::Grammar);
  out.grammar = "root ::= \"yes\" | \"no\"";
  out.root = "root";
  return out;
}

SamplerStageT json_schema() {
  auto out = stage(StageKind::Grammar);
  out.json_schema = R"({"type":"integer"})";
  return out;
}

SamplerStageT adaptive_p() {
  auto out = stage(StageKind::AdaptiveP);
  out.target = 0.5f;
  out.decay = 0.9f;
  out.seed = 1;
  return out;
}

SamplerStageT mirostat() {
  auto out = stage(StageKind::Mirostat1);
  out.tau = 5.0f;
  out.eta = 0.1f;
  out.m = 100;
  out.seed = 4294967295u;
  return out;
}

SamplerStageT distribution() {
  auto out = stage(StageKind::Distribution);
  out.seed = 42;
  return out;
}

CandidateT candidate(int id, std::string text, float logit, float raw_logprob) {
  CandidateT out;
  out.id = id;
  out.text = std::move(text);
  out.logit = logit;
  out.raw_logprob = raw_logprob;
  return out;
}

std::vector<std::unique_ptr<CandidateT>> candidates() {
  auto likely = candidate(385, " time", 14.25f, -0.105360515f);
  likely.final_prob = 1.0f;
  auto removed = candidate(410, " day", 11.5f, -2.8553605f);
  removed.removed_by = 0;
  removed.banned = true;
  CandidateT part;
  part.id = 229;
  part.bytes = {0xE2, 0x80};
  part.kind = TokenKind::Byte;
  part.logit = 1.0e-7f;
  part.raw_logprob = -14.35536f;
  part.removed_by = 1;
  CandidateT not_finite;
  not_finite.id = 17;
  not_finite.text = "\"\\\n\t\x01 ä🔥";
  return list(likely, removed, part, not_finite);
}

StageTraceT trace(std::uint8_t index, StageKind kind) {
  StageTraceT out;
  out.stage = index;
  out.kind = kind;
  out.n_in = 512;
  out.n_out = 40;
  out.mass_removed = 0.0042f;
  out.entropy_before = 0.75f;
  out.entropy_after = 0.6875f;
  out.top_before = 385;
  out.top_after = 385;
  out.changed = true;
  return out;
}

std::vector<std::unique_ptr<StageTraceT>> traces() {
  auto mirostat_like = trace(1, StageKind::Mirostat2);
  mirostat_like.removed_top = true;
  mirostat_like.top_after = 410;
  mirostat_like.value = 10.0f;
  auto drawn = trace(2, StageKind::Distribution);
  drawn.n_in = drawn.n_out = 40;
  drawn.mass_removed = 0;
  drawn.changed = false;
  drawn.selected = 385;
  return list(trace(0, StageKind::TopK), mirostat_like, drawn);
}

WatchedT watched() {
  WatchedT out;
  out.raw_prob = 0.25f;
  out.best = 385;
  out.best_rank = 2;
  return out;
}

StepT step() {
  StepT out;
  out.position = 5;
  out.token = own(token(385, " time"));
  out.logit = 14.25f;
  out.raw_logprob = -0.105360515f;
  out.final_prob = 1.0f;
  out.rank = 1;
  out.entropy = 0.75f;
  out.log_sum_exp = 14.35536f;
  out.tail_mass = 0.0421875f;
  out.n_non_finite = 1;
  out.candidates = candidates();
  out.n_top = 4;
  out.stages = traces();
  out.n_final = 1;
  out.draw = 0.6180339887498949;
  out.decode_us = 812.5f;
  out.sample_us = 14.75f;
  out.capture_us = 9.5f;
  out.watched = list(watched(), WatchedT());
  return out;
}

StepT last_step() {
  StepT out;
  out.position = 6;
  out.token = own(token(2, "</s>", TokenKind::Control));
  out.forced = true;
  out.end_of_text = true;
  out.chain_token = 385;
  return out;
}

StepT first_prompt_step() {
  StepT out;
  out.position = 0;
  out.token = own(token(1, "<s>", TokenKind::Control));
  return out;
}

StepT second_prompt_step() {
  StepT out;
  out.position = 1;
  out.token = own(byte_token(229, {0xE2}));
  out.logit = 3.5f;
  out.raw_logprob = -4.5f;
  out.rank = 17;
  out.entropy = 5.25f;
  out.log_sum_exp = 8.0f;
  out.tail_mass = 0.5f;
  out.candidates = list(candidate(385, " time", 6.5f, -1.5f));
  out.n_top = 1;
  out.decode_us = 100.25f;
  out.capture_us = 3.5f;
  return out;
}

EngineOptionsT engine_options() {
  EngineOptionsT out;
  out.n_ctx = 4096;
  out.n_batch = 512;
  out.n_ubatch = 512;
  out.n_threads = 2;
  out.n_threads_batch = 2;
  out.n_gpu_layers = -1;
  out.flash_attention = FlashAttention::On;
  out.cache_type_k = "f16";
  out.cache_type_v = "q8_0";
  out.use_mmap = true;
  out.use_mlock = false;
  out.check_tensors = false;
  out.rpc_servers = {"127.0.0.1:50052"};
  out.ignore_memory = true;
  return out;
}

TokenizerInfoT tokenizer() {
  TokenizerInfoT out;
  out.model = "SPM";
  out.pre = "default";
  out.n_tokens = 512;
  out.bos = own(token(1, "<s>", TokenKind::Control));
  out.eos = own(token(2, "</s>", TokenKind::Control));
  out.eot = own(token(3, "<|eot|>", TokenKind::Control));
  out.pad = own(token(4, "<pad>", TokenKind::Unused));
  out.unk = own(token(0, "<unk>", TokenKind::Unknown));
  out.adds_bos = true;
  out.adds_eos = true;
  out.n_control = 3;
  return out;
}

CapabilitiesT capabilities() {
  CapabilitiesT out;
  out.generate = out.attention = out.roll_back = out.chat_template = true;
  out.bos = out.eos = out.tokenize = true;
  out.recurrent = out.hybrid = out.mixture_of_experts = out.encoder = true;
  return out;
}

MemoryEstimateT memory() {
  MemoryEstimateT out;
  out.weights_bytes = 1'185'376;
  out.cache_bytes = 2'621'440;
  out.compute_bytes = 541'696;
  out.total_bytes = 4'348'512;
  out.available_bytes = 8'589'934'592;
  return out;
}

std::vector<std::unique_ptr<MetadataEntryT>> metadata() {
  MetadataEntryT name, tokens;
  name.key = "general.name";
  name.type = "string";
  name.value = "stories260K";
  tokens.key = "tokenizer.ggml.tokens";
  tokens.type = "array[string]";
  tokens.value = "[\"<unk>\", \"<s>\", \"</s>\", …]";
  tokens.n = 512;
  return list(name, tokens);
}

TensorInfoT tensor() {
  TensorInfoT out;
  out.name = "token_embd.weight";
  out.type = "F32";
  out.shape = {512, 64};
  out.size_bytes = 131'072;
  return out;
}

std::vector<std::unique_ptr<ExampleT>> examples() {
  ExampleT text, chat;
  text.title = "A story";
  text.text = "Once upon a time";
  text.note = "Who is the story about, and from which token on is that certain?";
  chat.title = "A question";
  ChatMessageT user;
  user.role = "user";
  user.content = "What is the capital of France?";
  chat.messages = list(user);
  return list(text, chat);
}

ModelInfoT model_info() {
  ModelInfoT out;
  out.name = "stories260K";
  out.path = "/models/stories260K.gguf";
  out.architecture = "llama";
  out.description = "llama ?B all F32 (guessed)";
  out.quantisation = "F32";
  out.size_bytes = 1'169'408;
  out.file_bytes = 1'185'376;
  out.n_params = 292'352;
  out.n_ctx_train = 2048;
  out.n_embd = 64;
  out.n_layers = 5;
  out.n_heads = 8;
  out.n_kv_heads = 4;
  out.n_vocab = 512;
  out.n_experts = 8;
  out.n_experts_used = 2;
  out.tokenizer = own(tokenizer());
  out.chat_template = "{% for message in messages %}{{ message.content }}{% endfor %}";
  out.capabilities = own(capabilities());
  out.memory = own(memory());
  out.warnings = list(warning());
  out.metadata = metadata();
  out.tensors = list(tensor());
  out.n_ctx = 2048;
  out.options = own(engine_options());
  out.devices = {"CPU"};
  out.examples = examples();
  return out;
}

ModelListT model_list() {
  ModelListT out;
  ModelFileT file;
  file.path = "/models/stories260K.gguf";
  file.name = "stories260K.gguf";
  file.size_bytes = 1'185'376;
  file.modified_s = 1'700'000'000;
  out.files = list(file);
  LoadedModelT ready, dead;
  ready.model = 1;
  ready.path = file.path;
  ready.name = "stories260K";
  ready.state = ModelState::Ready;
  ready.info = own(model_info());
  ready.n_queued = 2;
  ready.active_run = 7;
  ready.rss_bytes = 24'117'248;
  dead.model = 2;
  dead.path = "/models/mistral-7b.gguf";
  dead.name = "mistral-7b.gguf";
  dead.state = ModelState::Dead;
  dead.error = own(error(ErrorCode::EngineDied,
                         "The engine was killed by signal 9 (SIGKILL): perhaps the system ran out of memory.",
                         "Load the model again."));
  out.loaded = list(ready, dead);
  out.folders = {"/models"};
  return out;
}

PromptT text_prompt() {
  PromptT out;
  out.text = "Once upon a time";
  out.parse_special = true;
  out.add_bos = true;
  return out;
}

PromptT chat_prompt() {
  PromptT out;
  ChatMessageT system, user;
  system.role = "system";
  system.content = "You are brief.";
  user.role = "user";
  user.content = "Grüße! 🔥";
  out.messages = list(system, user);
  out.chat_template = "chatml";
  return out;
}

LimitsT limits() {
  LimitsT out;
  out.n_predict = 64;
  out.stop = {"\n\n", "The end"};
  out.ignore_eos = true;
  out.time_ms = 60'000;
  return out;
}

CaptureT capture() {
  CaptureT out;
  out.n_candidates = 64;
  out.prompt = false;
  out.n_prompt_candidates = 8;
  out.trace = false;
  return out;
}

std::unique_ptr<ConditionT> condition(ConditionKind kind) {
  auto out = std::make_unique<ConditionT>();
  out->kind = kind;
  return out;
}

std::vector<std::unique_ptr<BreakpointT>> breakpoints() {
  BreakpointT doubt, dragon, last;
  doubt.id = 1;
  doubt.conditions.push_back(condition(ConditionKind::EntropyAbove));
  doubt.conditions.back()->threshold = 4.5f;
  doubt.conditions.push_back(condition(ConditionKind::StageRemovedTop));
  doubt.conditions.back()->stage = 2;
  dragon.id = 2;
  dragon.conditions.push_back(condition(ConditionKind::TextMatches));
  dragon.conditions.back()->text = "dragon";
  dragon.disabled = true;
  last.id = 3;
  last.conditions.push_back(condition(ConditionKind::TokenInTop));
  last.conditions.back()->ids = {2, 3};
  last.conditions.back()->n = 5;
  last.ignore = 2;
  last.once = true;
  return list(std::move(doubt), std::move(dragon), std::move(last));
}

std::vector<std::unique_ptr<WatchT>> watches(bool resolved) {
  WatchT word, ids;
  word.id = 1;
  word.word = "time";
  if (resolved) word.tokens = list(token(385, " time"));
  ids.id = 2;
  ids.ids = {410, 403};
  return list(std::move(word), std::move(ids));
}

PastStepT past_step(int id, bool forced, bool drew) {
  PastStepT out;
  out.id = id;
  out.forced = forced;
  out.drew = drew;
  return out;
}

ForkT fork() {
  ForkT out;
  out.run = 7;
  out.position = 6;
  out.tokens = {410, 403};
  out.replay = true;
  out.past = list(past_step(385, false, true), past_step(410, true, false));
  out.sampler_since = 6;
  out.n_copied = 3;
  out.past_sum_logprob = -0.125;
  out.prompt_sum_logprob = -17.75;
  out.n_prompt_scored = 4;
  out.bans.push_back(std::make_unique<TokensBannedT>());
  out.bans.back()->ids = {17};
  out.bans.back()->position = 9;
  out.bans.back()->n_steps = 2;
  return out;
}

StartRunT start_run() {
  StartRunT out;
  out.model = 1;
  out.prompt = own(text_prompt());
  out.sampler = list(penalties(), dry(), logit_bias(), grammar(), json_schema(), top_n_sigma(), top_k(), top_p(), xtc(),
                     dynamic_temperature(), temperature(), distribution());
  out.seed = 42;
  out.limits = own(limits());
  out.capture = own(capture());
  out.start_paused = true;
  out.subscribe = false;
  out.breakpoints = breakpoints();
  out.watches = watches(false);
  out.stop_active = true;
  return out;
}

RunStartedT run_started() {
  RunStartedT out;
  out.model = 1;
  out.model_name = "stories260K";
  out.sampler = list(top_k(), adaptive_p(), mirostat());
  out.seed = 42;
  out.n_prompt = 5;
  out.n_ctx = 2048;
  out.n_vocab = 512;
  out.rendered = "<|im_start|>user\nGrüße! 🔥<|im_end|>\n";
  out.warnings = list(warning());
  out.limits = own(limits());
  out.capture = own(capture());
  out.parent = 3;
  out.fork_position = 6;
  out.replay = true;
  out.engine_build = "0.5.0";
  out.options = own(engine_options());
  out.devices = {"CPU"};
  return out;
}

FinishedT finished() {
  FinishedT out;
  out.reason = FinishReason::StopString;
  out.error = own(error(ErrorCode::NonFiniteLogits, "The model computed no finite logit at position 6.",
                        "The file may be damaged."));
  out.n_prompt = 5;
  out.n_generated = 2;
  out.stop_string = "The end";
  out.text_bytes = 11;
  out.prompt_ms = 1.25f;
  out.generate_ms = 3.5f;
  out.sum_logprob = -0.125f;
  out.prompt_sum_logprob = -17.75f;
  out.n_prompt_scored = 4;
  return out;
}

HelloT hello() {
  HelloT out;
  out.client = "studio 0.1.0";
  return out;
}

WelcomeT welcome() {
  WelcomeT out;
  out.version = 1;
  out.build = "0.1.0";
  out.engine_build = "0.5.0";
  out.min_version = 1;
  out.max_message_bytes = kMaxClientMessageBytes;
  return out;
}

InspectModelT inspect_model() {
  InspectModelT out;
  out.path = "/models/stories260K.gguf";
  out.options = own(engine_options());
  out.with_tensors = false;
  return out;
}

LoadModelT load_model() {
  LoadModelT out;
  out.path = "stories260K.gguf";
  out.options = own(engine_options());
  return out;
}

LoadProgressT load_progress() {
  LoadProgressT out;
  out.model = 1;
  out.path = "/models/stories260K.gguf";
  out.fraction = 0.375f;
  out.stage = "reading weights";
  return out;
}

ModelLoadedT model_loaded() {
  ModelLoadedT out;
  out.model = 1;
  out.info = own(model_info());
  return out;
}

TokenizeT tokenize() {
  TokenizeT out;
  out.model = 1;
  out.prompt = own(chat_prompt());
  return out;
}

TokensT tokens() {
  TokensT out;
  out.tokens =
      list(token(1, "<s>", TokenKind::Control), token(403, "Once", TokenKind::UserDefined), byte_token(229, {0xE2}));
  out.rendered = "Once";
  out.warnings = list(warning());
  out.n_ctx = 2048;
  return out;
}

RunSummaryT run_summary() {
  RunSummaryT out;
  out.run = 7;
  out.model = 1;
  out.model_name = "stories260K";
  out.last_seq = 12;
  out.n_generated = 9;
  out.finished = true;
  out.paused = true;
  out.prompt = "Once upon a time";
  out.n_prompt = 5;
  out.reason = FinishReason::StopString;
  out.asked_s = 1'700'000'000;
  out.recorded = true;
  out.interrupted = true;
  out.not_recorded = "Using the recordings failed: the disk is full.";
  out.title = "A dragon";
  out.note = "Compare with the other seed.";
  out.tags = {"dragons", "tests"};
  out.parent = 3;
  out.fork_position = 6;
  out.replay = true;
  return out;
}

UpdateRunT update_run() {
  UpdateRunT out;
  out.run = 7;
  out.title = "A dragon";
  out.note = "Compare with the other seed.";
  out.tags = {"dragons", "tests"};
  return out;
}

DeleteRunT delete_run() {
  DeleteRunT out;
  out.run = 7;
  return out;
}

SearchRunsT search_runs() {
  SearchRunsT out;
  out.text = "dragon";
  out.tag = "tests";
  out.in_generated = true;
  return out;
}

CheckSamplerT check_sampler() {
  CheckSamplerT out;
  out.model = 1;
  out.sampler = list(top_k(), temperature(), distribution(), grammar());
  return out;
}

SamplerCheckedT sampler_checked() {
  SamplerCheckedT out;
  out.sampler = list(top_k(), temperature(), distribution());
  out.errors = list(grammar_error());
  return out;
}

template <typename T>
T with_model() {
  T out;
  out.model = 1;
  return out;
}

template <typename T>
T with_run() {
  T out;
  out.run = 7;
  return out;
}

// Collects the samples of one union.
class Collection {
 public:
  // A message of no run.
  template <typename T>
  Collection& add(T body, std::uint32_t request = 0) {
    return keep(make_envelope(request, 0, 0, std::move(body)));
  }
  // A control of a run, or (with a number) a part of its record.
  template <typename T>
  Collection& add_of_run(T body, std::uint32_t request, std::uint32_t seq) {
    return keep(make_envelope(request, 7, seq, std::move(body)));
  }
  template <typename T>
  Collection& add_worker(T body) {
    Bytes bytes = make_worker_message(3, std::move(body));
    std::string name = EnumNameWorkerBody(GetWorkerMessage(bytes.data())->body_type());
    samples_.push_back({std::move(name), std::move(bytes)});
    return *this;
  }
  std::vector<Sample> take() { return std::move(samples_); }

 private:
  Collection& keep(Bytes bytes) {
    std::string name = EnumNameBody(envelope_of(bytes).body_type());
    samples_.push_back({std::move(name), std::move(bytes)});
    return *this;
  }

  std::vector<Sample> samples_;
};

StepsT steps() {
  StepsT out;
  out.steps = list(step(), last_step());
  return out;
}

PromptTokensT prompt_tokens() {
  PromptTokensT out;
  out.tokens = list(first_prompt_step(), second_prompt_step());
  return out;
}

// Uses every field; a real one has either a prompt or a fork.
StartRunT start_run_with_ids() {
  auto out = start_run();
  out.prompt->ids = {1, 403, 407};
  out.fork = own(fork());
  out.fork->text = " dragon";
  return out;
}

PausedT paused() {
  PausedT out;
  out.reason = PauseReason::Breakpoint;
  out.position = 5;
  out.breakpoints = {1, 3};
  out.pending = own(step());
  return out;
}

SubscribeT subscribe() {
  SubscribeT out;
  out.run = 7;
  out.after = 3;
  out.credits = 256;
  return out;
}

AckT ack() {
  AckT out;
  out.run = 7;
  out.seq = 12;
  return out;
}

ForceTokenT force_token() {
  ForceTokenT out;
  out.id = 410;
  out.then = {403, 2};
  return out;
}

BanTokensT ban_tokens() {
  BanTokensT out;
  out.ids = {385, 410};
  out.n_steps = 4;
  return out;
}

TokensBannedT tokens_banned() {
  TokensBannedT out;
  out.ids = {385, 410};
  out.position = 6;
  out.n_steps = 4;
  return out;
}

SetSamplerT set_sampler() {
  SetSamplerT out;
  out.sampler = list(top_k(), temperature(), distribution());
  out.seed = 43;
  return out;
}

SamplerChangedT sampler_changed() {
  SamplerChangedT out;
  out.sampler = list(top_k(), temperature(), distribution());
  out.seed = 43;
  out.position = 6;
  return out;
}

template <typename T>
T with_breakpoints() {
  T out;
  out.breakpoints = breakpoints();
  return out;
}

template <typename T>
T with_watches(bool resolved) {
  T out;
  out.watches = watches(resolved);
  return out;
}

StopT stop() {
  StopT out;
  out.request = 26;
  return out;
}

ExploreT explore() {
  ExploreT out;
  out.run = 7;
  out.position = 6;
  out.tokens = {385, 410};
  out.n_branches = 2;
  out.n_tokens = 3;
  out.sampled = true;
  out.n_candidates = 4;
  out.prompt = {1, 403, 407};
  out.sampler = list(top_k(), distribution());
  out.seed = 42;
  out.n_prompt = 2;
  out.model = 3;
  return out;
}

ExploredT explored() {
  ExploredBranchT on, ended;
  on.steps = list(step());
  on.sum_logprob = -0.125;
  ended.steps = list(last_step());
  ended.sum_logprob = -2.5;
  ended.end_of_text = true;
  ExploredT out;
  out.branches = list(std::move(on), std::move(ended));
  out.prefix_ms = 1.5f;
  out.decode_ms = 12.25f;
  return out;
}

ExpandTreeT expand_tree() {
  ExpandTreeT out;
  out.run = 7;
  out.position = 6;
  out.max_depth = 3;
  out.min_prob = 0.05f;
  out.max_children = 4;
  out.max_nodes = 50;
  out.prompt = {1, 403, 407};
  out.model = 3;
  return out;
}

TreeT tree() {
  TreeNodeT first, second;
  first.token = own(token(385, " time"));
  first.raw_logprob = -0.5f;
  first.path_logprob = -0.5f;
  first.rank = 1;
  first.entropy = 1.25f;
  first.children_mass = 0.75f;
  second.parent = 0;
  second.token = own(token(2, "</s>", TokenKind::Control));
  second.raw_logprob = -0.25f;
  second.path_logprob = -0.75f;
  second.rank = 1;
  second.end_of_text = true;
  TreeT out;
  out.nodes = list(std::move(first), std::move(second));
  out.root_entropy = 0.75f;
  out.root_mass = 0.625f;
  out.complete = true;
  out.n_decoded = 2;
  out.ms = 3.5f;
  return out;
}

CompareRunsT compare_runs() {
  CompareRunsT out;
  out.run = 7;
  out.other = 8;
  out.tolerance = 0.01f;
  return out;
}

RunsComparedT runs_compared() {
  RunsComparedT out;
  out.verdict = Verdict::Different;
  out.n_compared = 9;
  out.n_identical = 4;
  out.first_difference = 9;
  out.first_other_token = 11;
  out.max_logit_difference = 0.25f;
  out.words = "From position 11 on the runs say something else.";
  out.reasons = {"The seeds differ: 42 and 43."};
  return out;
}

RunQueuedT run_queued() {
  RunQueuedT out;
  out.run = 7;
  out.n_ahead = 1;
  return out;
}

RunListT run_list() {
  RunListT out;
  out.runs = list(run_summary());
  return out;
}

EngineHelloT engine_hello() {
  EngineHelloT out;
  out.version = kPipeVersion;
  out.build = "0.1.0";
  out.engine_build = "0.5.0";
  DeviceInfoT device;
  device.name = "CPU";
  device.description = "AMD EPYC";
  device.type = "cpu";
  device.memory_free = 6'442'450'944;
  device.memory_total = 8'589'934'592;
  out.devices = list(device);
  out.features = {"AVX2 = 1", "AVX512 = 1"};
  out.jinja = true;
  out.backends = {"CPU", "RPC"};
  return out;
}

HeartbeatT heartbeat() {
  HeartbeatT out;
  out.progress = 1234;
  out.busy = true;
  out.rss_bytes = 24'117'248;
  return out;
}

BenchT bench() {
  BenchT out;
  out.run = 7;
  out.prompt = own(text_prompt());
  out.sampler = list(top_k(), distribution());
  out.seed = 42;
  out.n_tokens = 64;
  out.n_rounds = 5;
  out.capture = own(capture());
  out.breakpoints = breakpoints();
  return out;
}

BenchRoundT bench_round() {
  BenchRoundT out;
  out.round = 2;
  out.captured = true;
  out.armed = true;
  out.n_tokens = 64;
  out.total_us = 52'312.5;
  out.decode_us = 51'000.25;
  out.sample_us = 700.5;
  out.capture_us = 611.75;
  return out;
}

BenchDoneT bench_done() {
  BenchDoneT out;
  out.prompt_tokens_per_s = 1234.5;
  return out;
}

BenchBranchesT bench_branches() {
  BenchBranchesT out;
  out.prompt = own(text_prompt());
  out.n_branches = 16;
  out.n_tokens = 32;
  out.n_rounds = 5;
  return out;
}

BranchRoundT branch_round() {
  BranchRoundT out;
  out.round = 2;
  out.together = true;
  out.n_tokens = 512;
  out.total_us = 1'412'312.5;
  return out;
}

DyingT dying() {
  DyingT out;
  out.reason = "GGML_ASSERT(n_tokens > 0) failed";
  return out;
}

}  // namespace

std::vector<Sample> client_samples() {
  return Collection()
      .add(hello(), 1)
      .add(welcome(), 1)
      .add(OkT(), 12)
      .add(error(ErrorCode::NoSuchModel, "No model 9 is loaded.", "Load it first; ListModels names those that are."), 5)
      .add(ListModelsT(), 2)
      .add(model_list(), 2)
      .add(inspect_model(), 3)
      .add(model_info(), 3)
      .add(load_model(), 4)
      .add(with_model<CancelLoadT>(), 5)
      .add(load_progress())
      .add(model_loaded(), 4)
      .add(with_model<UnloadModelT>(), 6)
      .add(tokenize(), 7)
      .add(tokens(), 7)
      .add(start_run_with_ids(), 8)
      .add(run_queued(), 8)
      .add_of_run(run_started(), 0, 1)
      .add_of_run(prompt_tokens(), 0, 2)
      .add_of_run(steps(), 0, 3)
      .add_of_run(PauseT(), 9, 0)
      .add_of_run(ResumeT(), 10, 0)
      .add_of_run(StepOnceT(), 11, 0)
      .add_of_run(stop(), 12, 0)
      .add_of_run(force_token(), 13, 0)
      .add_of_run(paused(), 0, 4)
      .add_of_run(ResumedT(), 0, 5)
      .add_of_run(finished(), 0, 6)
      .add(subscribe(), 14)
      .add(with_run<UnsubscribeT>(), 15)
      .add(ack(), 16)
      .add(ListRunsT(), 17)
      .add(run_list(), 17)
      .add(check_sampler(), 18)
      .add(sampler_checked(), 18)
      .add(update_run(), 19)
      .add(delete_run(), 20)
      .add(search_runs(), 21)
      .add_of_run(with_breakpoints<SetBreakpointsT>(), 22, 0)
      .add_of_run(with_watches<SetWatchesT>(false), 23, 0)
      .add_of_run(with_breakpoints<BreakpointsT>(), 0, 7)
      .add_of_run(with_watches<WatchesT>(true), 0, 8)
      .add_of_run(ban_tokens(), 24, 0)
      .add_of_run(tokens_banned(), 0, 9)
      .add_of_run(set_sampler(), 25, 0)
      .add_of_run(sampler_changed(), 0, 10)
      .add(explore(), 26)
      .add(explored(), 26)
      .add(expand_tree(), 27)
      .add(tree(), 27)
      .add(compare_runs(), 28)
      .add(runs_compared(), 28)
      .take();
}

std::vector<Sample> worker_samples() {
  return Collection()
      .add_worker(engine_hello())
      .add_worker(heartbeat())
      .add_worker(bench())
      .add_worker(bench_round())
      .add_worker(bench_done())
      .add_worker(dying())
      .add_worker(bench_branches())
      .add_worker(branch_round())
      .take();
}

}  // namespace inferno::protocol::testing
