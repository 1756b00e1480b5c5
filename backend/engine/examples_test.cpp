#include "engine/examples.h"

#include <gtest/gtest.h>

namespace inferno::engine {
namespace {

ModelInfo read(const std::string& json) {
  ModelInfo info;
  add_examples(info, json);
  return info;
}

bool can_read() { return read("[]").warnings.empty(); }

#define NEED_JSON() \
  if (!can_read()) GTEST_SKIP() << "this build has no JSON parser"

TEST(Examples, AreTextsOrConversationsWithATitle) {
  NEED_JSON();
  const ModelInfo info = read(R"([
    {"title": "A story", "text": "Once upon a time", "note": "Who is it about?", "later": [1, 2]},
    {"title": "Grüße", "messages": [{"role": "system", "content": ""}, {"role": "user", "content": "Hallo 🔥"}]}])");
  EXPECT_TRUE(info.warnings.empty());
  ASSERT_EQ(info.examples.size(), 2u);
  EXPECT_EQ(info.examples[0].title, "A story");
  EXPECT_EQ(info.examples[0].text, "Once upon a time");
  EXPECT_EQ(info.examples[0].note, "Who is it about?");
  EXPECT_EQ(info.examples[1].messages.at(1).content, "Hallo 🔥");
  EXPECT_TRUE(info.examples[1].text.empty());
}

TEST(Examples, LeavesOutWhatIsNotOfTheFormAndSaysHowMuch) {
  NEED_JSON();
  const ModelInfo info = read(R"([7, null, "text", {}, [], {"title": "no prompt"}, {"text": "no title"},
    {"title": "", "text": "x"}, {"title": "both", "text": "x", "messages": [{"role": "user", "content": "x"}]},
    {"title": "empty", "text": ""}, {"title": "none", "messages": []}, {"title": "a number", "text": 7},
    {"title": "odd", "messages": [{"role": "user"}]}, {"title": "odd", "messages": {"role": "user"}},
    {"title": "good", "text": "x", "note": 7}])");
  ASSERT_EQ(info.examples.size(), 1u);
  EXPECT_EQ(info.examples[0].title, "good");
  ASSERT_EQ(info.warnings.size(), 1u);
  EXPECT_EQ(info.warnings[0].code, "examples");
  EXPECT_EQ(info.warnings[0].message.substr(0, 3), "14 ") << info.warnings[0].message;
}

TEST(Examples, SaysInWordsWhatIsNoListOrNoJson) {
  NEED_JSON();
  for (const std::string& bad :
       {std::string(), std::string("{}"), std::string("7"), std::string("[1,"), std::string("[\"\xFF\"]"),
        std::string(100'000, '['), "[" + std::string(kMaxExamplesBytes, ' ') + "]"}) {
    const ModelInfo info = read(bad);
    EXPECT_TRUE(info.examples.empty());
    EXPECT_EQ(info.warnings.size(), 1u) << bad.substr(0, 20);
  }
}

TEST(Examples, OffersSoManyAndNoMore) {
  NEED_JSON();
  std::string many = R"([{"title":"x","text":"x"})";
  for (int i = 0; i < 99; ++i) many += R"(,{"title":"x","text":"x"})";
  const ModelInfo info = read(many + "]");
  EXPECT_EQ(info.examples.size(), kMaxExamples);
  ASSERT_EQ(info.warnings.size(), 1u);
  EXPECT_NE(info.warnings[0].message.find("100"), std::string::npos);
  const ModelInfo cut = read(R"([{"title":")" + std::string(5000, 'x') + R"(","text":"x"}])");
  EXPECT_LT(cut.examples.at(0).title.size(), 300u);
}

}  // namespace
}  // namespace inferno::engine
