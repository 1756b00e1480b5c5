#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace inferno::engine {

enum class FlashAttention : std::uint8_t { kAuto = 0, kOn, kOff };

// How to hold a model. What is absent is chosen from the machine and the model;
// Model::info().options tells what was chosen. Mirrors EngineOptions of the protocol.
struct EngineOptions {
  std::optional<std::uint32_t> n_ctx;
  std::optional<std::uint32_t> n_batch;
  std::optional<std::uint32_t> n_ubatch;
  std::optional<std::uint32_t> n_threads;
  std::optional<std::uint32_t> n_threads_batch;
  std::optional<std::int32_t> n_gpu_layers;
  FlashAttention flash_attention = FlashAttention::kAuto;
  std::string cache_type_k;
  std::string cache_type_v;
  std::optional<bool> use_mmap;
  std::optional<bool> use_mlock;
  std::optional<bool> check_tensors;
  std::vector<std::string> rpc_servers;
  bool ignore_memory = false;
};

}  // namespace inferno::engine
