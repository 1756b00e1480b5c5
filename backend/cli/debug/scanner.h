#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/error.h"
#include "base/result.h"

namespace inferno::cli::debug {

// Reads a command line of the debugger from left to right: words, numbers, quoted
// texts. Knows no command. Borrows the line. Errors carry the column of the fault in
// Error::offset, in bytes from the start of the line.
class Scanner {
 public:
  explicit Scanner(std::string_view line) : line_(line) {}

  // Where the next thing begins, behind blanks.
  std::size_t column();
  bool at_end() { return column() == line_.size(); }
  char peek() { return at_end() ? '\0' : line_[at_]; }
  // All that is left, without blanks around it.
  std::string_view rest();

  // Up to the next blank or one of ",\"#<>/" (which are things of their own); may be empty.
  std::string_view peek_word();
  std::string_view word();
  // Up to the next blank; may be empty.
  std::string_view argument();
  // Takes the word if it is the next one.
  bool take(std::string_view word);
  bool take_sign(char sign);

  // "…" with \n, \t, \r, \", \\ and \xHH.
  Result<std::string> quoted();
  // A regular expression between slashes; \/ is a slash.
  Result<std::string> slashed();
  Result<std::uint32_t> whole_number(std::string_view what);
  Result<double> number(std::string_view what);
  // A probability: 0.05 or 5%.
  Result<double> probability(std::string_view what);

  // "Expected WHAT, found 'this'.", at the next thing.
  Error expected(std::string_view what, std::string hint = {});
  Error fault_at(std::size_t column, std::string message, std::string hint = {}) const;
  // Error unless nothing is left.
  Result<void> end();

 private:
  std::string_view line_;
  std::size_t at_ = 0;
};

// The text between quotes, escaped so that Scanner::quoted() reads it back; a single
// line without control characters.
std::string quote(std::string_view text);

}  // namespace inferno::cli::debug
