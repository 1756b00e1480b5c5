#include "engine/memory.h"

#include <fmt/format.h>
#include <llama.h>

#include <algorithm>
#include <stdexcept>

#include "engine/llama_log.h"
#include "engine/load_error.h"
#include "engine/machine.h"
#include "engine/resolve.h"

#ifdef INFERNO_HAVE_LLAMA_COMMON
#include <fit.h>
#endif

namespace inferno::engine {
namespace {

constexpr std::uint32_t kLeastContext = 512;
constexpr const char* kMainMemory = "main memory";

std::string in_units(std::uint64_t bytes) {
  constexpr double kMiB = 1024.0 * 1024.0;
  const double mib = static_cast<double>(bytes) / kMiB;
  return mib < 1024.0 ? fmt::format("{:.1f} MiB", mib) : fmt::format("{:.1f} GiB", mib / 1024.0);
}

void add_up(MemoryNeed& need) {
  MemoryEstimate& total = need.total;
  total.total_bytes = total.weights_bytes + total.cache_bytes + total.compute_bytes;
  total.available_bytes = 0;
  for (const MemoryPlace& place : need.places) total.available_bytes += place.available_bytes;
}

double cache_value_bytes(const std::string& name) {
  for (int i = 0; i < GGML_TYPE_COUNT; ++i) {
    const auto type = static_cast<ggml_type>(i);
    if (ggml_blck_size(type) == 0 || ggml_type_name(type) != name) continue;
    return static_cast<double>(ggml_type_size(type)) / static_cast<double>(ggml_blck_size(type));
  }
  return 2.0;
}

// From the hyperparameters alone, everything in main memory.
MemoryNeed estimate_by_formula(const Hyperparameters& p, const EngineOptions& options) {
  MemoryNeed need;
  const double n_ctx = *options.n_ctx, n_ubatch = *options.n_ubatch;
  const double value_bytes = (cache_value_bytes(options.cache_type_k) + cache_value_bytes(options.cache_type_v)) / 2;
  need.total.weights_bytes = p.weights_bytes;
  need.total.cache_bytes =
      static_cast<std::uint64_t>(static_cast<double>(p.cache_values_per_token) * value_bytes * n_ctx);
  // Activations of a micro-batch, its mask over the context, and rows of logits.
  const double activations = n_ubatch * (8.0 * p.n_embd + 3.0 * p.n_ff + n_ctx);
  const double logits = 2.0 * outputs_max(p.n_vocab, *options.n_ubatch) * p.n_vocab;
  need.total.compute_bytes = static_cast<std::uint64_t>(4.0 * (activations + logits));
  const std::uint64_t total = need.total.weights_bytes + need.total.cache_bytes + need.total.compute_bytes;
  need.places.push_back({kMainMemory, total, available_memory_bytes()});
  add_up(need);
  return need;
}

#ifdef INFERNO_HAVE_LLAMA_COMMON

// The dry run keeps some 64 bytes of book for every position: a context of this
// length and more is judged by the formula.
constexpr std::uint32_t kMaxDryRunContext = 16u << 20;

Result<common_device_memory_data_vec> dry_run(const ModelFiles& files, const Hyperparameters& p,
                                              const EngineOptions& options, DeviceList& wanted,
                                              std::vector<ggml_backend_dev_t>& devices) {
  const llama_model_params model = model_params(options, wanted);
  const llama_context_params context = context_params(options, p.n_vocab);
  std::uint32_t n_layers = 0, n_ctx_train = 0, n_experts = 0;
  LlamaLog& log = LlamaLog::install();
  log.clear();
  try {
    return common_get_device_memory_data(files.path().c_str(), &model, &context, devices, n_layers, n_ctx_train,
                                         n_experts, GGML_LOG_LEVEL_WARN);
  } catch (const std::exception& failure) {
    const bool had_model = std::string_view(failure.what()).find("llama_context") != std::string_view::npos;
    return had_model ? context_error(files.path(), log.errors()) : model_error(files.path(), log.errors());
  }
}

Result<MemoryNeed> estimate_by_dry_run(const ModelFiles& files, const Hyperparameters& p, const EngineOptions& options,
                                       DeviceList& wanted) {
  std::vector<ggml_backend_dev_t> devices;
  const auto data = dry_run(files, p, options, wanted, devices);
  if (!data) return data.error();

  MemoryNeed need;
  std::uint64_t weights_on_devices = 0;
  for (std::size_t i = 0; i < data->size(); ++i) {
    const common_device_memory_data& place = (*data)[i];
    const bool is_main = i >= devices.size();
    // The dry run leaves out weights in the CPU's repacked form; they are as large.
    const std::uint64_t rest = p.weights_bytes > weights_on_devices ? p.weights_bytes - weights_on_devices : 0;
    const std::uint64_t weights = is_main ? std::max<std::uint64_t>(place.model, rest) : place.model;
    if (!is_main) weights_on_devices += weights;
    need.total.weights_bytes += weights;
    need.total.cache_bytes += place.context;
    need.total.compute_bytes += place.compute;
    const std::uint64_t available =
        is_main ? available_memory_bytes() : static_cast<std::uint64_t>(std::max<std::int64_t>(0, place.free));
    need.places.push_back({is_main ? kMainMemory : ggml_backend_dev_name(devices[i]),
                           weights + place.context + place.compute, available});
  }
  add_up(need);
  return need;
}

#endif

}  // namespace

bool MemoryNeed::fits() const {
  return std::all_of(places.begin(), places.end(),
                     [](const MemoryPlace& p) { return p.needed_bytes <= p.available_bytes; });
}

Result<MemoryNeed> estimate_memory([[maybe_unused]] const ModelFiles& files, const Hyperparameters& parameters,
                                   const EngineOptions& resolved, [[maybe_unused]] DeviceList& devices) {
#ifdef INFERNO_HAVE_LLAMA_COMMON
  if (*resolved.n_ctx < kMaxDryRunContext) return estimate_by_dry_run(files, parameters, resolved, devices);
#endif
  return estimate_by_formula(parameters, resolved);
}

Result<MemoryNeed> choose_context(const ModelFiles& files, const Hyperparameters& parameters,
                                  const EngineOptions& asked, EngineOptions& resolved, DeviceList& devices) {
  Result<MemoryNeed> need = estimate_memory(files, parameters, resolved, devices);
  while (need && !asked.n_ctx && !need->fits() && *resolved.n_ctx > kLeastContext) {
    resolved.n_ctx = std::max(kLeastContext, *resolved.n_ctx / 2);
    fit_batches(resolved);
    need = estimate_memory(files, parameters, resolved, devices);
  }
  return need;
}

Result<void> check_fits(const std::string& path, const MemoryNeed& need, const EngineOptions& resolved) {
  if (resolved.ignore_memory) return {};
  for (const MemoryPlace& place : need.places) {
    if (place.needed_bytes <= place.available_bytes) continue;
    const MemoryEstimate& e = need.total;
    return Error{
        ErrorCode::kNotEnoughMemory,
        fmt::format(
            "{} with a context of {} tokens needs {} of {}, and {} is available (weights {}, cache {}, computing {})",
            path, *resolved.n_ctx, in_units(place.needed_bytes), place.name, in_units(place.available_bytes),
            in_units(e.weights_bytes), in_units(e.cache_bytes), in_units(e.compute_bytes)),
        "Use a smaller n_ctx, a smaller cache type (cache_type_k, cache_type_v) or a smaller quantisation of the "
        "model; "
        "ignore_memory loads it all the same."};
  }
  return {};
}

}  // namespace inferno::engine
