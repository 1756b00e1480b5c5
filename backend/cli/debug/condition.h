#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "cli/debug/scanner.h"
#include "inferno_generated.h"

namespace inferno::cli::debug {

// A token as it is named in a command: by its id, or by its text, which the model's
// tokenizer then must turn into exactly one token.
struct TokenName {
  std::optional<std::int32_t> id;  // of a text: once that was resolved
  std::string text;
  std::size_t column = 0;  // in the line it was read from

  bool operator==(const TokenName& other) const { return id == other.id && text == other.text; }
};

// One condition of a breakpoint as it was written, with what only a model and a run can
// resolve left by name. `kind` says which fields it has, as in pb::Condition.
struct Condition {
  protocol::ConditionKind kind = protocol::ConditionKind::Unset;
  std::vector<TokenName> tokens;
  std::string text;
  std::optional<double> threshold;
  std::optional<std::uint32_t> n;
  std::optional<protocol::StageKind> stage;
  std::size_t column = 0;  // in the line it was read from

  bool operator==(const Condition& other) const;
};

// Reads conditions joined by "and" up to the end of the line:
//   token " Tim", " Tom"      the chosen token is one of them (a text, or an id)
//   text "dragon"             the text now ends with this token completing it
//   /drag(on|ged)/            a regular expression that reaches into the token
//   raw < 5%                  raw probability of the chosen token
//   final < 0.05              final probability
//   entropy > 4               bits
//   rank > 3
//   removed-top [by top-p]    a stage removed the most probable candidate
//   tie < 0.02                the two best final probabilities differ by less
//   " the" in top 5           chosen or not
//   repeat 8                  the newest 8 tokens are the 8 before them once more
//   eot > 10%                 probability of all tokens that end the text
//   at 40                     position
//   every 16                  generated tokens
// Errors: kInvalidArgument with the column.
Result<std::vector<Condition>> parse_conditions(Scanner& line);
Result<TokenName> parse_token(Scanner& line);

// The same language; parse_conditions() reads it back to equal conditions.
std::string in_words(const std::vector<Condition>& conditions);
std::string in_words(const TokenName& token);

// The words a condition can begin with, for completion.
const std::vector<std::string>& condition_words();

}  // namespace inferno::cli::debug
