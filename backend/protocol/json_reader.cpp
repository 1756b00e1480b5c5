#include <fmt/format.h>

#include <charconv>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <optional>

#include "protocol/json.h"
#include "protocol/json_scanner.h"
#include "protocol/schema.h"

namespace inferno::protocol {

namespace {

using flatbuffers::uoffset_t;

constexpr std::size_t kQuotedBytes = 60;  // of what was found, in a message

// Builds the buffer that a JSON text describes, children first. One use each.
class JsonReader {
 public:
  JsonReader(std::string_view text, std::uint32_t* request) : scan_(text), request_(request), builder_(1024) {
    // Looking for an equal layout takes time in the number of layouts, which a text
    // from outside could make large.
    builder_.DedupVtables(false);
  }

  Result<Bytes> read(const TableSchema& root, const char* identifier) {
    uoffset_t at = 0;
    if (!table(root, at) || !at_end()) return error();
    builder_.Finish(flatbuffers::Offset<void>(at), identifier);
    return release(builder_);
  }

 private:
  // A field that was read: a scalar by its bits, everything else by its offset.
  struct Field {
    const FieldSchema* schema;
    std::uint64_t bits;
  };

  bool at_end() { return scan_.at_end() || scan_.fail("something follows after the message"); }

  // The place of an error is spelled out on the way back up.
  bool in_field(const std::string& name) {
    path_ = name + (path_.empty() || path_.front() == '[' ? "" : ".") + path_;
    return false;
  }
  bool in_element(std::size_t index) { return in_field(fmt::format("[{}]", index)); }

  bool fail(std::string problem, inferno::ErrorCode code = inferno::ErrorCode::kMalformedMessage) {
    code_ = code;
    return scan_.fail(std::move(problem));
  }

  inferno::Error error() const {
    return {code_,
            fmt::format("The message could not be read: {}{}{}, at character {}.", path_, path_.empty() ? "" : ": ",
                        scan_.problem(), scan_.position() + 1),
            "The messages and their fields are described in docs/protocol.md."};
  }

  bool table(const TableSchema& schema, uoffset_t& out) {
    if (++depth_ > kMaxDepth) return fail("it is nested too deeply");
    std::vector<Field> fields;
    std::optional<std::size_t> union_at;
    if (!members(schema, fields, union_at)) return false;
    if (union_at && !late_union(schema, *union_at, fields)) return false;
    const auto start = builder_.StartTable();
    for (const auto& entry : fields) add(entry);
    out = builder_.EndTable(start);
    --depth_;
    return true;
  }

  bool members(const TableSchema& schema, std::vector<Field>& fields, std::optional<std::size_t>& union_at) {
    if (scan_.peek() != '{') return fail(fmt::format("an object is wanted ({})", schema.name));
    scan_.take('{');
    if (scan_.take_if('}')) return true;
    do {
      std::string key;
      if (!scan_.string(key) || !scan_.take(':')) return false;
      const FieldSchema* field = schema.find(key);
      if (field == nullptr) return fail(unknown_field(key, schema));
      if (is_null()) continue;
      for (const auto& earlier : fields) {
        if (earlier.schema == field) return fail(fmt::format("the field '{}' is given twice", key));
      }
      if (field->type == reflection::Union) {
        // Its type may come later: remember the place.
        if (union_at) return fail(fmt::format("the field '{}' is given twice", key));
        scan_.peek();
        union_at = scan_.position();
        if (!scan_.skip_value(kMaxDepth)) return in_field(key);
        continue;
      }
      Field value{field, 0};
      if (!this->value(*field, value.bits)) return in_field(key);
      if (request_ != nullptr && depth_ == 1 && key == "request") *request_ = static_cast<std::uint32_t>(value.bits);
      fields.push_back(value);
    } while (scan_.take_if(','));
    return scan_.take('}');
  }

  bool late_union(const TableSchema& schema, std::size_t position, std::vector<Field>& fields) {
    const FieldSchema* body = nullptr;
    for (const auto& field : schema.fields) {
      if (field.type == reflection::Union) body = &field;
    }
    const FieldSchema& type = schema.union_type_of(*body);
    const EnumValueSchema* member = nullptr;
    for (const auto& field : fields) {
      if (field.schema == &type) member = body->enumeration->by_value(static_cast<std::int64_t>(field.bits));
    }
    if (member == nullptr || member->table == nullptr) {
      return fail(fmt::format("'{}' must say which message it is: {}", type.name, body->enumeration->list_of_names()));
    }
    const std::size_t end = scan_.position();
    scan_.return_to(position);
    uoffset_t at = 0;
    if (!table(*member->table, at)) return in_field(body->name);
    scan_.return_to(end);
    fields.push_back({body, at});
    return true;
  }

  static std::string unknown_field(const std::string& key, const TableSchema& schema) {
    std::string known;
    for (const auto& field : schema.fields) known += (known.empty() ? "" : ", ") + field.name;
    return fmt::format("{} has no field '{}'; it has {}", schema.name, key.substr(0, kQuotedBytes),
                       known.empty() ? "none" : known);
  }

  bool is_null() {
    std::string_view word;
    return scan_.peek() == 'n' && scan_.word(word);
  }

  bool value(const FieldSchema& schema, std::uint64_t& bits) {
    uoffset_t at = 0;
    switch (schema.type) {
      case reflection::String:
        if (!string(at)) return false;
        break;
      case reflection::Vector:
        if (!vector(schema, at)) return false;
        break;
      case reflection::Obj:
        if (!table(*schema.table, at)) return false;
        break;
      default:
        return scalar(schema.type, schema.enumeration, bits);
    }
    bits = at;
    return true;
  }

  bool string(uoffset_t& at) {
    if (scan_.peek() != '"') return fail("a string is wanted");
    if (!scan_.string(text_)) return false;
    at = builder_.CreateString(text_).o;
    return true;
  }

  bool vector(const FieldSchema& schema, uoffset_t& at) {
    if (scan_.peek() != '[') return fail("a list is wanted");
    scan_.take('[');
    std::vector<std::uint64_t> elements;
    FieldSchema element = schema;
    element.type = schema.element;
    if (!scan_.take_if(']')) {
      do {
        std::uint64_t bits = 0;
        if (!value(element, bits)) return in_element(elements.size());
        elements.push_back(bits);
      } while (scan_.take_if(','));
      if (!scan_.take(']')) return false;
    }
    at = write_vector(elements, schema.element);
    return true;
  }

  uoffset_t write_vector(const std::vector<std::uint64_t>& elements, reflection::BaseType type) {
    const std::size_t size = inline_size(type);
    builder_.StartVector(elements.size(), size);
    for (auto it = elements.rbegin(); it != elements.rend(); ++it) {
      if (!is_scalar(type)) {
        builder_.PushElement(flatbuffers::Offset<void>(static_cast<uoffset_t>(*it)));
      } else if (size == 1) {
        builder_.PushElement(static_cast<std::uint8_t>(*it));
      } else if (size == 2) {
        builder_.PushElement(static_cast<std::uint16_t>(*it));
      } else if (size == 4) {
        builder_.PushElement(static_cast<std::uint32_t>(*it));
      } else {
        builder_.PushElement(*it);
      }
    }
    return builder_.EndVector(elements.size());
  }

  // Everything that was given is written, also where it equals the default: that is
  // what keeps an optional 0 apart from an absent one.
  void add(const Field& field) {
    const auto offset = field.schema->offset;
    if (!is_scalar(field.schema->type)) {
      return builder_.AddOffset(offset, flatbuffers::Offset<void>(static_cast<uoffset_t>(field.bits)));
    }
    switch (inline_size(field.schema->type)) {
      case 1:
        return builder_.AddElement(offset, static_cast<std::uint8_t>(field.bits));
      case 2:
        return builder_.AddElement(offset, static_cast<std::uint16_t>(field.bits));
      case 4:
        return builder_.AddElement(offset, static_cast<std::uint32_t>(field.bits));
      default:
        return builder_.AddElement(offset, field.bits);
    }
  }

  bool scalar(reflection::BaseType type, const EnumSchema* enumeration, std::uint64_t& bits) {
    if (enumeration != nullptr && scan_.peek() == '"') return enum_name(*enumeration, bits);
    if (type == reflection::Bool) return boolean(bits);
    const char next = scan_.peek();
    if (next != '-' && (next < '0' || next > '9')) {
      return fail(enumeration == nullptr ? "a number is wanted"
                                         : "one of these is wanted: " + enumeration->list_of_names());
    }
    std::string_view text;
    if (!scan_.number(text)) return false;
    if (enumeration != nullptr) return enum_number(*enumeration, text, bits);
    switch (type) {
      case reflection::Float:
        return real<float, std::uint32_t>(text, bits);
      case reflection::Double:
        return real<double, std::uint64_t>(text, bits);
      case reflection::UByte:
        return whole<std::uint8_t>(text, bits);
      case reflection::Byte:
        return whole<std::int8_t>(text, bits);
      case reflection::UShort:
        return whole<std::uint16_t>(text, bits);
      case reflection::Short:
        return whole<std::int16_t>(text, bits);
      case reflection::UInt:
        return whole<std::uint32_t>(text, bits);
      case reflection::Int:
        return whole<std::int32_t>(text, bits);
      case reflection::ULong:
        return whole<std::uint64_t>(text, bits);
      default:
        return whole<std::int64_t>(text, bits);
    }
  }

  bool boolean(std::uint64_t& bits) {
    std::string_view word;
    const char next = scan_.peek();
    if (next != 't' && next != 'f') return fail("true or false is wanted");
    if (!scan_.word(word)) return false;
    bits = word == "true" ? 1 : 0;
    return true;
  }

  bool no_such_value(const EnumSchema& enumeration, std::string_view given) {
    auto code = inferno::ErrorCode::kMalformedMessage;
    if (enumeration.name == "StageKind") code = inferno::ErrorCode::kUnknownSampler;
    if (enumeration.name == "Body" || enumeration.name == "WorkerBody") code = inferno::ErrorCode::kUnknownMessage;
    return fail(fmt::format("'{}' is no {}; known are {}", given.substr(0, kQuotedBytes), enumeration.name,
                            enumeration.list_of_names()),
                code);
  }

  bool enum_name(const EnumSchema& enumeration, std::uint64_t& bits) {
    if (!scan_.string(text_)) return false;
    const auto* value = enumeration.by_name(text_);
    if (value == nullptr) return no_such_value(enumeration, text_);
    bits = static_cast<std::uint64_t>(value->value);
    return true;
  }

  bool enum_number(const EnumSchema& enumeration, std::string_view text, std::uint64_t& bits) {
    if (!whole<std::uint8_t>(text, bits)) return false;
    return enumeration.by_value(static_cast<std::int64_t>(bits)) != nullptr || no_such_value(enumeration, text);
  }

  template <typename T>
  bool whole(std::string_view text, std::uint64_t& bits) {
    T value{};
    const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (problem != std::errc() || end != text.data() + text.size()) {
      return fail(fmt::format("{} is not a whole number from {} to {}", text.substr(0, kQuotedBytes),
                              +std::numeric_limits<T>::min(), +std::numeric_limits<T>::max()));
    }
    bits = static_cast<std::uint64_t>(static_cast<std::int64_t>(value));
    return true;
  }

  template <typename T, typename Bits>
  bool real(std::string_view text, std::uint64_t& bits) {
    T value{};
    const auto problem = std::from_chars(text.data(), text.data() + text.size(), value).ec;
    // Too small to tell from zero is zero; from_chars leaves both cases to us.
    const bool too_small = problem == std::errc::result_out_of_range && std::abs(wide(text)) < 1;
    if (problem != std::errc() && !too_small)
      return fail(fmt::format("{} is too large a number", text.substr(0, kQuotedBytes)));
    Bits raw;
    std::memcpy(&raw, &value, sizeof(raw));
    bits = raw;
    return true;
  }

  static double wide(std::string_view text) { return std::strtod(std::string(text).c_str(), nullptr); }

  JsonScanner scan_;
  std::uint32_t* request_;
  flatbuffers::FlatBufferBuilder builder_;
  std::string text_;
  std::string path_;
  unsigned depth_ = 0;
  inferno::ErrorCode code_ = inferno::ErrorCode::kMalformedMessage;
};

}  // namespace

Result<Bytes> envelope_from_json(std::string_view json, std::size_t max_bytes, std::uint32_t* request) {
  if (request != nullptr) *request = 0;
  if (json.size() > max_bytes) {
    return inferno::Error{inferno::ErrorCode::kTooLarge,
                          fmt::format("The message has {} bytes; {} are allowed.", json.size(), max_bytes), ""};
  }
  auto built = JsonReader(json, request).read(Schema::get().envelope(), EnvelopeIdentifier());
  if (!built) return built;
  if (auto verified = verify_envelope(*built, kMaxFrameBytes); !verified) return verified.error();
  return built;
}

Result<Bytes> worker_from_json(std::string_view json) {
  auto built = JsonReader(json, nullptr).read(Schema::get().worker_message(), WorkerMessageIdentifier());
  if (!built) return built;
  if (auto verified = verify_worker_message(*built); !verified) return verified.error();
  return built;
}

}  // namespace inferno::protocol
