#include "engine/json_schema.h"

#include <gtest/gtest.h>

namespace inferno::engine {
namespace {

TEST(JsonSchema, BecomesAGrammarOrSaysThatThisBuildCannot) {
  const auto grammar =
      grammar_from_json_schema(R"({"type":"object","properties":{"age":{"type":"integer"}},"required":["age"]})");
  if (!grammar) {
    EXPECT_NE(grammar.error().message.find("this build"), std::string::npos) << grammar.error().message;
    return;
  }
  EXPECT_NE(grammar->find("root ::="), std::string::npos) << *grammar;
  EXPECT_NE(grammar->find("age"), std::string::npos) << *grammar;
}

TEST(JsonSchema, RefusesWhatIsNone) {
  for (const char* bad : {"", "{", "7", "[]", R"({"type":"no such type"})"}) {
    const auto grammar = grammar_from_json_schema(bad);
    ASSERT_FALSE(grammar.ok()) << bad;
    EXPECT_EQ(grammar.error().code, ErrorCode::kBadGrammar);
  }
}

}  // namespace
}  // namespace inferno::engine
