#pragma once

#include <string>
#include <string_view>

namespace inferno::cli {

// Puts token bytes together to characters for showing: a token may be a part of a
// character, and a terminal wants whole ones. Only what is shown waits; steps don't.
class Utf8Holder {
 public:
  // Takes bytes; gives what is complete now. Bytes that can be part of no character
  // come out as U+FFFD.
  std::string push(std::string_view bytes);
  // What still waits, as U+FFFD: nothing follows any more.
  std::string flush();
  bool empty() const { return held_.empty(); }

 private:
  std::string held_;
};

// Escapes what would steer a terminal: control characters other than line end and
// tab become their picture ("␛"). Model output is text, never commands.
std::string without_controls(std::string_view utf8);

}  // namespace inferno::cli
