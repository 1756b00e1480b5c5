#pragma once

#include <cstddef>
#include <string_view>

#include "base/result.h"

namespace inferno::engine {

inline constexpr std::size_t kMaxGrammarBytes = 1024 * 1024;
inline constexpr std::size_t kMaxGrammarDepth = 200;
inline constexpr std::size_t kMaxGrammarRules = 20000;
// Characters a grammar may unfold to when its repetitions are written out.
inline constexpr std::size_t kMaxGrammarExpansion = 4 * 1024 * 1024;

// Refuses grammars on which libllama's parser would overflow its stack (it recurses
// per parenthesis) or use up memory (it writes "x{2000}" out). Does not check the
// syntax: that is the parser's. A JSON schema (`is_schema`) is only limited in size
// and in the depth of its brackets.
// Errors: kTooLarge, kBadGrammar (a NUL character, which would end it early).
Result<void> check_grammar_limits(std::string_view text, bool is_schema);

}  // namespace inferno::engine
