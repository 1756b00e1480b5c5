#pragma once

#include <string>
#include <vector>

#include "base/result.h"

struct ggml_backend_device;

namespace inferno::engine {

// Devices for libllama to put layers on, ended by a null pointer as it wants them.
// Empty: libllama's own choice.
using DeviceList = std::vector<ggml_backend_device*>;

// The devices of llama.cpp's rpc-server at each of `servers` ("host:port"), before
// this machine's own. Each server is greeted first, with a time limit, because
// llama.cpp aborts the process, or waits for ever, on a server that is not there or
// not its own. Errors: kInvalidArgument, kTimeout.
Result<DeviceList> devices_for(const std::vector<std::string>& servers);

}  // namespace inferno::engine
