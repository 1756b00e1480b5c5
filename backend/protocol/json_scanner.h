#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace inferno::protocol {

// Reads the tokens of a JSON text (RFC 8259, nothing more lenient) one after the
// other. Knows no schema and builds nothing. After a failure `problem()` says what
// was wrong, in words, and nothing further may be read.
class JsonScanner {
 public:
  explicit JsonScanner(std::string_view text) : text_(text) {}

  // The next character that is not white space; 0 at the end.
  char peek();
  bool at_end() { return peek() == '\0' && at_ == text_.size(); }
  bool take(char expected);   // fails where something else comes
  bool take_if(char wanted);  // true if it was there
  bool string(std::string& out);
  bool number(std::string_view& out);  // its text, in JSON's grammar
  bool word(std::string_view& out);    // true, false, null
  bool skip_value(unsigned max_depth);
  bool fail(std::string problem);

  const std::string& problem() const { return problem_; }
  std::size_t position() const { return at_; }
  void return_to(std::size_t position) { at_ = position; }

 private:
  bool escape(std::string& out);
  bool unicode_escape(std::string& out);
  bool four_hex(unsigned& out);
  std::size_t digits();
  bool skip_members(char end, unsigned max_depth);

  std::string_view text_;
  std::size_t at_ = 0;
  std::string problem_;
};

}  // namespace inferno::protocol
