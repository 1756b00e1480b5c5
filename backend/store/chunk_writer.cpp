#include "store/chunk_writer.h"

#include <bit>
#include <cstring>

#include "flatbuffers/flatbuffers.h"
#include "protocol/message.h"
#include "store/field_bits.h"

namespace inferno::store {

using flatbuffers::Table;
using flatbuffers::uoffset_t;
using protocol::FieldSchema;

namespace {

// What the offset at `at` points to, or null where the field is absent.
const std::uint8_t* target_of(const Table& table, const FieldSchema& schema) {
  const std::uint8_t* at = table.GetAddressOf(schema.offset);
  return at == nullptr ? nullptr : at + flatbuffers::ReadScalar<uoffset_t>(at);
}

std::string bytes_of(const std::uint8_t* vector) {
  return {reinterpret_cast<const char*>(vector) + sizeof(uoffset_t), flatbuffers::ReadScalar<uoffset_t>(vector)};
}

}  // namespace

ChunkWriter::ChunkWriter(std::uint32_t run, std::uint32_t first_seq, Vocabulary& vocabulary)
    : vocabulary_(vocabulary),
      model_(run, first_seq),
      envelope_(make_plan(protocol::Schema::get().envelope(), "", columns_)) {}

void ChunkWriter::add(std::span<const std::uint8_t> verified_envelope) {
  table(*flatbuffers::GetRoot<Table>(verified_envelope.data()), *envelope_);
  ++n_messages_;
}

Result<Bytes> ChunkWriter::finish() const {
  if (unknown_message_) {
    return Error{ErrorCode::kUnsupportedVersion, "The run has a message that this version does not know.", ""};
  }
  return columns_.pack(n_messages_);
}

void ChunkWriter::table(const Table& table, TablePlan& plan) {
  model_.begin(plan.kind);
  bool known = false;
  if (plan.not_in_vocabulary >= 0) {
    known = learn(table, plan);
    columns_.put(plan.not_in_vocabulary, known ? 0 : 1);
  }
  for (FieldPlan& entry : plan.fields) {
    if (!(known && entry.in_vocabulary)) field(table, entry, plan);
  }
}

// Whether the vocabulary now tells text, bytes and kind of this token or candidate.
bool ChunkWriter::learn(const Table& table, const TablePlan& plan) {
  std::int32_t id = 0;
  VocabularyEntry entry;
  const std::uint8_t *text = nullptr, *bytes = nullptr;
  for (const FieldPlan& one : plan.fields) {
    const FieldSchema& schema = *one.schema;
    if (schema.name == "id") id = table.GetField<std::int32_t>(schema.offset, 0);
    if (schema.name == "text") text = target_of(table, schema);
    if (schema.name == "bytes") bytes = target_of(table, schema);
    if (schema.name == "kind") entry.kind = table.GetField<std::uint8_t>(schema.offset, 0);
  }
  if ((text == nullptr) == (bytes == nullptr)) return false;
  entry.is_text = text != nullptr;
  entry.bytes = bytes_of(entry.is_text ? text : bytes);
  if (entry.bytes.size() > kMaxVocabularyBytes) return false;
  const VocabularyEntry* known = vocabulary_.find(id);
  if (known != nullptr) return *known == entry;
  vocabulary_.learn(id, std::move(entry));
  return true;
}

void ChunkWriter::field(const Table& table, FieldPlan& plan, const TablePlan& owner) {
  const FieldSchema& schema = *plan.schema;
  if (protocol::is_scalar(schema.type)) return scalar(table, plan);
  if (schema.type == reflection::Union) return union_value(table, plan, owner);
  if (schema.type == reflection::Vector) return vector(table, plan);
  const std::uint8_t* target = target_of(table, schema);
  if (schema.type == reflection::String) return string(target, plan.length, plan.value);
  columns_.put(plan.present, target != nullptr ? 1 : 0);
  if (target != nullptr) this->table(*reinterpret_cast<const Table*>(target), *plan.table);
}

void ChunkWriter::scalar(const Table& table, const FieldPlan& plan) {
  const FieldSchema& schema = *plan.schema;
  const std::uint8_t* at = table.GetAddressOf(schema.offset);
  if (schema.optional) {
    columns_.put(plan.present, at != nullptr ? 1 : 0);
    if (at == nullptr) return;
  }
  const std::size_t size = protocol::inline_size(schema.type);
  const std::uint64_t bits = at != nullptr ? read_bits(at, size) : default_bits(schema);
  if (plan.slot == Slot::kNone) return columns_.put(plan.value, bits ^ default_bits(schema));
  columns_.put(plan.value, model_.residual(plan.slot, static_cast<std::uint32_t>(bits)));
  model_.note(plan.slot, static_cast<std::uint32_t>(bits));
}

// A length of n is written as n + 1; 0 is an absent one.
void ChunkWriter::string(const std::uint8_t* at, int length, int value) {
  if (at == nullptr) return columns_.put(length, 0);
  const auto size = flatbuffers::ReadScalar<uoffset_t>(at);
  columns_.put(length, std::uint64_t{size} + 1);
  if (size > 0) columns_.put_bytes(value, {at + sizeof(uoffset_t), size});
}

void ChunkWriter::vector(const Table& table, const FieldPlan& plan) {
  const FieldSchema& schema = *plan.schema;
  const std::uint8_t* at = target_of(table, schema);
  if (at == nullptr) return columns_.put(plan.length, 0);
  const auto count = flatbuffers::ReadScalar<uoffset_t>(at);
  columns_.put(plan.length, std::uint64_t{count} + 1);
  const std::size_t size = protocol::inline_size(schema.element);
  const std::uint8_t* element = at + sizeof(uoffset_t);
  for (uoffset_t i = 0; i < count; ++i, element += size) {
    if (protocol::is_scalar(schema.element)) {
      columns_.put(plan.value, read_bits(element, size));
      continue;
    }
    const std::uint8_t* target = element + flatbuffers::ReadScalar<uoffset_t>(element);
    if (schema.element == reflection::String) {
      string(target, plan.present, plan.value);
    } else {
      this->table(*reinterpret_cast<const Table*>(target), *plan.table);
    }
  }
}

void ChunkWriter::union_value(const Table& table, FieldPlan& plan, const TablePlan& owner) {
  const FieldSchema& schema = *plan.schema;
  const auto type = table.GetField<std::uint8_t>(owner.schema->union_type_of(schema).offset, 0);
  const std::uint8_t* target = target_of(table, schema);
  const auto* member = schema.enumeration->by_value(type);
  const bool known = type != 0 && target != nullptr && member != nullptr && member->table != nullptr;
  unknown_message_ |= !known && (type != 0 || target != nullptr);
  columns_.put(plan.present, known ? type : 0);
  if (known)
    this->table(*reinterpret_cast<const Table*>(target), member_plan(plan, owner.path, type, *member->table, columns_));
}

}  // namespace inferno::store
