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

TEST(JsonSchema, RefusesReferencesThatLeadBackToThemselves) {
  for (const char* endless :
       {R"({"allOf":[{"$ref":"#/definitions/a"}],"definitions":{"a":{"$ref":"#/definitions/a"}}})",
        R"({"allOf":[{"$ref":"#/$defs/a"}],"$defs":{"a":{"$ref":"#/$defs/b"},"b":{"$ref":"#/$defs/a"}}})",
        R"({"allOf":[{"$ref":"#/allOf/0"}]})", R"({"allOf":[{"$ref":"#"}],"$ref":"#"})"}) {
    const auto grammar = grammar_from_json_schema(endless);
    ASSERT_FALSE(grammar.ok()) << endless;
    EXPECT_EQ(grammar.error().code, ErrorCode::kBadGrammar);
  }
}

TEST(JsonSchema, TakesASchemaThatRefersToItselfThroughSomething) {
  const auto tree = grammar_from_json_schema(
      R"({"$ref":"#/$defs/tree","$defs":{"tree":{"type":"object","properties":{"left":{"$ref":"#/$defs/tree"}}}}})");
  if (!tree) EXPECT_NE(tree.error().message.find("this build"), std::string::npos) << tree.error().message;
}

}  // namespace
}  // namespace inferno::engine
