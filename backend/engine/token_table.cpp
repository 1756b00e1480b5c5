#include "engine/token_table.h"

#include <llama.h>

#include <string>

#include "base/check.h"
#include "base/utf8.h"

namespace inferno::engine {
namespace {

TokenKind kind_of(llama_token_attr attributes) {
  if (attributes & LLAMA_TOKEN_ATTR_CONTROL) return TokenKind::kControl;
  if (attributes & LLAMA_TOKEN_ATTR_UNKNOWN) return TokenKind::kUnknown;
  if (attributes & LLAMA_TOKEN_ATTR_USER_DEFINED) return TokenKind::kUserDefined;
  if (attributes & LLAMA_TOKEN_ATTR_BYTE) return TokenKind::kByte;
  if (attributes & LLAMA_TOKEN_ATTR_UNUSED) return TokenKind::kUnused;
  return TokenKind::kNormal;
}

// The bytes of one token into `buffer`, which grows as needed; returns their number.
std::size_t piece(const llama_vocab* vocab, llama_token id, std::string& buffer) {
  int n = llama_token_to_piece(vocab, id, buffer.data(), static_cast<int>(buffer.size()), 0, true);
  if (n < 0) {
    buffer.resize(static_cast<std::size_t>(-n));
    n = llama_token_to_piece(vocab, id, buffer.data(), static_cast<int>(buffer.size()), 0, true);
  }
  return n > 0 ? static_cast<std::size_t>(n) : 0;
}

}  // namespace

TokenTable::TokenTable(const llama_vocab* vocab) {
  const auto n_tokens = static_cast<std::size_t>(llama_vocab_n_tokens(vocab));
  reserve(n_tokens);
  std::string buffer(256, '\0');
  for (llama_token id = 0; id < static_cast<llama_token>(n_tokens); ++id) {
    const std::size_t size = piece(vocab, id, buffer);
    add({{buffer.data(), size}, kind_of(llama_vocab_get_attr(vocab, id)), llama_vocab_is_eog(vocab, id)});
  }
}

TokenTable::TokenTable(const std::vector<Entry>& entries) {
  reserve(entries.size());
  for (const Entry& entry : entries) add(entry);
}

void TokenTable::reserve(std::size_t n_tokens) {
  offsets_.reserve(n_tokens + 1);
  kinds_.reserve(n_tokens);
  end_of_generation_.reserve(n_tokens);
  is_text_.reserve(n_tokens);
  offsets_.push_back(0);
}

void TokenTable::add(const Entry& entry) {
  pool_.insert(pool_.end(), entry.bytes.begin(), entry.bytes.end());
  offsets_.push_back(pool_.size());
  kinds_.push_back(entry.kind);
  end_of_generation_.push_back(entry.ends_generation ? 1 : 0);
  is_text_.push_back(is_utf8(entry.bytes) ? 1 : 0);
}

std::string_view TokenTable::bytes(std::int32_t id) const {
  const auto i = static_cast<std::size_t>(id);
  INFERNO_CHECK(id >= 0 && i < kinds_.size());
  return {pool_.data() + offsets_[i], static_cast<std::size_t>(offsets_[i + 1] - offsets_[i])};
}

}  // namespace inferno::engine
