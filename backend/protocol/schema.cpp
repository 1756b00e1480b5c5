#include "protocol/schema.h"

#include <algorithm>

#include "base/check.h"
#include "worker_bfbs_generated.h"

namespace inferno::protocol {

namespace {

// "inferno.protocol.Step" → "Step"
std::string short_name(const flatbuffers::String& full) {
  const std::string name = full.str();
  return name.substr(name.rfind('.') + 1);
}

template <typename T>
const T* at_index(const std::vector<std::unique_ptr<T>>& all, std::int32_t index) {
  return index < 0 ? nullptr : all.at(static_cast<std::size_t>(index)).get();
}

bool names_an_enum(reflection::BaseType type) { return is_scalar(type) || type == reflection::Union; }

}  // namespace

bool is_scalar(reflection::BaseType type) { return type >= reflection::UType && type <= reflection::Double; }

std::size_t inline_size(reflection::BaseType type) {
  switch (type) {
    case reflection::UType:
    case reflection::Bool:
    case reflection::Byte:
    case reflection::UByte:
      return 1;
    case reflection::Short:
    case reflection::UShort:
      return 2;
    case reflection::Long:
    case reflection::ULong:
    case reflection::Double:
      return 8;
    default:
      return 4;
  }
}

const EnumValueSchema* EnumSchema::by_value(std::int64_t value) const {
  // Every enum of the schema counts up from 0, so the value is the index.
  const auto index = static_cast<std::size_t>(value);
  return value >= 0 && index < values.size() ? &values[index] : nullptr;
}

const EnumValueSchema* EnumSchema::by_name(std::string_view wanted) const {
  const auto found =
      std::find_if(values.begin(), values.end(), [&](const auto& value) { return value.name == wanted; });
  return found == values.end() ? nullptr : &*found;
}

std::string EnumSchema::list_of_names() const {
  std::string list;
  for (const auto& value : values) {
    if (value.name == "NONE") continue;
    if (!list.empty()) list += ", ";
    list += value.name;
  }
  return list;
}

const FieldSchema* TableSchema::find(std::string_view wanted) const {
  const auto found =
      std::find_if(fields.begin(), fields.end(), [&](const auto& field) { return field.name == wanted; });
  return found == fields.end() ? nullptr : &*found;
}

const Schema& Schema::get() {
  static const Schema schema;
  return schema;
}

Schema::Schema() {
  const auto& source = *reflection::GetSchema(WorkerMessageBinarySchema::data());
  for (std::size_t i = 0; i < source.objects()->size(); ++i) tables_.push_back(std::make_unique<TableSchema>());
  for (std::size_t i = 0; i < source.enums()->size(); ++i) enums_.push_back(std::make_unique<EnumSchema>());
  for (std::size_t i = 0; i < enums_.size(); ++i) fill(*enums_[i], *source.enums()->Get(static_cast<unsigned>(i)));
  for (std::size_t i = 0; i < tables_.size(); ++i) fill(*tables_[i], *source.objects()->Get(static_cast<unsigned>(i)));
  envelope_ = find("Envelope");
  worker_message_ = find("WorkerMessage");
  step_ = find("Step");
}

const TableSchema* Schema::find(const std::string& name) const {
  const auto found =
      std::find_if(tables_.begin(), tables_.end(), [&](const auto& table) { return table->name == name; });
  INFERNO_CHECK(found != tables_.end());
  return found->get();
}

std::vector<const TableSchema*> Schema::tables() const {
  std::vector<const TableSchema*> all;
  for (const auto& table : tables_) all.push_back(table.get());
  return all;
}

void Schema::fill(EnumSchema& enumeration, const reflection::Enum& source) {
  enumeration.name = short_name(*source.name());
  for (const auto* value : *source.values()) {
    INFERNO_CHECK(value->value() == static_cast<std::int64_t>(enumeration.values.size()));
    const bool is_member = value->union_type() != nullptr && value->union_type()->base_type() == reflection::Obj;
    enumeration.values.push_back({short_name(*value->name()), value->value(),
                                  is_member ? at_index(tables_, value->union_type()->index()) : nullptr});
  }
}

void Schema::fill(TableSchema& table, const reflection::Object& object) {
  INFERNO_CHECK(!object.is_struct());  // the schema has none, and no reader here for them
  table.name = short_name(*object.name());
  for (const auto* source : *object.fields()) {
    const auto& type = *source->type();
    FieldSchema field;
    field.name = source->name()->str();
    field.json_key = '"' + field.name + "\":";
    field.id = source->id();
    field.offset = source->offset();
    field.type = type.base_type();
    field.element = type.base_type() == reflection::Vector ? type.element() : reflection::None;
    const auto value_type = field.type == reflection::Vector ? field.element : field.type;
    INFERNO_CHECK(field.element != reflection::Union && field.element != reflection::Vector);
    if (names_an_enum(value_type)) field.enumeration = at_index(enums_, type.index());
    if (value_type == reflection::Obj) field.table = at_index(tables_, type.index());
    field.optional = source->optional() && is_scalar(field.type);
    field.default_integer = source->default_integer();
    field.default_real = source->default_real();
    table.fields.push_back(std::move(field));
  }
  std::sort(table.fields.begin(), table.fields.end(), [](const auto& a, const auto& b) { return a.id < b.id; });
}

}  // namespace inferno::protocol
