#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace inferno::engine {

// What was wrong with a grammar or a JSON text, and where: `offset` in bytes from its
// start, absent where the parser does not tell.
struct GrammarFault {
  std::string reason;
  std::optional<std::uint32_t> offset;
};

// From what libllama's parser wrote to standard error about `grammar`. The reason is
// empty if it wrote nothing of the kind.
GrammarFault fault_of_parser(const std::string& written, const std::string& grammar);

// From the message of llama.cpp's JSON parser about `text`, which names line and column.
std::optional<std::uint32_t> offset_in_json(const std::string& message, const std::string& text);

// "line 2, column 5", both from 1, columns in bytes.
std::string line_and_column(const std::string& text, std::uint32_t offset);

}  // namespace inferno::engine
