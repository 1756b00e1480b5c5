#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

struct llama_vocab;

namespace inferno::engine {

// A stretch of a text, in bytes.
struct TextRange {
  std::size_t begin = 0;
  std::size_t end = 0;
};

// The names that a vocabulary's control tokens (and its unknown token) have in
// texts, such as "<|eot_id|>". Borrows the vocabulary. Any thread.
class ControlNames {
 public:
  explicit ControlNames(const llama_vocab* vocab);

  // The distinct names that occur in `text`, longest first.
  std::vector<std::string> found_in(std::string_view text) const;
  bool any_in(std::string_view text) const;

  // Token ids of `text`, in which names become control tokens wherever they lie
  // wholly outside the `plain` ranges (ascending, not overlapping), and stay text
  // inside and across their edges. Without ranges it gives what llama_tokenize with
  // parse_special gives. Adds no BOS.
  Result<std::vector<std::int32_t>> tokenize(const std::string& text, const std::vector<TextRange>& plain) const;

 private:
  struct Name {
    std::int32_t id;
    std::string text;
    bool strips_left, strips_right;  // takes the white space beside it
  };
  struct Fragment {
    TextRange range;
    std::int32_t id;  // -1: text
  };
  std::vector<const Name*> names_in(std::string_view text) const;
  static std::vector<Fragment> split(const Fragment& fragment, const Name& name, std::string_view text,
                                     const std::vector<TextRange>& plain);

  const llama_vocab* vocab_;
  std::vector<Name> names_;                              // longest first, as llama.cpp looks for them
  std::vector<std::vector<std::size_t>> by_first_byte_;  // indices into names_
};

// llama_tokenize with room found. Errors: kTooLarge (more tokens than can be
// counted), kInvalidArgument (the tokenizer refused the text, or has no token for a part of it).
Result<std::vector<std::int32_t>> tokenize_text(const llama_vocab* vocab, std::string_view text, bool add_special,
                                                bool parse_special);

}  // namespace inferno::engine
