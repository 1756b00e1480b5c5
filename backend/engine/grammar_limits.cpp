#include "engine/grammar_limits.h"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>

namespace inferno::engine {
namespace {

Error too_large(const std::string& what, std::size_t limit, std::optional<std::size_t> at = {}) {
  Error error{ErrorCode::kTooLarge, "the grammar " + what + ".", "The limit is " + std::to_string(limit) + "."};
  if (at) error.offset = static_cast<std::uint32_t>(*at);
  return error;
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// Goes through a GBNF text by the same lexical rules as the parser, keeping depth,
// rules and the size of what repetitions unfold to.
class GrammarScan {
 public:
  explicit GrammarScan(std::string_view text) : text_(text) {}

  Result<void> run() {
    while (at_ < text_.size()) {
      step();
      if (depth_ > kMaxGrammarDepth) return too_large("is nested too deeply", kMaxGrammarDepth, at_);
      if (n_rules_ > kMaxGrammarRules) return too_large("has too many rules", kMaxGrammarRules, at_);
      if (expansion_ > kMaxGrammarExpansion) return too_large("unfolds to too much text", kMaxGrammarExpansion, at_);
    }
    return {};
  }

 private:
  void step() {
    switch (text_[at_]) {
      case '"':
        return quoted('"');
      case '[':
        return quoted(']');
      case '<':
        return token();
      case '#':
        at_ = std::min(text_.find('\n', at_), text_.size());
        return;
      case '(':
        ++depth_, ++at_;
        return;
      case ')':
        depth_ -= depth_ > 0 ? 1 : 0, item_bytes_ = 1, ++at_;
        return;
      case '{':
        return repetition();
      case '=':
        ++n_rules_, ++at_;
        return;
      default:
        ++at_;
    }
  }

  void quoted(char end) {
    const std::size_t start = at_++;
    while (at_ < text_.size() && text_[at_] != end) at_ += text_[at_] == '\\' ? 2 : 1;
    at_ = std::min(at_ + 1, text_.size());
    item_bytes_ = at_ - start;
  }

  void token() {
    at_ = std::min(text_.find('>', at_), text_.size() - 1) + 1;
    item_bytes_ = 1;
  }

  // "{m}", "{m,}", "{m,n}": what stands before is written out as often as the larger
  // number says.
  void repetition() {
    std::uint64_t times = 0, number = 0;
    for (++at_; at_ < text_.size() && text_[at_] != '}'; ++at_) {
      number = is_digit(text_[at_])
                   ? std::min<std::uint64_t>(number * 10 + static_cast<std::uint64_t>(text_[at_] - '0'), 1 << 20)
                   : 0;
      times = std::max(times, number);
    }
    expansion_ += item_bytes_ * times;
  }

  std::string_view text_;
  std::size_t at_ = 0;
  std::size_t depth_ = 0;
  std::size_t n_rules_ = 0;
  std::size_t expansion_ = 0;
  std::size_t item_bytes_ = 1;  // of the last literal or character class
};

Result<void> check_schema_depth(std::string_view text) {
  std::size_t depth = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '"') {
      for (++i; i < text.size() && text[i] != '"'; ++i) i += text[i] == '\\' ? 1 : 0;
    } else if (text[i] == '{' || text[i] == '[') {
      if (++depth > kMaxGrammarDepth)
        return too_large("comes from a JSON schema that is nested too deeply", kMaxGrammarDepth, i);
    } else if (text[i] == '}' || text[i] == ']') {
      depth -= depth > 0 ? 1 : 0;
    }
  }
  return {};
}

}  // namespace

Result<void> check_grammar_limits(std::string_view text, bool is_schema) {
  if (text.size() > kMaxGrammarBytes)
    return too_large("has " + std::to_string(text.size()) + " bytes", kMaxGrammarBytes);
  if (const std::size_t at = text.find('\0'); at != std::string_view::npos) {
    return Error{.code = ErrorCode::kBadGrammar,
                 .message = "the grammar holds a NUL character.",
                 .hint = "Write it as \\x00.",
                 .offset = static_cast<std::uint32_t>(at)};
  }
  return is_schema ? check_schema_depth(text) : GrammarScan(text).run();
}

}  // namespace inferno::engine
