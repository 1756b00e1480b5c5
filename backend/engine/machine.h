#pragma once

#include <cstdint>

namespace inferno::engine {

// Threads that a decode should use: the processors this process may run on (its
// affinity and, on Linux, its control group's quota), and on more than four of
// them one per core, because a second thread on a core makes decoding slower.
std::uint32_t sensible_threads();

// Main memory that can be had now without swapping, in bytes: what the system says
// is available, bounded by the control group's limit.
std::uint64_t available_memory_bytes();

}  // namespace inferno::engine
