#include "store/chunk_reader.h"

#include <utility>

#include "protocol/message.h"
#include "store/field_bits.h"

namespace inferno::store {

using flatbuffers::uoffset_t;
using protocol::FieldSchema;

namespace {

// All messages of a chunk together; a chunk has 256 steps, or one message.
constexpr std::uint64_t kMaxParts = 16'000'000;
constexpr std::size_t kMaxBuiltBytes = std::size_t{256} << 20;
constexpr std::uint32_t kMaxMessages = 100'000;

Error damaged() {
  return {ErrorCode::kMalformedMessage, "A part of the recording is damaged: its columns do not fit together.", ""};
}

}  // namespace

ChunkReader::ChunkReader(ColumnReader columns, std::uint32_t run, std::uint32_t first_seq, const Vocabulary& vocabulary)
    : columns_(std::move(columns)),
      vocabulary_(vocabulary),
      model_(run, first_seq),
      envelope_(make_plan(protocol::Schema::get().envelope(), "", columns_)),
      builder_(16 * 1024),
      parts_left_(kMaxParts) {}

Result<std::vector<Bytes>> ChunkReader::read(std::span<const std::uint8_t> chunk, std::uint32_t run,
                                             std::uint32_t first_seq, const Vocabulary& vocabulary) {
  auto columns = ColumnReader::unpack(chunk);
  if (!columns) return columns.error();
  const std::uint32_t n_messages = columns->n_messages();
  if (n_messages > kMaxMessages) return damaged();
  ChunkReader reader(std::move(*columns), run, first_seq, vocabulary);
  std::vector<Bytes> messages;
  std::size_t n_bytes = 0;
  for (std::uint32_t i = 0; i < n_messages; ++i) {
    messages.push_back(reader.message());
    n_bytes += messages.back().size();
    if (reader.failed_ || reader.columns_.failed()) return damaged();
    if (n_bytes > kMaxBuiltBytes) return Error{ErrorCode::kTooLarge, "A part of the recording is too large.", ""};
  }
  if (!reader.columns_.at_end()) return damaged();
  return messages;
}

Bytes ChunkReader::message() {
  builder_.Clear();
  texts_.clear();
  const uoffset_t root = table(*envelope_);
  if (failed_ || columns_.failed()) return {};
  builder_.Finish(flatbuffers::Offset<protocol::Envelope>(root), protocol::EnvelopeIdentifier());
  return protocol::release(builder_);
}

bool ChunkReader::spend(std::uint64_t n_parts) {
  if (n_parts > parts_left_ || builder_.GetSize() > protocol::kMaxFrameBytes) failed_ = true;
  parts_left_ -= failed_ ? 0 : n_parts;
  return !failed_ && !columns_.failed();
}

uoffset_t ChunkReader::table(TablePlan& plan) {
  model_.begin(plan.kind);
  std::vector<Value> values(plan.fields.size());
  const bool known = plan.not_in_vocabulary >= 0 && columns_.take(plan.not_in_vocabulary) == 0;
  std::int32_t id = 0;
  std::uint8_t union_type = 0;
  for (std::size_t i = 0; i < plan.fields.size(); ++i) {
    FieldPlan& entry = plan.fields[i];
    if (!spend(1)) return 0;
    values[i] = known && entry.in_vocabulary ? from_vocabulary(*entry.schema, id) : field(entry, plan);
    if (entry.slot == Slot::kTokenId || entry.slot == Slot::kCandidateId)
      id = static_cast<std::int32_t>(values[i].bits);
    if (entry.schema->type == reflection::Union) union_type = union_type_;
  }
  if (failed_ || columns_.failed()) return 0;
  const uoffset_t start = builder_.StartTable();
  for (const std::size_t i : plan.by_size) {
    const FieldSchema& schema = *plan.fields[i].schema;
    if (!values[i].present) continue;
    add(schema, values[i]);
    if (schema.type == reflection::Union) builder_.AddElement(plan.schema->union_type_of(schema).offset, union_type);
  }
  return builder_.EndTable(start);
}

ChunkReader::Value ChunkReader::from_vocabulary(const FieldSchema& field, std::int32_t id) {
  const VocabularyEntry* entry = vocabulary_.find(id);
  if (entry == nullptr) {
    failed_ = true;
    return {};
  }
  if (field.name == "kind") return {entry->kind != default_bits(field), entry->kind};
  if (entry->is_text != (field.name == "text")) return {};
  const auto [found, is_new] = texts_.try_emplace(id, 0);
  if (is_new) {
    found->second =
        entry->is_text
            ? builder_.CreateString(entry->bytes).o
            : builder_.CreateVector(reinterpret_cast<const std::uint8_t*>(entry->bytes.data()), entry->bytes.size()).o;
  }
  return {true, found->second};
}

ChunkReader::Value ChunkReader::field(FieldPlan& plan, const TablePlan& owner) {
  const FieldSchema& schema = *plan.schema;
  if (protocol::is_scalar(schema.type)) return scalar(plan);
  if (schema.type == reflection::Union) return union_value(plan, owner);
  if (schema.type == reflection::Vector) return vector(plan);
  if (schema.type == reflection::String) return string(plan.length, plan.value);
  if (columns_.take(plan.present) == 0) return {};
  return {true, table(*plan.table)};
}

ChunkReader::Value ChunkReader::scalar(const FieldPlan& plan) {
  const FieldSchema& schema = *plan.schema;
  if (schema.optional && columns_.take(plan.present) == 0) return {};
  std::uint64_t bits = columns_.take(plan.value);
  if (plan.slot == Slot::kNone) {
    bits ^= default_bits(schema);
  } else {
    bits = model_.value(plan.slot, static_cast<std::uint32_t>(bits));
    model_.note(plan.slot, static_cast<std::uint32_t>(bits));
  }
  return {schema.optional || bits != default_bits(schema), bits};
}

ChunkReader::Value ChunkReader::string(int length, int value) {
  const std::uint64_t n = columns_.take(length);
  if (n == 0) return {};
  const auto bytes = columns_.take_bytes(value, n - 1);
  if (!spend(1)) return {};
  return {true, builder_.CreateString(reinterpret_cast<const char*>(bytes.data()), bytes.size()).o};
}

ChunkReader::Value ChunkReader::vector(const FieldPlan& plan) {
  const FieldSchema& schema = *plan.schema;
  const std::uint64_t n = columns_.take(plan.length);
  if (n == 0) return {};
  const auto count = static_cast<std::uint32_t>(n - 1);
  if (!spend(count)) return {};
  if (protocol::is_scalar(schema.element)) return {true, scalars(plan, count)};
  std::vector<flatbuffers::Offset<void>> offsets;
  for (std::uint32_t i = 0; i < count; ++i) {
    const Value element =
        schema.element == reflection::String ? string(plan.present, plan.value) : Value{true, table(*plan.table)};
    if (!element.present) failed_ = true;
    if (failed_ || columns_.failed()) return {};
    offsets.emplace_back(static_cast<uoffset_t>(element.bits));
  }
  return {true, builder_.CreateVector(offsets).o};
}

uoffset_t ChunkReader::scalars(const FieldPlan& plan, std::uint32_t count) {
  const std::size_t size = protocol::inline_size(plan.schema->element);
  std::vector<std::uint8_t> elements;
  for (std::uint32_t i = 0; i < count && !columns_.failed(); ++i) {
    const std::uint64_t bits = columns_.take(plan.value);
    for (std::size_t k = 0; k < size; ++k) elements.push_back(static_cast<std::uint8_t>(bits >> (8 * k)));
  }
  if (columns_.failed()) return 0;
  std::uint8_t* into = nullptr;
  const uoffset_t offset = builder_.CreateUninitializedVector(count, size, &into);
  std::copy(elements.begin(), elements.end(), into);
  return offset;
}

ChunkReader::Value ChunkReader::union_value(FieldPlan& plan, const TablePlan& owner) {
  const auto type = static_cast<std::uint8_t>(columns_.take(plan.present));
  union_type_ = type;
  if (type == 0) return {};
  const auto* member = plan.schema->enumeration->by_value(type);
  if (member == nullptr || member->table == nullptr) {
    failed_ = true;
    return {};
  }
  const uoffset_t at = table(member_plan(plan, owner.path, type, *member->table, columns_));
  union_type_ = type;
  return {true, at};
}

void ChunkReader::add(const FieldSchema& field, const Value& value) {
  const auto bits = value.bits;
  if (!protocol::is_scalar(field.type))
    return builder_.AddOffset(field.offset, flatbuffers::Offset<void>(static_cast<uoffset_t>(bits)));
  switch (protocol::inline_size(field.type)) {
    case 1:
      return builder_.AddElement(field.offset, static_cast<std::uint8_t>(bits));
    case 2:
      return builder_.AddElement(field.offset, static_cast<std::uint16_t>(bits));
    case 4:
      return builder_.AddElement(field.offset, static_cast<std::uint32_t>(bits));
    default:
      return builder_.AddElement(field.offset, bits);
  }
}

}  // namespace inferno::store
