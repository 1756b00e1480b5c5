#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace inferno::cli {

// What this machine offers, as far as it can be asked without an engine.

// Memory that programs may still take; absent where the system does not tell.
std::optional<std::uint64_t> available_memory_bytes();
// The version of Landlock (file access rules for a process) in the kernel; absent
// where it has none or none is enabled.
std::optional<int> landlock_version();
// Whether the kernel can filter a process's system calls.
bool has_seccomp();
// Whether there is a screen to open a browser on.
bool has_display();
// The full path of a program in $PATH.
std::optional<std::string> find_program(const std::string& name);
// The command that opens a page in the person's browser; absent if there is none.
std::optional<std::string> browser_opener();

}  // namespace inferno::cli
