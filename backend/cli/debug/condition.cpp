#include "cli/debug/condition.h"

#include <algorithm>
#include <array>
#include <charconv>

#include <fmt/format.h>

#include "cli/sampler_flags.h"
#include "cli/suggest.h"

namespace inferno::cli::debug {

namespace {

using protocol::ConditionKind;

constexpr std::string_view kExample =
    R"(For example: break rank > 3 and entropy > 2; `help break` lists all conditions.)";

enum class Form : std::uint8_t { kProbability, kNumber, kCount };

// A condition of the form WORD SIGN VALUE.
struct Comparison {
  std::string_view word;
  ConditionKind kind;
  char sign;
  Form form;
};

constexpr std::array<Comparison, 6> kComparisons{{{"raw", ConditionKind::RawProbBelow, '<', Form::kProbability},
                                                  {"final", ConditionKind::FinalProbBelow, '<', Form::kProbability},
                                                  {"entropy", ConditionKind::EntropyAbove, '>', Form::kNumber},
                                                  {"rank", ConditionKind::RankAbove, '>', Form::kCount},
                                                  {"tie", ConditionKind::NearTie, '<', Form::kProbability},
                                                  {"eot", ConditionKind::EndOfTextAbove, '>', Form::kProbability}}};

// A condition of the form WORD NUMBER.
struct Counting {
  std::string_view word;
  ConditionKind kind;
  std::string_view what;
  bool from_one;
};

constexpr std::array<Counting, 3> kCountings{
    {{"repeat", ConditionKind::Repetition, "a number of tokens, as in repeat 8", true},
     {"at", ConditionKind::PositionIs, "a position, as in at 40", false},
     {"every", ConditionKind::EveryNth, "a number of tokens, as in every 16", true}}};

Result<std::uint32_t> count_from_one(Scanner& line, std::string_view what) {
  const std::size_t column = line.column();
  auto n = line.whole_number(what);
  if (n && *n == 0) return line.fault_at(column, "This counts from 1.");
  return n;
}

Result<Condition> parse_comparison(Scanner& line, const Comparison& form) {
  Condition condition;
  condition.kind = form.kind;
  const char other = form.sign == '<' ? '>' : '<';
  const std::size_t column = line.column();
  if (line.take_sign(other) || line.peek() == '=') {
    return line.fault_at(
        column, fmt::format("{} can only be compared with '{}'.", form.word, form.sign),
        fmt::format("For example: break {} {} {}", form.word, form.sign, form.form == Form::kProbability ? "5%" : "3"));
  }
  if (!line.take_sign(form.sign) && !line.take(form.sign == '<' ? "below" : "above")) {
    return line.expected(fmt::format("'{}' after {}", form.sign, form.word));
  }
  if (form.form == Form::kProbability) {
    auto value = line.probability("a probability, as 0.05 or 5%");
    if (!value) return value.error();
    condition.threshold = *value;
  } else if (form.form == Form::kNumber) {
    const std::size_t start = line.column();
    auto value = line.number("a number of bits");
    if (!value) return value.error();
    if (*value < 0) return line.fault_at(start, "An entropy is never below 0.");
    condition.threshold = *value;
  } else {
    auto value = line.whole_number("a whole number");
    if (!value) return value.error();
    condition.n = *value;
  }
  return condition;
}

Result<Condition> parse_counting(Scanner& line, const Counting& form) {
  Condition condition;
  condition.kind = form.kind;
  auto n = form.from_one ? count_from_one(line, form.what) : line.whole_number(form.what);
  if (!n) return n.error();
  condition.n = *n;
  return condition;
}

Result<Condition> parse_removed_top(Scanner& line) {
  Condition condition;
  condition.kind = ConditionKind::StageRemovedTop;
  if (!line.take("by")) return condition;
  const std::size_t column = line.column();
  const std::string name(line.word());
  condition.stage = stage_kind(name);
  if (condition.stage) return condition;
  return line.fault_at(column, fmt::format("There is no sampler stage '{}'{}", name, suggestion(name, stage_names())),
                       fmt::format("The stages are: {}.", fmt::join(stage_names(), ", ")));
}

Result<std::vector<TokenName>> parse_tokens(Scanner& line) {
  std::vector<TokenName> tokens;
  do {
    auto token = parse_token(line);
    if (!token) return token.error();
    tokens.push_back(std::move(*token));
  } while (line.take_sign(',') || line.take("or"));
  return tokens;
}

// TOKENS in top N, or, behind the word "token", TOKENS alone.
Result<Condition> parse_token_condition(Scanner& line, bool said_token) {
  Condition condition;
  const std::size_t start = line.column();
  auto tokens = parse_tokens(line);
  if (!tokens) return tokens.error();
  condition.tokens = std::move(*tokens);
  if (line.take("in")) {
    if (!line.take("top")) return line.expected("'top' after 'in'", R"(For example: break " the" in top 5)");
    auto n = count_from_one(line, "a number, as in top 5");
    if (!n) return n.error();
    condition.kind = ConditionKind::TokenInTop;
    condition.n = *n;
    return condition;
  }
  if (said_token) {
    condition.kind = ConditionKind::TokenIs;
    return condition;
  }
  const TokenName& first = condition.tokens.front();
  if (condition.tokens.size() == 1 && first.id && *first.id >= 0) {  // gdb's habit: a bare place
    condition.kind = ConditionKind::PositionIs;
    condition.n = static_cast<std::uint32_t>(*first.id);
    condition.tokens.clear();
    return condition;
  }
  return line.fault_at(
      start, "A token alone is no condition.",
      fmt::format("Write token {0} (it is chosen), {0} in top 5 (it could be), or text \"...\".", in_words(first)));
}

Result<Condition> parse_one(Scanner& line) {
  Condition condition;
  const char next = line.peek();
  if (next == '"' || next == '#' || (next >= '0' && next <= '9')) return parse_token_condition(line, false);
  if (next == '/') {
    auto pattern = line.slashed();
    if (!pattern) return pattern.error();
    condition.kind = ConditionKind::PatternMatches;
    condition.text = std::move(*pattern);
    return condition;
  }
  const std::size_t column = line.column();
  const std::string word(line.word());
  if (word == "token") return parse_token_condition(line, true);
  if (word == "removed-top") return parse_removed_top(line);
  if (word == "text") {
    auto text = line.quoted();
    if (!text) return text.error();
    if (text->empty()) return line.fault_at(column, "The text to look for is empty.");
    condition.kind = ConditionKind::TextMatches;
    condition.text = std::move(*text);
    return condition;
  }
  for (const Comparison& form : kComparisons) {
    if (form.word == word) return parse_comparison(line, form);
  }
  for (const Counting& form : kCountings) {
    if (form.word == word) return parse_counting(line, form);
  }
  if (word.empty() && line.at_end())
    return line.fault_at(column, "A condition is missing here.", std::string(kExample));
  return line.fault_at(column,
                       fmt::format("There is no condition '{}'{}", word.empty() ? std::string(line.argument()) : word,
                                   suggestion(word, condition_words())),
                       std::string(kExample));
}

std::string join_tokens(const std::vector<TokenName>& tokens) {
  std::string result;
  for (const TokenName& token : tokens) result += (result.empty() ? "" : ", ") + in_words(token);
  return result;
}

std::string slashed(const std::string& pattern) {
  std::string result = "/";
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    if (pattern[i] == '\\' && i + 1 < pattern.size()) {
      result += pattern.substr(i++, 2);
    } else {
      result += pattern[i] == '/' ? "\\/" : pattern.substr(i, 1);
    }
  }
  return result + '/';
}

std::string one_in_words(const Condition& condition) {
  switch (condition.kind) {
    case ConditionKind::TokenIs:
      return "token " + join_tokens(condition.tokens);
    case ConditionKind::TextMatches:
      return "text " + quote(condition.text);
    case ConditionKind::PatternMatches:
      return slashed(condition.text);
    case ConditionKind::TokenInTop:
      return fmt::format("{} in top {}", join_tokens(condition.tokens), condition.n.value_or(0));
    case ConditionKind::StageRemovedTop:
      return condition.stage ? fmt::format("removed-top by {}", stage_name(*condition.stage)) : "removed-top";
    default:
      break;
  }
  for (const Comparison& form : kComparisons) {
    if (form.kind != condition.kind) continue;
    if (form.form == Form::kCount) return fmt::format("{} {} {}", form.word, form.sign, condition.n.value_or(0));
    return fmt::format("{} {} {}", form.word, form.sign, condition.threshold.value_or(0));
  }
  for (const Counting& form : kCountings) {
    if (form.kind == condition.kind) return fmt::format("{} {}", form.word, condition.n.value_or(0));
  }
  return "nothing";
}

}  // namespace

bool Condition::operator==(const Condition& other) const {
  return kind == other.kind && tokens == other.tokens && text == other.text && threshold == other.threshold &&
         n == other.n && stage == other.stage;
}

Result<TokenName> parse_token(Scanner& line) {
  TokenName token;
  token.column = line.column();
  if (line.peek() == '"') {
    auto text = line.quoted();
    if (!text) return text.error();
    if (text->empty()) return line.fault_at(token.column, "This token is empty.");
    token.text = std::move(*text);
    return token;
  }
  const std::string_view text = line.peek_word();
  std::int32_t id = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), id);
  if (error != std::errc{} || end != text.data() + text.size() || id < 0) {
    return line.expected("a token: its text in quotes, or its id");
  }
  line.word();
  token.id = id;
  return token;
}

Result<std::vector<Condition>> parse_conditions(Scanner& line) {
  std::vector<Condition> conditions;
  do {
    const std::size_t column = line.column();
    auto condition = parse_one(line);
    if (!condition) return condition.error();
    condition->column = column;
    conditions.push_back(std::move(*condition));
  } while (line.take("and"));
  if (!line.at_end()) return line.expected("'and' or the end of the line");
  return conditions;
}

std::string in_words(const TokenName& token) {
  return token.text.empty() ? fmt::format("{}", token.id.value_or(0)) : quote(token.text);
}

std::string in_words(const std::vector<Condition>& conditions) {
  std::string result;
  for (const Condition& condition : conditions) result += (result.empty() ? "" : " and ") + one_in_words(condition);
  return result;
}

const std::vector<std::string>& condition_words() {
  static const std::vector<std::string> words = [] {
    std::vector<std::string> all{"token", "text", "removed-top"};
    for (const Comparison& form : kComparisons) all.emplace_back(form.word);
    for (const Counting& form : kCountings) all.emplace_back(form.word);
    return all;
  }();
  return words;
}

}  // namespace inferno::cli::debug
