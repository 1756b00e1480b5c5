#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>

#include "protocol/schema.h"

namespace inferno::store {

// Longer tokens keep their text where they stand.
inline constexpr std::size_t kMaxVocabularyBytes = 4096;

// A scalar of `size` bytes in a FlatBuffer, as its bit pattern.
inline std::uint64_t read_bits(const std::uint8_t* at, std::size_t size) {
  std::uint64_t bits = 0;
  for (std::size_t i = 0; i < size; ++i) bits |= std::uint64_t{at[i]} << (8 * i);
  return bits;
}

// The bit pattern of the value that an absent field has; 0 for an optional one.
inline std::uint64_t default_bits(const protocol::FieldSchema& schema) {
  if (schema.optional) return 0;
  if (schema.type == reflection::Float) return std::bit_cast<std::uint32_t>(static_cast<float>(schema.default_real));
  if (schema.type == reflection::Double) return std::bit_cast<std::uint64_t>(schema.default_real);
  const std::size_t size = protocol::inline_size(schema.type);
  const auto bits = static_cast<std::uint64_t>(schema.default_integer);
  return size == 8 ? bits : bits & ((std::uint64_t{1} << (8 * size)) - 1);
}

}  // namespace inferno::store
