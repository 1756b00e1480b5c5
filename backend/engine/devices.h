#pragma once

#include <string>
#include <vector>

#include "engine/options.h"
#include "engine/rpc.h"

namespace inferno::engine {

// The devices that get layers under these options, by name and description.
// `wanted` is what devices_for() gave.
std::vector<std::string> places_of_layers(const EngineOptions& resolved, const DeviceList& wanted);

}  // namespace inferno::engine
