#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"
#include "engine/hyperparameters.h"
#include "engine/model_files.h"
#include "engine/model_info.h"
#include "engine/options.h"
#include "engine/rpc.h"

namespace inferno::engine {

// Need and supply of one place: main memory, or one device's own.
struct MemoryPlace {
  std::string name;  // "main memory" or the device's
  std::uint64_t needed_bytes = 0;
  std::uint64_t available_bytes = 0;
};

struct MemoryNeed {
  MemoryEstimate total;
  std::vector<MemoryPlace> places;

  bool fits() const;
};

// What a model with resolved options needs. With llama.cpp's `common` at hand by
// its dry run, which is exact; otherwise from the hyperparameters, which is an
// upper bound for most architectures. Errors: as loading the model.
Result<MemoryNeed> estimate_memory(const ModelFiles& files, const Hyperparameters& parameters,
                                   const EngineOptions& resolved, DeviceList& devices);

// As estimate_memory; where n_ctx was not `asked` for and does not fit, makes it
// smaller in `resolved`, down to 512.
Result<MemoryNeed> choose_context(const ModelFiles& files, const Hyperparameters& parameters,
                                  const EngineOptions& asked, EngineOptions& resolved, DeviceList& devices);

// Error: kNotEnoughMemory, with the numbers, where `need` does not fit.
Result<void> check_fits(const std::string& path, const MemoryNeed& need, const EngineOptions& resolved);

}  // namespace inferno::engine
