// What the terminal is shown: colours, whole characters, nothing that steers it.

#include <gtest/gtest.h>

#include <map>

#include "cli/colour.h"
#include "cli/json_object.h"
#include "cli/run_statistics.h"
#include "cli/terminal.h"
#include "cli/utf8_holder.h"

namespace inferno::cli {
namespace {

double luminance(Rgb c) { return 0.2126 * c.r + 0.7152 * c.g + 0.0722 * c.b; }

TEST(Colour, CividisGrowsLighterAllTheWay) {
  EXPECT_EQ(cividis(0), (Rgb{0, 34, 78}));
  EXPECT_EQ(cividis(1), (Rgb{254, 232, 56}));
  EXPECT_EQ(cividis(-1), cividis(0));
  for (int i = 0; i < 100; ++i) EXPECT_LT(luminance(cividis(i / 100.0)), luminance(cividis((i + 1) / 100.0))) << i;
}

TEST(Colour, MakesTheImprobableSalientOnBothBackgrounds) {
  EXPECT_GT(luminance(probability_colour(0.01, Background::kDark)),
            luminance(probability_colour(0.99, Background::kDark)));
  EXPECT_LT(luminance(probability_colour(0.01, Background::kLight)),
            luminance(probability_colour(0.99, Background::kLight)));
}

TEST(Colour, FitsTheDepthOfTheTerminal) {
  EXPECT_EQ(foreground({1, 2, 3}, ColourDepth::kTrueColour), "\x1b[38;2;1;2;3m");
  EXPECT_EQ(foreground({255, 0, 0}, ColourDepth::k256), "\x1b[38;5;196m");
  EXPECT_EQ(foreground({1, 2, 3}, ColourDepth::kNone), "");
}

TEST(Terminal, ColoursOnlyWhereItIsWanted) {
  const auto with = [](std::map<std::string, std::string> variables) {
    return [variables](const char* name) -> const char* {
      const auto found = variables.find(name);
      return found == variables.end() ? nullptr : found->second.c_str();
    };
  };
  EXPECT_EQ(Terminal(true, with({{"COLORTERM", "truecolor"}}), ColourChoice::kAuto).depth(), ColourDepth::kTrueColour);
  EXPECT_EQ(Terminal(true, with({}), ColourChoice::kAuto).depth(), ColourDepth::k256);
  EXPECT_EQ(Terminal(false, with({}), ColourChoice::kAuto).depth(), ColourDepth::kNone);
  EXPECT_EQ(Terminal(true, with({{"NO_COLOR", "1"}}), ColourChoice::kAuto).depth(), ColourDepth::kNone);
  EXPECT_EQ(Terminal(true, with({{"TERM", "dumb"}}), ColourChoice::kAuto).depth(), ColourDepth::kNone);
  EXPECT_EQ(Terminal(false, with({{"NO_COLOR", "1"}}), ColourChoice::kAlways).depth(), ColourDepth::k256);
  EXPECT_EQ(Terminal(true, with({}), ColourChoice::kNever).depth(), ColourDepth::kNone);
  EXPECT_EQ(Terminal(true, with({{"COLORFGBG", "0;15"}}), ColourChoice::kAuto).background(), Background::kLight);
}

TEST(Utf8Holder, HoldsPartsOfACharacterUntilItIsWhole) {
  Utf8Holder holder;
  EXPECT_EQ(holder.push("a\xF0\x9F"), "a");
  EXPECT_EQ(holder.push("\x98"), "");
  EXPECT_EQ(holder.push("\x80z"), "\xF0\x9F\x98\x80z");
  EXPECT_TRUE(holder.empty());
  EXPECT_EQ(holder.push("\xC3"), "");
  EXPECT_EQ(holder.flush(), "\xEF\xBF\xBD");
  EXPECT_EQ(holder.flush(), "");
}

TEST(Utf8Holder, ReplacesWhatCanBecomeNothing) {
  for (const char* bad : {"\xFF", "\x80", "\xC0\x80", "\xED\xA0\x80", "\xF5\x80\x80\x80", "\xE0\x80\x80"}) {
    Utf8Holder holder;
    std::string out = holder.push(bad);
    out += holder.flush();
    EXPECT_NE(out.find("\xEF\xBF\xBD"), std::string::npos);
    for (const char c : std::string(bad)) EXPECT_NE(c, '\0');
  }
  Utf8Holder holder;
  EXPECT_EQ(holder.push("\xE2\x82"
                        "a"),
            "\xEF\xBF\xBD"
            "a");
}

TEST(WithoutControls, LeavesNothingThatSteersATerminal) {
  EXPECT_EQ(without_controls("a\n\tb"), "a\n\tb");
  EXPECT_EQ(without_controls("\x1b[2J"), "\xE2\x90\x9B[2J");
  EXPECT_EQ(without_controls("\x7f"), "\xE2\x90\xA1");
  EXPECT_EQ(without_controls("\xC2\x9B"
                             "2J"),
            "\xEF\xBF\xBD"
            "2J");
  EXPECT_EQ(without_controls("é"), "é");
}

TEST(JsonObject, EscapesTextAndKeepsNumbersFinite) {
  EXPECT_EQ(JsonObject().add("a", "x\"\n\\").add("b", 1.5).add("c", true).add("d", 7u).text(),
            "{\"a\":\"x\\\"\\u000a\\\\\",\"b\":1.5,\"c\":true,\"d\":7}");
  EXPECT_EQ(JsonObject().add("a", 0.0 / 0.0).add("b", std::optional<double>()).text(), "{\"a\":null,\"b\":null}");
}

TEST(Percent, IsNeverZeroForWhatIsPossible) {
  EXPECT_EQ(percent(0.5), "50 %");
  EXPECT_EQ(percent(0.012), "1.2 %");
  EXPECT_EQ(percent(0.00001), "0.001 %");
}

}  // namespace
}  // namespace inferno::cli
