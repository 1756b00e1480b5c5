// The text of inferno.toml.
#include <cstdlib>
#include <string>

#include "cli/config_file.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto given = inferno::cli::parse_config(std::string(reinterpret_cast<const char*>(data), size), "fuzz.toml");
  if (!given && given.error().message.empty()) std::abort();
  return 0;
}
