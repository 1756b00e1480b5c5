#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "flatbuffers/reflection_generated.h"

namespace inferno::protocol {

struct TableSchema;

struct EnumValueSchema {
  std::string name;
  std::int64_t value = 0;
  const TableSchema* table = nullptr;  // of a union's member; null for NONE
};

struct EnumSchema {
  std::string name;
  std::vector<EnumValueSchema> values;

  const EnumValueSchema* by_value(std::int64_t value) const;
  const EnumValueSchema* by_name(std::string_view name) const;
  std::string list_of_names() const;  // "A, B, C"
};

struct FieldSchema {
  std::string name;
  std::string json_key;  // `"name":`
  std::uint16_t id = 0;
  std::uint16_t offset = 0;  // in the vtable
  reflection::BaseType type = reflection::None;
  reflection::BaseType element = reflection::None;  // of a vector
  const EnumSchema* enumeration = nullptr;          // of the value, the vector's elements or the union
  const TableSchema* table = nullptr;               // of the value or the vector's elements
  bool optional = false;                            // a scalar without a default
  std::int64_t default_integer = 0;
  double default_real = 0;
};

struct TableSchema {
  std::string name;
  std::vector<FieldSchema> fields;  // by id

  const FieldSchema* find(std::string_view name) const;
  // The field that names the type of the union `field`.
  const FieldSchema& union_type_of(const FieldSchema& field) const { return fields[field.id - 1u]; }
};

// The two schema files as data, from the binary schema compiled into the program.
// Made on first use, constant from then on: any thread may read it.
class Schema {
 public:
  static const Schema& get();

  const TableSchema& envelope() const { return *envelope_; }
  const TableSchema& worker_message() const { return *worker_message_; }
  const TableSchema& step() const { return *step_; }
  std::vector<const TableSchema*> tables() const;

 private:
  Schema();
  const TableSchema* find(const std::string& name) const;
  void fill(TableSchema& table, const reflection::Object& object);
  void fill(EnumSchema& enumeration, const reflection::Enum& source);

  std::vector<std::unique_ptr<TableSchema>> tables_;  // in the order of the binary schema
  std::vector<std::unique_ptr<EnumSchema>> enums_;
  const TableSchema* envelope_ = nullptr;
  const TableSchema* worker_message_ = nullptr;
  const TableSchema* step_ = nullptr;
};

// Bytes of a scalar in a buffer; 4 (an offset) for everything else.
std::size_t inline_size(reflection::BaseType type);
bool is_scalar(reflection::BaseType type);

}  // namespace inferno::protocol
