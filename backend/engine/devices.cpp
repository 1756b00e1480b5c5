#include "engine/devices.h"

#include <ggml-backend.h>

namespace inferno::engine {
namespace {

std::string trimmed(const std::string& text) {
  const std::size_t first = text.find_first_not_of(" \n");
  if (first == std::string::npos) return "";
  return text.substr(first, text.find_last_not_of(" \n") - first + 1);
}

std::string label(ggml_backend_dev_t device) {
  const std::string description = trimmed(ggml_backend_dev_description(device));
  const std::string name = ggml_backend_dev_name(device);
  return description.empty() || description == name ? name : name + " (" + description + ")";
}

bool holds_layers(ggml_backend_dev_t device) {
  const auto type = ggml_backend_dev_type(device);
  return type == GGML_BACKEND_DEVICE_TYPE_GPU || type == GGML_BACKEND_DEVICE_TYPE_IGPU;
}

}  // namespace

std::vector<std::string> places_of_layers(const EngineOptions& resolved, const DeviceList& wanted) {
  std::vector<std::string> result;
  const bool offloads = resolved.n_gpu_layers.value_or(0) != 0;
  for (ggml_backend_dev_t device : wanted) {
    if (offloads && device != nullptr) result.push_back(label(device));
  }
  for (std::size_t i = 0; i < ggml_backend_dev_count(); ++i) {
    ggml_backend_dev_t device = ggml_backend_dev_get(i);
    const bool is_cpu = ggml_backend_dev_type(device) == GGML_BACKEND_DEVICE_TYPE_CPU;
    if (is_cpu || (offloads && wanted.empty() && holds_layers(device))) result.push_back(label(device));
  }
  return result;
}

}  // namespace inferno::engine
