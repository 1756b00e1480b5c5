#pragma once

namespace inferno {

// Reports a broken invariant of our own on standard error and aborts.
[[noreturn]] void check_failed(const char* condition, const char* file, int line);

}  // namespace inferno

// A broken invariant is a bug in Inferno: the check stays on in release builds.
// Never for input from users, models or the network; that is a Result.
#define INFERNO_CHECK(condition) \
  (static_cast<bool>(condition) ? void(0) : ::inferno::check_failed(#condition, __FILE__, __LINE__))
