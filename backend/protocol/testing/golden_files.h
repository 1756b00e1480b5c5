#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "protocol/message.h"

namespace inferno::protocol::testing {

// The golden files of one message: protocol/golden/<Body>.bin and .json, or
// protocol/golden/worker/<WorkerBody>.bin and .json. The tests of every language
// decode them.
struct Golden {
  std::string name;
  bool is_worker = false;
  std::filesystem::path stem;  // without the extension

  std::optional<std::string> read(const char* extension) const;
};

// Where the golden files of every message of the schema belong, whether they are
// there or not.
std::vector<Golden> golden_files(const std::filesystem::path& source_dir);

// Writes all of them from the samples. Gives the number of messages.
std::size_t write_golden_files(const std::filesystem::path& source_dir);

}  // namespace inferno::protocol::testing
