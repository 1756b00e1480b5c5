#pragma once

#include <string>

#include "base/result.h"

namespace inferno::engine {

// The GBNF grammar of the JSON texts that `schema` (a JSON schema) allows, by
// llama.cpp's `common`. Errors: kBadGrammar (not JSON, not a schema that can be
// turned into a grammar, or a build without `common`), with the offset of what is no JSON.
Result<std::string> grammar_from_json_schema(const std::string& schema);

}  // namespace inferno::engine
