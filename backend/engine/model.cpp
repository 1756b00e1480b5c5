#include "engine/model.h"

#include <llama.h>

#include <atomic>

#include "engine/describe.h"
#include "engine/devices.h"
#include "engine/hyperparameters.h"
#include "engine/llama_log.h"
#include "engine/load_error.h"
#include "engine/memory.h"
#include "engine/model_files.h"
#include "engine/resolve.h"
#include "engine/thread_pool.h"

namespace inferno::engine {
namespace {

struct FreeModel {
  void operator()(llama_model* model) const { llama_model_free(model); }
};
struct FreeContext {
  void operator()(llama_context* context) const { llama_free(context); }
};
using ModelHandle = std::unique_ptr<llama_model, FreeModel>;
using ContextHandle = std::unique_ptr<llama_context, FreeContext>;

const Error kCancelledLoad{ErrorCode::kCancelled, "loading was cancelled", ""};

// Where reading the weights lies within the whole of loading.
constexpr float kReadingStart = 0.05f;
constexpr float kReadingEnd = 0.95f;

// Passes libllama's progress on, scaled, and remembers a cancellation.
struct ProgressAdapter {
  const Model::Progress& report;
  bool cancelled = false;

  bool operator()(float fraction, const char* stage) {
    if (report && !report(fraction, stage)) cancelled = true;
    return !cancelled;
  }
  static bool reading(float fraction, void* self) {
    return (*static_cast<ProgressAdapter*>(self))(kReadingStart + fraction * (kReadingEnd - kReadingStart),
                                                  "reading weights");
  }
};

Result<ModelHandle> load_weights(const std::string& path, const EngineOptions& options, DeviceList& devices,
                                 ProgressAdapter& progress) {
  LlamaLog& log = LlamaLog::install();
  log.clear();
  llama_model_params params = model_params(options, devices);
  params.progress_callback = &ProgressAdapter::reading;
  params.progress_callback_user_data = &progress;
  ModelHandle model(llama_model_load_from_file(path.c_str(), params));
  if (progress.cancelled) return kCancelledLoad;
  if (!model) return model_error(path, log.errors());
  return model;
}

Result<ModelHandle> load_tokenizer(const ModelFiles& files) {
  if (auto ok = check_tokens(files); !ok) return ok.error();
  LlamaLog& log = LlamaLog::install();
  log.clear();
  llama_model_params params = llama_model_default_params();
  params.vocab_only = true;
  params.progress_callback = [](float, void*) { return true; };
  ModelHandle model(llama_model_load_from_file(files.path().c_str(), params));
  if (!model) return model_error(files.path(), log.errors());
  return model;
}

// True where the cache can drop its newest token. A cache of keys and values always
// can; one with recurrent state is asked, by decoding two tokens and dropping one.
// Leaves the cache empty.
Result<bool> try_roll_back(const std::string& path, llama_context* context, std::uint32_t n_ctx) {
  if (n_ctx < 2) return false;
  llama_memory_t memory = llama_get_memory(context);
  for (int i = 0; i < 2; ++i) {
    llama_token token = 0;
    const int status = llama_decode(context, llama_batch_get_one(&token, 1));
    if (status == 2) return kCancelledLoad;
    if (status != 0) {
      return Error{ErrorCode::kInvalidModel, path + " was loaded but does not compute: " + LlamaLog::install().errors(),
                   ""};
    }
  }
  const bool dropped = memory != nullptr && llama_memory_seq_rm(memory, 0, 1, -1);
  if (memory != nullptr) llama_memory_clear(memory, true);
  return dropped;
}

// Models that cannot be read by libllama at all, yet have metadata to look at.
bool has_no_tokenizer(Content content) {
  return content == Content::kProjector || content == Content::kAdapter || content == Content::kOther;
}

}  // namespace

namespace {

// What is shared with a llama_decode in progress.
struct DecodeWatch {
  std::atomic<bool> abort = false;
  std::atomic<std::uint64_t> activity = 0;

  // ggml asks before each node of the graph.
  bool count() {
    activity.fetch_add(1, std::memory_order_relaxed);
    return abort.load(std::memory_order_relaxed);
  }
  static bool ask(void* self) { return static_cast<DecodeWatch*>(self)->count(); }
};

}  // namespace

struct Model::State {
  std::string path;
  DeviceList devices;
  DecodeWatch watch;
  ModelHandle model;
  std::unique_ptr<ThreadPool> threads;  // outlives the context it is attached to
  ContextHandle context;
  ModelInfo info;
  std::unique_ptr<TokenTable> tokens;
  std::uint32_t n_outputs_max = 0;
  CacheRecord cache;
};

namespace {

Result<ContextHandle> make_context(llama_model* model, const std::string& path, const EngineOptions& options,
                                   std::uint32_t n_vocab, DecodeWatch& watch) {
  LlamaLog& log = LlamaLog::install();
  log.clear();
  llama_context_params params = context_params(options, n_vocab);
  params.abort_callback = &DecodeWatch::ask;
  params.abort_callback_data = &watch;
  ContextHandle context(llama_init_from_model(model, params));
  if (!context) return context_error(path, log.errors());
  return context;
}

// What loading needs to know before any weight is read.
struct Plan {
  ModelFiles files;
  Hyperparameters parameters;
  EngineOptions options;
  DeviceList devices;
  MemoryNeed need;
};

Result<Plan> make_plan(const std::string& path, const EngineOptions& asked) {
  Result<ModelFiles> files = ModelFiles::open(path);
  if (!files) return files.error();
  const Hyperparameters parameters = read_hyperparameters(*files);
  if (auto ok = check_is_decoder(path, parameters); !ok) return ok.error();
  if (auto ok = check_values(*files, parameters); !ok) return ok.error();
  if (auto ok = check_tokens(*files); !ok) return ok.error();
  Result<DeviceList> devices = devices_for(asked.rpc_servers);
  if (!devices) return devices.error();
  Result<EngineOptions> options = resolve_options(asked, parameters);
  if (!options) return options.error();
  Result<MemoryNeed> need = choose_context(*files, parameters, asked, *options, *devices);
  if (!need) return need.error();
  return Plan{std::move(*files), parameters, std::move(*options), std::move(*devices), std::move(*need)};
}

void describe_plan(ModelInfo& info, const Plan& plan) {
  info.memory = plan.need.total;
  info.n_ctx = *plan.options.n_ctx;
  info.options = plan.options;
  info.devices = places_of_layers(plan.options, plan.devices);
}

}  // namespace

Model::Model(std::unique_ptr<State> state) : state_(std::move(state)) {}
Model::~Model() = default;

Result<std::unique_ptr<Model>> Model::load(const std::string& path, const EngineOptions& options,
                                           const Progress& report) {
  LlamaLog::install();
  ProgressAdapter progress{report};
  if (!progress(0, "looking at the file")) return kCancelledLoad;
  Result<Plan> plan = make_plan(path, options);
  if (!plan) return plan.error();
  if (auto fits = check_fits(path, plan->need, plan->options); !fits) return fits.error();
  if (!progress(kReadingStart, "reading weights")) return kCancelledLoad;

  auto state = std::make_unique<State>();
  state->path = path;
  state->devices = plan->devices;
  Result<ModelHandle> weights = load_weights(path, plan->options, state->devices, progress);
  if (!weights) return weights.error();
  state->model = std::move(*weights);
  state->info = describe_files(plan->files, plan->parameters, /*with_tensors=*/false);
  describe_model(state->info, state->model.get(), plan->files, plan->parameters);
  describe_plan(state->info, *plan);

  if (!progress(kReadingEnd, "making the context")) return kCancelledLoad;
  Result<ContextHandle> context =
      make_context(state->model.get(), path, plan->options, state->info.n_vocab, state->watch);
  if (!context) return context.error();
  state->context = std::move(*context);
  state->threads = std::make_unique<ThreadPool>(state->context.get(), state->info.options.n_threads.value_or(1),
                                                state->info.options.n_threads_batch.value_or(1));
  state->n_outputs_max = outputs_max(state->info.n_vocab, llama_n_ubatch(state->context.get()));
  Capabilities& can = state->info.capabilities;
  if (can.recurrent || can.hybrid) {
    const Result<bool> roll_back = try_roll_back(path, state->context.get(), state->info.n_ctx);
    if (!roll_back) return roll_back.error();
    can.roll_back = *roll_back;
  }

  add_warnings(state->info, plan->files, plan->parameters);
  state->tokens = std::make_unique<TokenTable>(llama_model_get_vocab(state->model.get()));
  if (!progress(1, "ready")) return kCancelledLoad;
  return std::unique_ptr<Model>(new Model(std::move(state)));
}

Result<std::unique_ptr<Model>> Model::load_vocabulary(const std::string& path) {
  LlamaLog::install();
  Result<ModelFiles> files = ModelFiles::open(path);
  if (!files) return files.error();
  const Hyperparameters parameters = read_hyperparameters(*files);
  if (has_no_tokenizer(parameters.content)) return check_is_decoder(path, parameters).error();
  Result<ModelHandle> model = load_tokenizer(*files);
  if (!model) return model.error();

  auto state = std::make_unique<State>();
  state->path = path;
  state->model = std::move(*model);
  state->info = describe_files(*files, parameters, /*with_tensors=*/false);
  describe_model(state->info, state->model.get(), *files, parameters);
  add_warnings(state->info, *files, parameters);
  state->tokens = std::make_unique<TokenTable>(llama_model_get_vocab(state->model.get()));
  return std::unique_ptr<Model>(new Model(std::move(state)));
}

Result<ModelInfo> inspect(const std::string& path, const EngineOptions& asked, bool with_tensors) {
  LlamaLog::install();
  Result<ModelFiles> files = ModelFiles::open(path);
  if (!files) return files.error();
  const Hyperparameters parameters = read_hyperparameters(*files);
  ModelInfo info = describe_files(*files, parameters, with_tensors);
  if (!has_no_tokenizer(parameters.content)) {
    const Result<ModelHandle> model = load_tokenizer(*files);
    if (!model) return model.error();
    describe_model(info, model->get(), *files, parameters);
  }
  if (parameters.content == Content::kDecoder) {
    const Result<Plan> plan = make_plan(path, asked);
    if (!plan) return plan.error();
    describe_plan(info, *plan);
    if (const auto fits = check_fits(path, plan->need, plan->options); !fits) {
      info.warnings.push_back({"not_enough_memory", fits.error().message + ". " + fits.error().hint});
    }
  }
  add_warnings(info, *files, parameters);
  return info;
}

const ModelInfo& Model::info() const { return state_->info; }
const TokenTable& Model::tokens() const { return *state_->tokens; }
llama_model* Model::model() const { return state_->model.get(); }
llama_context* Model::context() const { return state_->context.get(); }
const llama_vocab* Model::vocab() const { return llama_model_get_vocab(state_->model.get()); }
CacheRecord& Model::cache() { return state_->cache; }
std::uint32_t Model::n_outputs_max() const { return state_->n_outputs_max; }

void Model::request_abort() { state_->watch.abort.store(true, std::memory_order_relaxed); }
void Model::clear_abort() { state_->watch.abort.store(false, std::memory_order_relaxed); }
bool Model::abort_requested() const { return state_->watch.abort.load(std::memory_order_relaxed); }
std::uint64_t Model::activity() const { return state_->watch.activity.load(std::memory_order_relaxed); }

bool Model::count_activity() { return state_->watch.count(); }
void Model::share_threads(llama_context* context) const { state_->threads->attach(context); }

}  // namespace inferno::engine
