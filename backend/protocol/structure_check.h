#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "base/result.h"
#include "protocol/schema.h"

namespace inferno::protocol {

// Walks a FlatBuffer from outside before anything else reads it, and checks what
// FlatBuffers' own verifier does not: that no part is used twice (a vector of a
// million offsets to one table, each with the same vector of a million strings, is
// 12 MB to receive, hours to verify and terabytes to unpack), that a union's type
// and value come together, and that strings are UTF-8. Reads nothing out of bounds
// itself; FlatBuffers' verifier runs afterwards all the same and has the last word.
//
// Work is bounded by the buffer's size: a buffer without sharing has one 4-byte
// offset for every part, so there can be no more parts than size / 4. Only texts may
// be shared, as builders do with equal ones, up to four times the buffer's size.
class StructureCheck {
 public:
  StructureCheck(std::span<const std::uint8_t> buffer, unsigned max_depth, bool check_text)
      : buffer_(buffer),
        max_depth_(max_depth),
        check_text_(check_text),
        parts_left_(buffer.size() / 4),
        bytes_left_(buffer.size() * 4) {}

  // Errors: kMalformedMessage, kTooLarge.
  Result<void> run(const TableSchema& root);

 private:
  struct Vtable {
    std::size_t start = 0;
    std::size_t size = 0;
    std::size_t inline_size = 0;
  };

  bool table(std::size_t at, const TableSchema& schema, unsigned depth);
  bool field(std::size_t at, const FieldSchema& schema, const TableSchema& owner, std::size_t table_at, unsigned depth);
  bool union_value(std::size_t at, const FieldSchema& schema, const TableSchema& owner, std::size_t table_at,
                   unsigned depth);
  bool vector(std::size_t at, const FieldSchema& schema, unsigned depth);
  bool string(std::size_t at);
  bool vtable_at(std::size_t table_at, Vtable& vtable);
  // Where the field lies, or 0 where it is absent.
  std::size_t field_at(std::size_t table_at, const Vtable& vtable, const FieldSchema& schema) const;
  bool follow(std::size_t offset_at, std::size_t& target);
  bool spend(std::size_t n_bytes);
  bool fits(std::size_t at, std::size_t size) const { return at <= buffer_.size() && size <= buffer_.size() - at; }
  bool fail(const char* reason);

  template <typename T>
  T read(std::size_t at) const;

  std::span<const std::uint8_t> buffer_;
  unsigned max_depth_;
  bool check_text_;
  std::size_t parts_left_;
  std::size_t bytes_left_;
  const char* reason_ = nullptr;
};

}  // namespace inferno::protocol
