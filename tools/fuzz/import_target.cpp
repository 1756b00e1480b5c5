// A recording from elsewhere: whatever its file holds, the store takes all of it or
// nothing, and can be used afterwards.
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include <unistd.h>

#include "store/portable.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace inferno;
  namespace fs = std::filesystem;
  static const fs::path folder = [] {
    const fs::path made = fs::temp_directory_path() / ("inferno-fuzz-import-" + std::to_string(::getpid()));
    fs::remove_all(made);
    fs::create_directories(made);
    return made;
  }();
  static auto into = store::Store::open(folder / "store");
  if (!into) std::abort();
  const fs::path file = folder / "input.inferno";
  std::ofstream(file, std::ios::binary | std::ios::trunc)
      .write(reinterpret_cast<const char*>(data), static_cast<std::streamsize>(size));
  store::ImportLimits limits;
  limits.max_ms = 5000;
  limits.max_bytes = 16 << 20;
  const auto imported = store::import_sessions(**into, file, limits);
  if (!imported && imported.error().message.empty()) std::abort();
  if (!(*into)->sessions({})) std::abort();
  return 0;
}
