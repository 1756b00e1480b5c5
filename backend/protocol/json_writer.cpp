#include <charconv>
#include <cmath>
#include <cstring>

#include "base/utf8.h"
#include "protocol/json.h"
#include "protocol/schema.h"

namespace inferno::protocol {

namespace {

using flatbuffers::Table;
using flatbuffers::uoffset_t;

// Characters that JSON does not take as they are.
bool needs_escape(unsigned char c) { return c < 0x20 || c == '"' || c == '\\' || c >= 0x7F; }

// Prints verified tables after the schema, field by field.
class JsonWriter {
 public:
  explicit JsonWriter(std::string& out) : out_(out) {}

  void table(const Table& table, const TableSchema& schema) {
    out_ += '{';
    bool first = true;
    for (const auto& entry : schema.fields) {
      const std::size_t before = out_.size();
      if (!first) out_ += ',';
      out_ += entry.json_key;
      if (field(table, entry, schema)) {
        first = false;
      } else {
        out_.resize(before);  // absent, or nothing that JSON can say
      }
    }
    out_ += '}';
  }

 private:
  bool field(const Table& table, const FieldSchema& schema, const TableSchema& owner) {
    const std::uint8_t* at = table.GetAddressOf(schema.offset);
    if (is_scalar(schema.type)) {
      if (at != nullptr) return scalar(at, schema.type, schema.enumeration);
      return !schema.optional && default_scalar(schema);
    }
    if (at == nullptr) return false;
    const std::uint8_t* target = at + flatbuffers::ReadScalar<uoffset_t>(at);
    switch (schema.type) {
      case reflection::String:
        string(*reinterpret_cast<const flatbuffers::String*>(target));
        return true;
      case reflection::Vector:
        vector(target, schema);
        return true;
      case reflection::Union:
        return union_value(table, target, schema, owner);
      default:
        this->table(*reinterpret_cast<const Table*>(target), *schema.table);
        return true;
    }
  }

  bool union_value(const Table& owner_table, const std::uint8_t* target, const FieldSchema& schema,
                   const TableSchema& owner) {
    const auto type = owner_table.GetField<std::uint8_t>(owner.union_type_of(schema).offset, 0);
    const auto* member = schema.enumeration->by_value(type);
    if (member == nullptr || member->table == nullptr) return false;
    table(*reinterpret_cast<const Table*>(target), *member->table);
    return true;
  }

  bool default_scalar(const FieldSchema& schema) {
    if (schema.type == reflection::Float || schema.type == reflection::Double) return number(schema.default_real);
    if (schema.type == reflection::Bool) return boolean(schema.default_integer != 0);
    return integer(schema.default_integer, schema.enumeration);
  }

  bool scalar(const std::uint8_t* at, reflection::BaseType type, const EnumSchema* enumeration) {
    using flatbuffers::ReadScalar;
    switch (type) {
      case reflection::Bool:
        return boolean(ReadScalar<std::uint8_t>(at) != 0);
      case reflection::UType:
      case reflection::UByte:
        return integer(ReadScalar<std::uint8_t>(at), enumeration);
      case reflection::Byte:
        return integer(ReadScalar<std::int8_t>(at), enumeration);
      case reflection::Short:
        return integer(ReadScalar<std::int16_t>(at), enumeration);
      case reflection::UShort:
        return integer(ReadScalar<std::uint16_t>(at), enumeration);
      case reflection::Int:
        return integer(ReadScalar<std::int32_t>(at), enumeration);
      case reflection::UInt:
        return integer(ReadScalar<std::uint32_t>(at), enumeration);
      case reflection::Long:
        return integer(ReadScalar<std::int64_t>(at), enumeration);
      case reflection::ULong:
        return digits(ReadScalar<std::uint64_t>(at));
      case reflection::Float:
        return number(ReadScalar<float>(at));
      default:
        return number(ReadScalar<double>(at));
    }
  }

  bool boolean(bool value) {
    out_ += value ? "true" : "false";
    return true;
  }

  bool integer(std::int64_t value, const EnumSchema* enumeration) {
    const auto* named = enumeration == nullptr ? nullptr : enumeration->by_value(value);
    if (named == nullptr) return digits(value);
    out_ += '"';
    out_ += named->name;
    out_ += '"';
    return true;
  }

  template <typename T>
  bool number(T value) {
    return std::isfinite(value) && digits(value);
  }

  template <typename T>
  bool digits(T value) {
    char text[32];
    const auto end = std::to_chars(text, text + sizeof(text), value).ptr;
    out_.append(text, static_cast<std::size_t>(end - text));
    return true;
  }

  void vector(const std::uint8_t* at, const FieldSchema& schema) {
    const auto count = flatbuffers::ReadScalar<uoffset_t>(at);
    const std::size_t size = inline_size(schema.element);
    const std::uint8_t* element = at + sizeof(uoffset_t);
    out_ += '[';
    for (uoffset_t i = 0; i < count; ++i, element += size) {
      if (i > 0) out_ += ',';
      if (is_scalar(schema.element)) {
        if (!scalar(element, schema.element, schema.enumeration)) out_ += "null";
        continue;
      }
      const std::uint8_t* target = element + flatbuffers::ReadScalar<uoffset_t>(element);
      if (schema.element == reflection::String) {
        string(*reinterpret_cast<const flatbuffers::String*>(target));
      } else {
        table(*reinterpret_cast<const Table*>(target), *schema.table);
      }
    }
    out_ += ']';
  }

  void string(const flatbuffers::String& value) {
    std::string_view rest(value.c_str(), value.size());
    out_ += '"';
    while (!rest.empty()) {
      std::size_t plain = 0;
      while (plain < rest.size() && !needs_escape(static_cast<unsigned char>(rest[plain]))) ++plain;
      out_.append(rest.substr(0, plain));
      rest.remove_prefix(plain);
      if (!rest.empty()) rest.remove_prefix(special(rest));
    }
    out_ += '"';
  }

  // Writes the character that `rest` begins with; gives the bytes it took.
  std::size_t special(std::string_view rest) {
    const auto c = static_cast<unsigned char>(rest.front());
    if (c < 0x20 || c == 0x7F) return control(c);
    if (c < 0x80) {
      out_ += '\\';
      out_ += rest.front();
      return 1;
    }
    const std::size_t length = utf8_length(rest);
    if (length == 0) {
      out_ += "\\ufffd";
      return 1;
    }
    out_.append(rest.substr(0, length));
    return length;
  }

  std::size_t control(unsigned char c) {
    constexpr char kHex[] = "0123456789abcdef";
    switch (c) {
      case '\n':
        out_ += "\\n";
        break;
      case '\t':
        out_ += "\\t";
        break;
      case '\r':
        out_ += "\\r";
        break;
      default:
        out_ += "\\u00";
        out_ += kHex[c >> 4];
        out_ += kHex[c & 15];
    }
    return 1;
  }

  std::string& out_;
};

const Table& root_table(std::span<const std::uint8_t> buffer) { return *flatbuffers::GetRoot<Table>(buffer.data()); }

}  // namespace

void append_json(std::span<const std::uint8_t> verified_envelope, std::string& out) {
  JsonWriter(out).table(root_table(verified_envelope), Schema::get().envelope());
}

std::string to_json(std::span<const std::uint8_t> verified_envelope) {
  std::string out;
  append_json(verified_envelope, out);
  return out;
}

std::string worker_to_json(std::span<const std::uint8_t> verified_worker_message) {
  std::string out;
  JsonWriter(out).table(root_table(verified_worker_message), Schema::get().worker_message());
  return out;
}

void append_json(const Step& step, std::string& out) {
  JsonWriter(out).table(reinterpret_cast<const Table&>(step), Schema::get().step());
}

}  // namespace inferno::protocol
