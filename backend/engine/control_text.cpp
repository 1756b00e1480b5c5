#include "engine/control_text.h"

#include <fmt/format.h>
#include <llama.h>

#include <algorithm>
#include <chrono>
#include <climits>
#include <cstdlib>
#include <exception>
#include <set>
#include <utility>

#include "engine/work_budget.h"

namespace inferno::engine {
namespace {

bool is_space(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

// The first range that ends after `position`.
std::vector<TextRange>::const_iterator range_after(const std::vector<TextRange>& ranges, std::size_t position) {
  return std::partition_point(ranges.begin(), ranges.end(), [&](const TextRange& r) { return r.end <= position; });
}

bool touches(const std::vector<TextRange>& ranges, std::size_t begin, std::size_t end) {
  const auto range = range_after(ranges, begin);
  return range != ranges.end() && range->begin < end;
}

}  // namespace

ControlNames::ControlNames(const llama_vocab* vocab) : vocab_(vocab), by_first_byte_(256) {
  for (llama_token id = 0; id < llama_vocab_n_tokens(vocab); ++id) {
    const auto attributes = llama_vocab_get_attr(vocab, id);
    if ((attributes & (LLAMA_TOKEN_ATTR_CONTROL | LLAMA_TOKEN_ATTR_UNKNOWN)) == 0) continue;
    const char* text = llama_vocab_get_text(vocab, id);
    if (text == nullptr || *text == '\0') continue;
    names_.push_back(
        {id, text, (attributes & LLAMA_TOKEN_ATTR_LSTRIP) != 0, (attributes & LLAMA_TOKEN_ATTR_RSTRIP) != 0});
  }
  std::stable_sort(names_.begin(), names_.end(),
                   [](const Name& a, const Name& b) { return a.text.size() > b.text.size(); });
  for (std::size_t i = 0; i < names_.size(); ++i) {
    by_first_byte_[static_cast<unsigned char>(names_[i].text.front())].push_back(i);
  }
}

std::vector<const ControlNames::Name*> ControlNames::names_in(std::string_view text) const {
  std::vector<bool> found(names_.size(), false);
  for (std::size_t at = 0; at < text.size(); ++at) {
    for (const std::size_t i : by_first_byte_[static_cast<unsigned char>(text[at])]) {
      if (!found[i] && text.substr(at, names_[i].text.size()) == names_[i].text) found[i] = true;
    }
  }
  std::vector<const Name*> result;
  for (std::size_t i = 0; i < names_.size(); ++i) {
    if (found[i]) result.push_back(&names_[i]);
  }
  return result;
}

std::vector<std::string> ControlNames::found_in(std::string_view text) const {
  std::vector<std::string> result;
  for (const Name* name : names_in(text)) result.push_back(name->text);
  return result;
}

bool ControlNames::any_in(std::string_view text) const { return !names_in(text).empty(); }

std::vector<ControlNames::Fragment> ControlNames::split(const Fragment& fragment, const Name& name,
                                                        std::string_view text, const std::vector<TextRange>& plain) {
  std::vector<Fragment> result;
  std::size_t begin = fragment.range.begin;
  const std::size_t end = fragment.range.end;
  std::size_t from = begin;
  while (true) {
    const std::size_t match = text.substr(0, end).find(name.text, from);
    if (match == std::string_view::npos) break;
    const std::size_t after = match + name.text.size();
    if (touches(plain, match, after)) {
      from = match + 1;
      continue;
    }
    std::size_t left_end = match;
    while (name.strips_left && left_end > begin && is_space(text[left_end - 1])) --left_end;
    if (left_end > begin) result.push_back({{begin, left_end}, -1});
    result.push_back({{match, after}, name.id});
    begin = after;
    while (name.strips_right && begin < end && is_space(text[begin])) ++begin;
    from = begin;
  }
  if (begin < end) result.push_back({{begin, end}, -1});
  return result;
}

Result<std::vector<std::int32_t>> ControlNames::tokenize(const std::string& text,
                                                         const std::vector<TextRange>& plain) const {
  std::vector<Fragment> fragments;
  if (!text.empty()) fragments.push_back({{0, text.size()}, -1});
  for (const Name* name : names_in(text)) {
    std::vector<Fragment> next;
    for (const Fragment& fragment : fragments) {
      if (fragment.id >= 0) {
        next.push_back(fragment);
        continue;
      }
      for (const Fragment& piece : split(fragment, *name, text, plain)) next.push_back(piece);
    }
    fragments = std::move(next);
  }

  std::vector<std::int32_t> ids;
  for (const Fragment& fragment : fragments) {
    if (fragment.id >= 0) {
      ids.push_back(fragment.id);
      continue;
    }
    const std::string_view piece(text.data() + fragment.range.begin, fragment.range.end - fragment.range.begin);
    const auto piece_ids = tokenize_text(vocab_, piece, /*add_special=*/false, /*parse_special=*/false);
    if (!piece_ids) return piece_ids.error();
    ids.insert(ids.end(), piece_ids->begin(), piece_ids->end());
  }
  return ids;
}

namespace {

// Some tokenizers take time by the square of a text's length, for texts of a kind. What is
// written for people takes a second for millions of letters.
constexpr std::chrono::milliseconds kMaxTime{5'000};

constexpr std::size_t kMostNamed = 8;

std::string listed(const std::set<unsigned char>& bytes) {
  std::string words;
  std::size_t n_named = 0;
  for (const unsigned char byte : bytes) {
    if (++n_named > kMostNamed) return words + fmt::format(" and {} more", bytes.size() - kMostNamed);
    words += fmt::format("{}0x{:02X}", words.empty() ? "" : ", ", byte);
  }
  return words;
}

// A tokenizer without an unknown token gives -1 for a byte that no token begins with.
Error no_token_error(const llama_vocab* vocab, std::string_view text, const std::vector<std::int32_t>& ids) {
  std::set<unsigned char> missing;
  std::size_t at = 0;
  for (const std::int32_t id : ids) {
    if (id >= 0) {
      // Without room for the piece, its length comes back negated.
      at += static_cast<std::size_t>(std::abs(llama_token_to_piece(vocab, id, nullptr, 0, 0, false)));
    } else if (at < text.size()) {
      missing.insert(static_cast<unsigned char>(text[at++]));
    }
  }
  // Where tokens are not just their bytes, the places can't be told.
  const std::string bytes = at == text.size() ? listed(missing) : "some bytes of it";
  return {ErrorCode::kInvalidArgument, "the text cannot be cut into tokens: this model has no token for " + bytes,
          "Leave those bytes out, or give the prompt as token ids."};
}

}  // namespace

Result<std::vector<std::int32_t>> tokenize_text(const llama_vocab* vocab, std::string_view text, bool add_special,
                                                bool parse_special) {
  const Error too_large{ErrorCode::kTooLarge, "the text has more tokens than can be counted", "Use a shorter text."};
  if (text.size() > INT_MAX / 2) return too_large;
  const auto size = static_cast<std::int32_t>(text.size());
  std::vector<std::int32_t> ids(text.size() / 2 + 16);
  const WorkBudget budget(kMaxTime);
  try {
    int n =
        llama_tokenize(vocab, text.data(), size, ids.data(), static_cast<int>(ids.size()), add_special, parse_special);
    if (n == INT32_MIN) return too_large;
    if (n < 0) {
      ids.resize(static_cast<std::size_t>(-n));
      n = llama_tokenize(vocab, text.data(), size, ids.data(), static_cast<int>(ids.size()), add_special,
                         parse_special);
    }
    ids.resize(static_cast<std::size_t>(std::max(0, n)));
  } catch (const std::exception& failure) {
    if (budget.spent() != nullptr) {
      return Error{ErrorCode::kTooLarge, std::string("the text cannot be cut into tokens: ") + budget.spent(),
                   "Use a shorter text."};
    }
    return Error{ErrorCode::kInvalidArgument, std::string("the tokenizer cannot read the text: ") + failure.what(), ""};
  }
  if (std::any_of(ids.begin(), ids.end(), [](std::int32_t id) { return id < 0; })) {
    return no_token_error(vocab, text, ids);
  }
  return ids;
}

}  // namespace inferno::engine
