// How commands are found, helped with and completed, and how faults are shown.

#include <gtest/gtest.h>

#include <set>

#include "cli/debug/command_table.h"
#include "cli/debug/debugger.h"
#include "cli/debug/sampler_words.h"
#include "cli/debug/wording.h"

namespace inferno::cli::debug {
namespace {

std::string found(std::string_view word) {
  const auto command = find_command(word);
  return command ? (*command)->name : command.error().message;
}

TEST(Commands, AreFoundByNameLetterAndBeginning) {
  EXPECT_EQ(found("continue"), "continue");
  for (const auto& [letters, name] : std::initializer_list<std::pair<const char*, const char*>>{
           {"r", "run"},        {"b", "break"},       {"tb", "tbreak"},       {"c", "continue"},    {"s", "step"},
           {"n", "step"},       {"u", "until"},       {"w", "watch"},         {"i", "info"},        {"l", "list"},
           {"bt", "backtrace"}, {"p", "print"},       {"x", "print"},         {"d", "delete"},      {"h", "help"},
           {"q", "quit"},       {"advance", "until"}, {"switch", "checkout"}, {"cont", "continue"}, {"exp", "explore"},
           {"hist", "history"}, {"dis", "disable"}}) {
    EXPECT_EQ(found(letters), name) << letters;
  }
}

TEST(Commands, SayWhichWereMeant) {
  EXPECT_EQ(found("b"), "break");
  EXPECT_EQ(found("br"), "'br' is the beginning of several: break, branch, branches.");
  EXPECT_EQ(found("brnach"), "There is no command 'brnach'; did you mean 'branch'?");
  EXPECT_EQ(found("branch"), "branch");
}

TEST(Commands, HaveNamesAndLettersOfTheirOwn) {
  std::set<std::string> seen;
  for (const CommandGroup& group : command_groups()) {
    for (const Command& command : group.commands) {
      EXPECT_TRUE(seen.insert(command.name).second) << command.name;
      for (const std::string& alias : command.aliases) EXPECT_TRUE(seen.insert(alias).second) << alias;
      EXPECT_NE(command.run, nullptr) << command.name;
      EXPECT_NE(help_overview().find(command.about), std::string::npos) << command.name;
      if (!command.usage.empty() && command.name != "history") {
        EXPECT_NE(command.more.find("\n"), std::string::npos) << command.name << " has no example";
      }
    }
  }
}

TEST(Commands, HelpShowsConditionsThatCanBeRead) {
  const auto command = find_command("break");
  ASSERT_TRUE(command);
  const std::string& help = (*command)->more;
  for (const std::string& word : condition_words()) EXPECT_NE(help.find("  " + word + " "), std::string::npos) << word;
}

TEST(Completion, KnowsCommandsAndWhatStandsBehindThem) {
  EXPECT_EQ(completions("cont"), (std::vector<std::string>{"continue"}));
  EXPECT_EQ(completions("b"), (std::vector<std::string>{"back", "backtrace", "ban", "branch", "branches", "break"}));
  EXPECT_EQ(completions("break ra"), (std::vector<std::string>{"rank", "raw"}));
  EXPECT_EQ(completions("b rank > 1 and ent"), (std::vector<std::string>{"entropy"}));
  EXPECT_EQ(completions("break removed-top by top_"), (std::vector<std::string>{"top_k", "top_n_sigma", "top_p"}));
  EXPECT_EQ(completions("info ca"), (std::vector<std::string>{"candidates"}));
  EXPECT_EQ(completions("help tb"), (std::vector<std::string>{"tbreak"}));
  EXPECT_EQ(completions("set top-"), (std::vector<std::string>{"top-k", "top-n-sigma", "top-p"}));
  EXPECT_TRUE(completions("nonsense ").empty());
  EXPECT_TRUE(completions("start x").empty());
}

TEST(Faults, ShowLineAndColumn) {
  Error error{ErrorCode::kInvalidArgument, "Expected a whole number, found 'x'.", "A hint."};
  error.offset = 13;
  EXPECT_EQ(fault_text(error, "break rank > x", {}),
            "Expected a whole number, found 'x'.\n  break rank > x\n               ^\n  A hint.\n");
  EXPECT_EQ(fault_text(error, "break rank > x", "a.inferno:3").substr(0, 13), "a.inferno:3: ");
  Error long_one{ErrorCode::kInvalidArgument, "No.",
                 "aaaa" + std::string(74, 'b') + " " + std::string(100, 'c') + " d e"};
  EXPECT_EQ(fault_text(long_one, "x", {}),
            "No.\n  aaaa" + std::string(74, 'b') + "\n  " + std::string(100, 'c') + "\n  d e\n");
  error.offset = 10;  // behind two characters of two bytes each
  EXPECT_EQ(fault_text(error, "text \"äö\" x", {}).substr(36), "  text \"äö\" x\n          ^\n  A hint.\n");
}

TEST(SamplerWords, TakeTheNamesOfFlagsAndOfTheFile) {
  for (const char* name : {"top-k", "top_k", "sampler.top_k", "--top-k"}) {
    const auto changed = with_setting({}, name, "7");
    ASSERT_TRUE(changed) << name;
    EXPECT_EQ(changed->top_k, 7) << name;
  }
  EXPECT_EQ(with_setting({}, "temp", "0.5")->temperature, 0.5);
  EXPECT_EQ(with_setting({}, "temperature", "0.5")->temperature, 0.5);
  EXPECT_TRUE(with_setting({}, "greedy", "on")->greedy);
}

TEST(SamplerWords, SayWhatIsWrong) {
  EXPECT_NE(with_setting({}, "tmep", "1").error().message.find("did you mean 'temp'"), std::string::npos);
  EXPECT_NE(with_setting({}, "top-p", "2").error().message.find("not between"), std::string::npos);
  EXPECT_NE(with_setting({}, "top-k", "x").error().message.find("whole number"), std::string::npos);
  SamplingSettings from_file;
  from_file.sampler_file = "chain.json";
  EXPECT_FALSE(with_setting(from_file, "temp", "1"));
}

TEST(Wording, CutsByCharactersAndShowsLineEnds) {
  EXPECT_EQ(in_columns("äöü", 5), "äöü  ");
  EXPECT_EQ(in_columns("äöüäöü", 4), "äöü…");
  EXPECT_EQ(on_one_line("a\nb\tc"), "a↵b⇥c");
}

}  // namespace
}  // namespace inferno::cli::debug
