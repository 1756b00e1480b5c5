#include "protocol/structure_check.h"

#include <cstring>
#include <string>
#include <string_view>

#include "base/utf8.h"
#include "flatbuffers/flatbuffers.h"

namespace inferno::protocol {

template <typename T>
T StructureCheck::read(std::size_t at) const {
  T value;
  std::memcpy(&value, buffer_.data() + at, sizeof(T));
  return flatbuffers::EndianScalar(value);
}

bool StructureCheck::fail(const char* reason) {
  if (reason_ == nullptr) reason_ = reason;
  return false;
}

Result<void> StructureCheck::run(const TableSchema& root) {
  std::size_t at = 0;
  if (follow(0, at) && table(at, root, 1)) return {};
  return inferno::Error{inferno::ErrorCode::kMalformedMessage,
                        std::string("The message is not a sound FlatBuffer: ") + reason_ + ".",
                        "Encode it with a FlatBuffers library from the published schema."};
}

// Offsets are unsigned and relative to themselves.
bool StructureCheck::follow(std::size_t offset_at, std::size_t& target) {
  if (!fits(offset_at, 4)) return fail("it is cut off");
  if (parts_left_ == 0) return fail("a part of it is used more than once");
  --parts_left_;
  const auto offset = read<std::uint32_t>(offset_at);
  target = offset_at + offset;
  if (offset < 4 || target % 4 != 0 || !fits(target, 4)) return fail("an offset points outside");
  return true;
}

bool StructureCheck::spend(std::size_t n_bytes) {
  if (n_bytes > bytes_left_) return fail("a part of it is used more than once");
  bytes_left_ -= n_bytes;
  return true;
}

bool StructureCheck::vtable_at(std::size_t table_at, Vtable& vtable) {
  const auto back = static_cast<std::int64_t>(read<std::int32_t>(table_at));
  const auto start = static_cast<std::int64_t>(table_at) - back;
  if (start < 0 || start % 2 != 0 || !fits(static_cast<std::size_t>(start), 4)) return fail("a table has no layout");
  vtable.start = static_cast<std::size_t>(start);
  vtable.size = read<std::uint16_t>(vtable.start);
  vtable.inline_size = read<std::uint16_t>(vtable.start + 2);
  if (vtable.size < 4 || vtable.size % 2 != 0 || !fits(vtable.start, vtable.size) ||
      !fits(table_at, vtable.inline_size)) {
    return fail("a table's layout is cut off");
  }
  return true;
}

std::size_t StructureCheck::field_at(std::size_t table_at, const Vtable& vtable, const FieldSchema& schema) const {
  if (schema.offset + 2u > vtable.size) return 0;
  const auto offset = read<std::uint16_t>(vtable.start + schema.offset);
  return offset == 0 ? 0 : table_at + offset;
}

bool StructureCheck::table(std::size_t at, const TableSchema& schema, unsigned depth) {
  if (depth > max_depth_) return fail("it is nested too deeply");
  Vtable vtable;
  if (!vtable_at(at, vtable)) return false;
  for (const auto& entry : schema.fields) {
    const std::size_t position = field_at(at, vtable, entry);
    if (position == 0) continue;
    const std::size_t size = inline_size(entry.type);
    if (!fits(position, size) || position % size != 0) return fail("a field lies outside of its table");
    if (!is_scalar(entry.type) && !field(position, entry, schema, at, depth)) return false;
  }
  return true;
}

bool StructureCheck::field(std::size_t at, const FieldSchema& schema, const TableSchema& owner, std::size_t table_at,
                           unsigned depth) {
  if (schema.type == reflection::Union) return union_value(at, schema, owner, table_at, depth);
  std::size_t target = 0;
  if (!follow(at, target)) return false;
  if (schema.type == reflection::String) return string(target);
  if (schema.type == reflection::Vector) return vector(target, schema, depth);
  return table(target, *schema.table, depth + 1);
}

bool StructureCheck::union_value(std::size_t at, const FieldSchema& schema, const TableSchema& owner,
                                 std::size_t table_at, unsigned depth) {
  Vtable vtable;
  if (!vtable_at(table_at, vtable)) return false;
  const std::size_t type_at = field_at(table_at, vtable, owner.union_type_of(schema));
  if (type_at == 0) return fail("it has a body, but not of which type");
  std::size_t target = 0;
  if (!follow(at, target)) return false;
  const auto* member = schema.enumeration->by_value(read<std::uint8_t>(type_at));
  // A type of a newer version: nobody here will look at it.
  return member == nullptr || member->table == nullptr || table(target, *member->table, depth + 1);
}

bool StructureCheck::vector(std::size_t at, const FieldSchema& schema, unsigned depth) {
  const std::size_t count = read<std::uint32_t>(at);
  const std::size_t size = inline_size(schema.element);
  if (count > buffer_.size() / size || !fits(at + 4, count * size)) return fail("a vector is cut off");
  if (!spend(count * size)) return false;
  if (is_scalar(schema.element)) return true;
  for (std::size_t i = 0; i < count; ++i) {
    std::size_t target = 0;
    if (!follow(at + 4 + i * 4, target)) return false;
    const bool sound = schema.element == reflection::String ? string(target) : table(target, *schema.table, depth + 1);
    if (!sound) return false;
  }
  return true;
}

bool StructureCheck::string(std::size_t at) {
  const std::size_t length = read<std::uint32_t>(at);
  if (!fits(at + 4, length + 1) || buffer_[at + 4 + length] != 0) return fail("a string is cut off");
  if (!spend(length)) return false;
  if (!check_text_) return true;
  const std::string_view text(reinterpret_cast<const char*>(buffer_.data()) + at + 4, length);
  return is_utf8(text) || fail("a text is not valid UTF-8");
}

}  // namespace inferno::protocol
