#include "engine/platform.h"

#include <ggml-backend.h>
#include <ggml.h>
#include <llama.h>

#include <sstream>

namespace inferno::engine {

namespace {

std::string type_name(enum ggml_backend_dev_type type) {
  switch (type) {
    case GGML_BACKEND_DEVICE_TYPE_GPU:
      return "gpu";
    case GGML_BACKEND_DEVICE_TYPE_IGPU:
      return "igpu";
    case GGML_BACKEND_DEVICE_TYPE_ACCEL:
      return "accel";
    default:
      return "cpu";
  }
}

// llama_print_system_info gives "CPU : AVX = 1 | AVX2 = 1 | … |"; we give "AVX", "AVX2" and so
// on, leave out what is 0, and keep values that say more than 1 ("CUDA ARCHS = 900").
std::vector<std::string> split_features(const std::string& info) {
  std::vector<std::string> out;
  std::istringstream parts(info);
  for (std::string part; std::getline(parts, part, '|');) {
    if (const auto backend = part.find(" : "); backend != std::string::npos) part.erase(0, backend + 3);
    if (part.ends_with(" = 1 ")) part.resize(part.size() - 5);
    const auto first = part.find_first_not_of(" \n");
    const auto last = part.find_last_not_of(" \n");
    if (first == std::string::npos || part.find("= 0") != std::string::npos) continue;
    out.push_back(part.substr(first, last - first + 1));
  }
  return out;
}

}  // namespace

Platform platform() {
  Platform out;
  out.llama_build = std::string("llama.cpp ") + llama_version();
  out.features = split_features(llama_print_system_info());
  for (std::size_t i = 0; i < ggml_backend_reg_count(); ++i) {
    out.backends.emplace_back(ggml_backend_reg_name(ggml_backend_reg_get(i)));
  }
  for (std::size_t i = 0; i < ggml_backend_dev_count(); ++i) {
    ggml_backend_dev_t dev = ggml_backend_dev_get(i);
    Device device;
    device.name = ggml_backend_dev_name(dev);
    device.description = ggml_backend_dev_description(dev);
    device.type = type_name(ggml_backend_dev_type(dev));
    std::size_t free = 0;
    std::size_t total = 0;
    ggml_backend_dev_memory(dev, &free, &total);
    device.memory_free = free;
    device.memory_total = total;
    out.devices.push_back(std::move(device));
  }
#ifdef INFERNO_HAVE_LLAMA_COMMON
  out.jinja = true;
#endif
  return out;
}

bool has_gpu() {
  for (std::size_t i = 0; i < ggml_backend_dev_count(); ++i) {
    const auto type = ggml_backend_dev_type(ggml_backend_dev_get(i));
    if (type == GGML_BACKEND_DEVICE_TYPE_GPU || type == GGML_BACKEND_DEVICE_TYPE_IGPU) return true;
  }
  return false;
}

void set_abort_handler(void (*handler)(const char* message)) { ggml_set_abort_callback(handler); }

}  // namespace inferno::engine
