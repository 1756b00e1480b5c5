#pragma once

#include <cstdio>
#include <string>

#include "cli/terminal.h"
#include "cli/utf8_holder.h"
#include "inferno_generated.h"

namespace inferno::cli {

// Writes tokens as running text. On a terminal: coloured by raw probability, control
// tokens dim, nothing that could steer it. Elsewhere: the tokens' bytes as they are,
// control tokens left out. Flushes after every call. Borrows `out`.
class TokenPrinter {
 public:
  TokenPrinter(std::FILE* out, const Terminal& terminal) : out_(out), terminal_(terminal) {}

  void print(const protocol::Step& step);
  // A token of a prompt, shown without its probability.
  void print_plain(const protocol::Step& step);
  // Shows what waits, and ends the line on a terminal.
  void end();

 private:
  void write(const std::string& text);

  std::FILE* out_;
  const Terminal& terminal_;
  Utf8Holder holder_;
};

// The bytes a token stands for.
std::string bytes_of(const protocol::Token* token);
// A token as a short quoted text for tables: "\n" and the like are escaped.
std::string quoted(const protocol::Token* token);

}  // namespace inferno::cli
