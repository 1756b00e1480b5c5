#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace inferno::engine {

struct Device {
  std::string name;
  std::string description;
  std::string type;  // "cpu", "gpu", "igpu", "accel"
  std::uint64_t memory_free = 0;
  std::uint64_t memory_total = 0;
};

// What this build of llama.cpp is and can use on this machine.
struct Platform {
  std::string llama_build;
  std::vector<std::string> features;  // instruction sets and the like
  std::vector<std::string> backends;  // ggml's, in this build
  std::vector<Device> devices;
  bool jinja = false;  // chat templates by llama.cpp's Jinja engine
};

Platform platform();

// Whether a GPU would be used: its driver then lives in this process.
bool has_gpu();

// `handler` is told the text of the assertion before libllama aborts the process.
// It runs on the thread that failed, and must not call libllama.
void set_abort_handler(void (*handler)(const char* message));

}  // namespace inferno::engine
