#include "engine/json_schema.h"

#include "engine/grammar_fault.h"
#include "engine/printable.h"

#ifdef INFERNO_HAVE_LLAMA_COMMON
#include <json-schema-to-grammar.h>
#include <json.h>

#include <charconv>
#include <exception>
#include <optional>
#include <set>
#include <string_view>
#endif

namespace inferno::engine {

#ifdef INFERNO_HAVE_LLAMA_COMMON

namespace {

// What a JSON pointer within the schema ("#/definitions/a") leads to; null if nowhere.
const common_json* target_of(const common_json& schema, std::string_view reference) {
  if (reference.substr(0, 1) != "#") return nullptr;
  reference.remove_prefix(1);
  const common_json* at = &schema;
  while (!reference.empty()) {
    reference.remove_prefix(1);
    const std::string part(reference.substr(0, reference.find('/')));
    reference.remove_prefix(part.size());
    std::size_t index = 0;
    if (at->is_object() && at->contains(part)) {
      at = &at->at(part);
    } else if (at->is_array() && std::from_chars(part.data(), part.data() + part.size(), index).ec == std::errc() &&
               index < at->size()) {
      at = &at->at(index);
    } else {
      return nullptr;
    }
  }
  return at;
}

std::optional<std::string> reference_of(const common_json& node) {
  if (!node.is_object() || !node.contains("$ref") || !node.at("$ref").is_string()) return std::nullopt;
  return node.at("$ref").get<std::string>();
}

// A reference that leads, through nothing but references, back to itself: llama.cpp
// follows such a chain without end. The schema's depth is limited before.
std::optional<std::string> endless_reference(const common_json& schema, const common_json& node) {
  std::set<std::string> met;
  for (std::optional<std::string> reference = reference_of(node); reference;) {
    if (!met.insert(*reference).second) return reference;
    const common_json* target = target_of(schema, *reference);
    reference = target == nullptr ? std::nullopt : reference_of(*target);
  }
  if (!node.is_object() && !node.is_array()) return std::nullopt;
  for (const common_json& child : node) {
    if (auto found = endless_reference(schema, child)) return found;
  }
  return std::nullopt;
}

}  // namespace

Result<std::string> grammar_from_json_schema(const std::string& schema) {
  try {
    const common_json json = common_json::parse(schema);
    if (!json.is_object()) return Error{ErrorCode::kBadGrammar, "the JSON schema is not a JSON object", ""};
    if (const auto endless = endless_reference(json, json)) {
      return Error{ErrorCode::kBadGrammar,
                   "the JSON schema has a reference that leads back to itself: " + printable(*endless, 200),
                   "Let each $ref lead to a schema that says something."};
    }
    return json_schema_to_grammar(json, /*force_gbnf=*/true);
  } catch (const std::exception& failure) {
    return Error{.code = ErrorCode::kBadGrammar,
                 .message = "the JSON schema cannot be turned into a grammar: " + printable(failure.what(), 1000),
                 .hint = "Check that it is JSON, and that it uses what llama.cpp knows of JSON schema.",
                 .offset = offset_in_json(failure.what(), schema)};
  }
}

#else

Result<std::string> grammar_from_json_schema(const std::string&) {
  return Error{ErrorCode::kBadGrammar, "this build cannot turn a JSON schema into a grammar",
               "Write the grammar as GBNF, or build with llama.cpp's common library."};
}

#endif

}  // namespace inferno::engine
