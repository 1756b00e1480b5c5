#include "engine/resolve.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <llama.h>

#include <algorithm>
#include <array>
#include <string_view>
#include <vector>

#include "engine/machine.h"

namespace inferno::engine {
namespace {

constexpr std::uint32_t kDefaultBatch = 2048;
constexpr std::uint32_t kDefaultMicroBatch = 512;
constexpr std::uint32_t kMaxThreads = GGML_MAX_N_THREADS;
// Below this size of the weights a second thread costs more in waiting than it saves,
// and very much more on a machine that is busy with other work.
constexpr std::uint64_t kOneThreadBytes = 16u << 20;
constexpr std::uint64_t kLogitsBytes = 32u << 20;
constexpr std::uint32_t kMaxOutputs = 128;

struct CacheType {
  std::string_view name;
  ggml_type type;
};
constexpr std::array<CacheType, 8> kCacheTypes = {{{"f32", GGML_TYPE_F32},
                                                   {"f16", GGML_TYPE_F16},
                                                   {"bf16", GGML_TYPE_BF16},
                                                   {"q8_0", GGML_TYPE_Q8_0},
                                                   {"q5_1", GGML_TYPE_Q5_1},
                                                   {"q5_0", GGML_TYPE_Q5_0},
                                                   {"q4_1", GGML_TYPE_Q4_1},
                                                   {"q4_0", GGML_TYPE_Q4_0}}};

Error bad_option(const std::string& what, const std::string& hint) { return {ErrorCode::kInvalidArgument, what, hint}; }

const CacheType* find_cache_type(std::string_view name) {
  const auto found =
      std::find_if(kCacheTypes.begin(), kCacheTypes.end(), [&](const CacheType& t) { return t.name == name; });
  return found == kCacheTypes.end() ? nullptr : found;
}

Result<void> resolve_cache_type(const char* option, std::string& name) {
  if (name.empty()) name = "f16";
  std::transform(name.begin(), name.end(), name.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  if (find_cache_type(name) != nullptr) return {};
  std::vector<std::string_view> names;
  for (const CacheType& type : kCacheTypes) names.push_back(type.name);
  return bad_option(fmt::format("{} is \"{}\", which is no cache type", option, name),
                    fmt::format("Use one of {}.", fmt::join(names, ", ")));
}

Result<void> resolve_threads(const char* option, std::optional<std::uint32_t>& threads, std::uint32_t otherwise) {
  if (!threads) threads = otherwise;
  if (*threads >= 1 && *threads <= kMaxThreads) return {};
  return bad_option(fmt::format("{} is {}", option, *threads), fmt::format("Use 1 to {} threads.", kMaxThreads));
}

Result<void> resolve_context(EngineOptions& options, const Hyperparameters& p) {
  if (!options.n_ctx) {
    const std::uint32_t trained = p.n_ctx_train == 0 ? kDefaultContext : p.n_ctx_train;
    options.n_ctx = std::min(trained, kDefaultContext);
    if (p.n_positions > 0) options.n_ctx = std::min(*options.n_ctx, p.n_positions);
  }
  if (*options.n_ctx > INT32_MAX) {
    return bad_option(fmt::format("n_ctx is {}, and llama.cpp numbers positions up to {}", *options.n_ctx, INT32_MAX),
                      "Use a smaller n_ctx.");
  }
  if (*options.n_ctx == 0) return bad_option("n_ctx is 0", "Use at least 1, or leave it out to have it chosen.");
  // llama.cpp reads beyond the table of learned positions.
  if (p.n_positions > 0 && *options.n_ctx > p.n_positions) {
    return bad_option(
        fmt::format("n_ctx is {}, but the model has learned only {} positions", *options.n_ctx, p.n_positions),
        fmt::format("Use at most {}.", p.n_positions));
  }
  return {};
}

Result<void> resolve_batches(EngineOptions& options) {
  if (options.n_batch == 0u) return bad_option("n_batch is 0", "Use at least 1, or leave it out.");
  if (options.n_ubatch == 0u) return bad_option("n_ubatch is 0", "Use at least 1, or leave it out.");
  options.n_batch = options.n_batch.value_or(kDefaultBatch);
  options.n_ubatch = options.n_ubatch.value_or(kDefaultMicroBatch);
  fit_batches(options);
  return {};
}

bool has_gpu() {
  return ggml_backend_dev_by_type(GGML_BACKEND_DEVICE_TYPE_GPU) != nullptr ||
         ggml_backend_dev_by_type(GGML_BACKEND_DEVICE_TYPE_IGPU) != nullptr;
}

// Mapping a file does not help devices that must copy it (some integrated ones).
bool mmap_helps() {
  for (std::size_t i = 0; i < ggml_backend_dev_count(); ++i) {
    ggml_backend_dev_t device = ggml_backend_dev_get(i);
    if (ggml_backend_dev_type(device) == GGML_BACKEND_DEVICE_TYPE_CPU) continue;
    ggml_backend_dev_props properties;
    ggml_backend_dev_get_props(device, &properties);
    if (!properties.caps.mmap_support) return false;
  }
  return llama_supports_mmap();
}

llama_load_mode load_mode(const EngineOptions& options) {
  if (*options.use_mmap) return *options.use_mlock ? LLAMA_LOAD_MODE_MMAP_MLOCK : LLAMA_LOAD_MODE_MMAP;
  return *options.use_mlock ? LLAMA_LOAD_MODE_MLOCK : LLAMA_LOAD_MODE_NONE;
}

}  // namespace

void fit_batches(EngineOptions& resolved) {
  resolved.n_batch = std::min(*resolved.n_batch, *resolved.n_ctx);
  resolved.n_ubatch = std::min(*resolved.n_ubatch, *resolved.n_batch);
}

Result<EngineOptions> resolve_options(const EngineOptions& asked, const Hyperparameters& parameters) {
  EngineOptions options = asked;
  if (auto ok = resolve_context(options, parameters); !ok) return ok.error();
  if (auto ok = resolve_batches(options); !ok) return ok.error();
  const std::uint32_t threads = parameters.weights_bytes < kOneThreadBytes ? 1 : sensible_threads();
  if (auto ok = resolve_threads("n_threads", options.n_threads, threads); !ok) return ok.error();
  if (auto ok = resolve_threads("n_threads_batch", options.n_threads_batch, *options.n_threads); !ok) return ok.error();
  if (auto ok = resolve_cache_type("cache_type_k", options.cache_type_k); !ok) return ok.error();
  if (auto ok = resolve_cache_type("cache_type_v", options.cache_type_v); !ok) return ok.error();
  if (ggml_is_quantized(find_cache_type(options.cache_type_v)->type) &&
      options.flash_attention == FlashAttention::kOff) {
    return bad_option(fmt::format("cache_type_v {} needs flash attention, which is switched off", options.cache_type_v),
                      "Use f16, or leave flash attention on auto.");
  }
  options.n_gpu_layers = options.n_gpu_layers.value_or(has_gpu() || !options.rpc_servers.empty() ? -1 : 0);
  options.use_mmap = options.use_mmap.value_or(mmap_helps());
  options.use_mlock = options.use_mlock.value_or(false);
  options.check_tensors = options.check_tensors.value_or(false);
  return options;
}

std::uint32_t outputs_max(std::uint32_t n_vocab, std::uint32_t n_ubatch) {
  const std::uint64_t rows = kLogitsBytes / (sizeof(float) * std::max<std::uint64_t>(1, n_vocab));
  const auto bounded = static_cast<std::uint32_t>(std::clamp<std::uint64_t>(rows, 1, kMaxOutputs));
  return std::min(bounded, n_ubatch);
}

llama_model_params model_params(const EngineOptions& resolved, DeviceList& devices) {
  llama_model_params params = llama_model_default_params();
  params.devices = devices.empty() ? nullptr : devices.data();
  params.n_gpu_layers = *resolved.n_gpu_layers;
  params.load_mode = load_mode(resolved);
  params.check_tensors = *resolved.check_tensors;
  return params;
}

llama_context_params context_params(const EngineOptions& resolved, std::uint32_t n_vocab) {
  llama_context_params params = llama_context_default_params();
  params.n_ctx = *resolved.n_ctx;
  params.n_batch = *resolved.n_batch;
  params.n_ubatch = *resolved.n_ubatch;
  params.n_seq_max = 1;
  params.kv_unified = true;
  params.n_outputs_max = outputs_max(n_vocab, *resolved.n_ubatch);
  params.n_threads = static_cast<std::int32_t>(*resolved.n_threads);
  params.n_threads_batch = static_cast<std::int32_t>(*resolved.n_threads_batch);
  params.type_k = find_cache_type(resolved.cache_type_k)->type;
  params.type_v = find_cache_type(resolved.cache_type_v)->type;
  params.no_perf = true;
  // A full cache for sliding-window layers costs memory and can drop its newest tokens.
  params.swa_full = true;
  switch (resolved.flash_attention) {
    case FlashAttention::kAuto:
      params.flash_attn_type = LLAMA_FLASH_ATTN_TYPE_AUTO;
      break;
    case FlashAttention::kOn:
      params.flash_attn_type = LLAMA_FLASH_ATTN_TYPE_ENABLED;
      break;
    case FlashAttention::kOff:
      params.flash_attn_type = LLAMA_FLASH_ATTN_TYPE_DISABLED;
      break;
  }
  return params;
}

}  // namespace inferno::engine
