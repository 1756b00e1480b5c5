#include "engine/grammar_fault.h"

#include <algorithm>
#include <cstdio>
#include <string_view>

#include "engine/printable.h"

namespace inferno::engine {
namespace {

// How much of the parser's words is shown.
constexpr std::size_t kShownBytes = 80;
// Between its words and the rest of the grammar.
constexpr std::string_view kAt = " at ";

bool is_word(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
}

// Behind a literal or a character class that begins at `at`.
std::size_t behind_quoted(std::string_view text, std::size_t at) {
  const char end = text[at] == '"' ? '"' : ']';
  for (++at; at < text.size() && text[at] != end;) at += text[at] == '\\' ? 2 : 1;
  return std::min(at + 1, text.size());
}

// Where a rule's name is first used other than to define it.
std::optional<std::uint32_t> first_use(std::string_view grammar, std::string_view name) {
  for (std::size_t at = 0; at < grammar.size();) {
    const char c = grammar[at];
    if (c == '"' || c == '[') {
      at = behind_quoted(grammar, at);
    } else if (c == '#') {
      at = std::min(grammar.find('\n', at), grammar.size());
    } else if (is_word(c)) {
      std::size_t end = at;
      while (end < grammar.size() && is_word(grammar[end])) ++end;
      const std::size_t next = std::min(grammar.find_first_not_of(" \t", end), grammar.size());
      if (grammar.substr(at, end - at) == name && !grammar.substr(next).starts_with("::="))
        return static_cast<std::uint32_t>(at);
      at = end;
    } else {
      ++at;
    }
  }
  return std::nullopt;
}

// The words in which the parser names a place: "… at <the rest of the grammar>", a
// name in quotes, or the end.
std::optional<std::uint32_t> place_of(std::string_view why, std::string_view grammar) {
  constexpr std::string_view kEnd = "unexpected end of input", kNoItem = "expecting preceding item";
  constexpr std::string_view kUndefined = "Undefined rule identifier '", kToken = "invalid token '";
  if (why == kEnd) return static_cast<std::uint32_t>(grammar.size());
  if (why.starts_with(kUndefined))
    return first_use(grammar, why.substr(kUndefined.size(), why.size() - kUndefined.size() - 1));
  if (why.starts_with(kToken)) {
    const std::size_t at = grammar.find(why.substr(kToken.size(), why.size() - kToken.size() - 1));
    return at == std::string_view::npos ? std::nullopt : std::optional(static_cast<std::uint32_t>(at));
  }
  const std::size_t at = why.find(kAt);
  if (at == std::string_view::npos) return std::nullopt;
  const std::string_view rest = why.substr(at + kAt.size());
  if (!grammar.ends_with(rest)) return std::nullopt;
  const std::size_t offset = grammar.size() - rest.size();
  // This one is noticed behind the operator that has nothing to work on.
  const std::size_t sign =
      why.starts_with(kNoItem) && offset > 0 ? grammar.find_last_of("*+?{", offset - 1) : std::string_view::npos;
  return static_cast<std::uint32_t>(sign == std::string_view::npos ? offset : sign);
}

}  // namespace

// It writes "parse: error parsing grammar: <why>\n\n<the whole grammar>\n".
GrammarFault fault_of_parser(const std::string& written, const std::string& grammar) {
  constexpr std::string_view kMark = "error parsing grammar: ";
  const std::size_t mark = written.find(kMark);
  if (mark == std::string::npos) return {};
  const std::size_t start = mark + kMark.size();
  const std::size_t end = written.rfind("\n\n" + grammar);
  const std::string why = written.substr(start, end == std::string::npos || end < start ? end : end - start);
  GrammarFault fault;
  fault.offset = place_of(why, grammar);
  const std::string_view line = std::string_view(why).substr(0, why.find('\n'));
  // With the place known, the rest of the grammar says nothing more.
  fault.reason = printable(fault.offset ? line.substr(0, line.find(kAt)) : line, kShownBytes);
  return fault;
}

std::optional<std::uint32_t> offset_in_json(const std::string& message, const std::string& text) {
  const std::size_t at = message.find("at line ");
  unsigned long line = 0, column = 0;
  if (at == std::string::npos || std::sscanf(message.c_str() + at, "at line %lu, column %lu", &line, &column) != 2)
    return std::nullopt;
  std::size_t start = 0;
  for (; line > 1 && start < text.size(); --line) start = std::min(text.find('\n', start), text.size() - 1) + 1;
  return static_cast<std::uint32_t>(std::min(start + (column > 0 ? column - 1 : 0), text.size()));
}

std::string line_and_column(const std::string& text, std::uint32_t offset) {
  const std::string_view before = std::string_view(text).substr(0, offset);
  const auto line = std::count(before.begin(), before.end(), '\n') + 1;
  const std::size_t column = before.size() - (before.rfind('\n') + 1) + 1;  // npos + 1 is 0
  return "line " + std::to_string(line) + ", column " + std::to_string(column);
}

}  // namespace inferno::engine
