#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

struct llama_vocab;

namespace inferno::engine {

// The values are those of the protocol's TokenKind.
enum class TokenKind : std::uint8_t { kNormal = 0, kUnknown, kControl, kUserDefined, kUnused, kByte };

// The bytes and the kind of every token of a vocabulary, worked out once, so that
// the decode loop and the encoder never ask libllama (which allocates).
// Immutable after construction: any thread may read it.
class TokenTable {
 public:
  struct Entry {
    std::string_view bytes;
    TokenKind kind = TokenKind::kNormal;
    bool ends_generation = false;
  };

  explicit TokenTable(const llama_vocab* vocab);
  // In the order of their ids.
  explicit TokenTable(const std::vector<Entry>& entries);

  std::uint32_t size() const { return static_cast<std::uint32_t>(kinds_.size()); }
  // What the token appends to a text; control tokens give their name ("</s>").
  // Valid as long as the table. `id` must be in range.
  std::string_view bytes(std::int32_t id) const;
  TokenKind kind(std::int32_t id) const { return kinds_[static_cast<std::size_t>(id)]; }
  bool is_end_of_generation(std::int32_t id) const { return end_of_generation_[static_cast<std::size_t>(id)] != 0; }
  // True where the token's bytes are valid UTF-8 on their own.
  bool is_text(std::int32_t id) const { return is_text_[static_cast<std::size_t>(id)] != 0; }

 private:
  void reserve(std::size_t n_tokens);
  void add(const Entry& entry);

  std::vector<char> pool_;
  std::vector<std::uint64_t> offsets_;  // size() + 1
  std::vector<TokenKind> kinds_;
  std::vector<std::uint8_t> end_of_generation_;
  std::vector<std::uint8_t> is_text_;
};

}  // namespace inferno::engine
