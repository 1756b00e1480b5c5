#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"

namespace inferno::store {

using Bytes = std::vector<std::uint8_t>;

// Which column of a chunk: the field ids that lead to a value, and a role. Columns of
// one chunk are ordered by it.
using ColumnKey = std::string;

// The columns of a chunk: named streams of whole numbers of 1, 2, 4 or 8 bytes each.
// Packed, the first bytes of all numbers of a column lie together, then the second
// bytes and so on, and each such plane is compressed by itself; a column of zeros is
// left out. docs/recording-format.md has it to the byte. Owned by one thread.
class ColumnWriter {
 public:
  // The number of the column, to put() by; made on first use.
  int column(const ColumnKey& key, std::size_t width);
  void put(int column, std::uint64_t value);
  void put_bytes(int column, std::span<const std::uint8_t> bytes);  // of a column of width 1

  // `n_messages` goes into the head. Error: kTooLarge.
  Result<Bytes> pack(std::uint32_t n_messages) const;

 private:
  struct Column {
    std::size_t width = 1;
    Bytes bytes;  // numbers one after the other, lowest byte first
    bool any = false;
  };
  std::map<ColumnKey, int> numbers_;
  std::vector<Column> columns_;
};

// Reads what ColumnWriter packed, from anywhere: sizes are bounded before anything is
// unpacked. A column that is not there reads as zeros for ever; one that ends too early,
// or has more than was read, is a fault of the chunk.
class ColumnReader {
 public:
  // Errors: kMalformedMessage, kUnsupportedVersion, kTooLarge.
  static Result<ColumnReader> unpack(std::span<const std::uint8_t> packed);

  std::uint32_t n_messages() const { return n_messages_; }
  int column(const ColumnKey& key, std::size_t width);
  std::uint64_t take(int column);
  std::span<const std::uint8_t> take_bytes(int column, std::size_t n_bytes);
  bool failed() const { return failed_; }
  bool at_end() const;  // everything was read

 private:
  struct Column {
    std::size_t width = 1;
    Bytes bytes;
    std::size_t at = 0;
    bool missing = false;
  };
  std::uint32_t n_messages_ = 0;
  std::map<ColumnKey, int> numbers_;
  std::vector<Column> columns_;
  bool failed_ = false;
};

}  // namespace inferno::store
