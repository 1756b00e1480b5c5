#include "engine/json_schema.h"

#include "engine/grammar_fault.h"
#include "engine/printable.h"

#ifdef INFERNO_HAVE_LLAMA_COMMON
#include <json-schema-to-grammar.h>
#include <json.h>

#include <exception>
#endif

namespace inferno::engine {

#ifdef INFERNO_HAVE_LLAMA_COMMON

Result<std::string> grammar_from_json_schema(const std::string& schema) {
  try {
    const common_json json = common_json::parse(schema);
    if (!json.is_object()) return Error{ErrorCode::kBadGrammar, "the JSON schema is not a JSON object", ""};
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
