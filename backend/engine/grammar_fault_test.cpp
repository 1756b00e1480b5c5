#include "engine/grammar_fault.h"

#include <gtest/gtest.h>

#include <string>

#include "engine/json_schema.h"
#include "engine/sampler_chain.h"

namespace inferno::engine {
namespace {

constexpr ChainContext kContext = {.n_vocab = 100, .n_ctx = 512, .seed = 7, .has_tokenizer = true};

Error error_of(const std::string& grammar) {
  StageSpec spec;
  spec.kind = StageKind::kGrammar;
  spec.grammar = grammar;
  StageSpec greedy;
  greedy.kind = StageKind::kGreedy;
  const CheckedChain checked = check_chain({spec, greedy}, nullptr, kContext);
  EXPECT_EQ(checked.errors.size(), 1u) << grammar;
  return checked.errors.empty() ? Error{} : checked.errors[0];
}

// The grammar with the place of its fault marked.
struct Marked {
  explicit Marked(std::string text) : grammar(std::move(text)) {
    place = grammar.find("@");
    grammar.erase(place, 1);
  }
  std::string grammar;
  std::size_t place = 0;
};

#ifdef __linux__  // elsewhere the parser's words are not at hand

TEST(GrammarFault, IsPlacedWhereTheParserMetIt) {
  for (const char* text : {
           "root ::= (\"a\"@",
           "root ::= (\"a\" \n  | \"b\"\nother @::= \"c\"",
           "root @= \"a\"",
           "root ::= \"a\"\n@?? ::= \"b\"",
           "root ::= @* \"a\"",
           "root ::= \"a\" | @{2,3} \"b\"",
           "root ::= \"a\"{@x}",
           "root ::= \"a\"{2@;3}",
           "root ::= \"\\x@zz\"",
           "root ::= \"@\\q\"",
           "root ::= \"never closed@",
           "root ::= [a-@",
           "root ::= \"a\" @missing \"b\"",
           "root ::= \"missing\" # missing\nother ::= root @missing",
           "root ::= \"\xE2\x82\xAC\" @) \"x\"",
       }) {
    Marked marked(text);
    SCOPED_TRACE(text);
    const Error error = error_of(marked.grammar);
    EXPECT_EQ(error.code, ErrorCode::kBadGrammar);
    EXPECT_EQ(error.stage, 0);
    ASSERT_TRUE(error.offset) << error.message;
    EXPECT_EQ(*error.offset, marked.place) << error.message;
    EXPECT_NE(error.message.find(" at line "), std::string::npos) << error.message;
  }
}

#endif

TEST(GrammarFault, HasNoPlaceWhereItConcernsTheWhole) {
  EXPECT_FALSE(error_of("start ::= \"a\"").offset);              // there is no rule named root
  EXPECT_FALSE(error_of("root ::= root \"a\" | \"b\"").offset);  // left recursion
  EXPECT_FALSE(error_of("# nothing").offset);
}

TEST(GrammarFault, IsPlacedAtALimitThatIsPassed) {
  EXPECT_EQ(error_of("root ::= " + std::string(300, '(')).offset, 9u + 201);
  EXPECT_EQ(error_of(std::string("root ::= \0", 10)).offset, 9u);
}

TEST(GrammarFault, SurvivesWordsThatOnlyLookLikeTheParsers) {
  EXPECT_FALSE(fault_of_parser("", "root").offset);
  EXPECT_TRUE(fault_of_parser("something else entirely", "root").reason.empty());
  const auto other =
      fault_of_parser("parse: error parsing grammar: expecting name at the wrong door\n\nroot\n", "root");
  EXPECT_EQ(other.reason, "expecting name at the wrong door");
  EXPECT_FALSE(other.offset);
}

TEST(GrammarFault, IsPlacedInAJsonSchemaByLineAndColumn) {
  for (const char* text : {"{\n  \"type\": @oops\n}", "{\"a\": 1@", "{\"a\": [1, 2}@", "@nonsense"}) {
    Marked marked(text);
    const auto converted = grammar_from_json_schema(marked.grammar);
    ASSERT_FALSE(converted.ok()) << text;
    if (converted.error().message.find("this build") != std::string::npos) GTEST_SKIP() << "no JSON parser here";
    ASSERT_TRUE(converted.error().offset) << text << converted.error().message;
    EXPECT_LE(*converted.error().offset, marked.grammar.size());
    EXPECT_NEAR(static_cast<double>(*converted.error().offset), static_cast<double>(marked.place), 2)
        << text << ": " << converted.error().message;
  }
  EXPECT_FALSE(grammar_from_json_schema(R"({"type":"no such type"})").error().offset);
}

}  // namespace
}  // namespace inferno::engine
