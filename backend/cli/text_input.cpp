#include "cli/text_input.h"

#include <fstream>
#include <iostream>
#include <iterator>

#include <fmt/format.h>

#include "base/utf8.h"

namespace inferno::cli {

Result<void> require_utf8(std::string_view what, std::string_view text) {
  if (is_utf8(text)) return {};
  std::size_t at = 0;
  for (std::size_t length = 0; (length = utf8_length(text.substr(at))) > 0;) at += length;
  return Error{
      ErrorCode::kInvalidArgument,
      fmt::format("{} is not valid UTF-8: byte 0x{:02X} at offset {}.", what, static_cast<unsigned char>(text[at]), at),
      "Convert it first (iconv -f LATIN1 -t UTF-8, if it is Latin-1); single bytes of a prompt can be given as "
      "token ids, with --ids."};
}

Result<std::string> read_text_file(const std::string& path) {
  std::ifstream file;
  if (path != "-") file.open(path, std::ios::binary);
  std::istream& stream = path == "-" ? std::cin : file;
  std::string text{std::istreambuf_iterator<char>(stream), {}};
  if (stream.bad() || (path != "-" && !file.is_open())) {
    return Error{ErrorCode::kFileNotFound, fmt::format("Cannot read the file {}.", path), {}};
  }
  if (auto valid = require_utf8(path == "-" ? "The standard input" : "The file " + path, text); !valid) {
    return valid.error();
  }
  return text;
}

}  // namespace inferno::cli
