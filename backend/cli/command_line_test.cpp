#include "cli/command_line.h"

#include <gtest/gtest.h>

#include "cli/completion.h"
#include "cli/prompt_options.h"
#include "cli/suggest.h"

namespace inferno::cli {
namespace {

void parse(CommandLine& line, const std::string& words) { line.app().parse(words, false); }

const std::vector<std::string> kVerbs{"serve", "run",   "explore", "inspect",   "tokenize",
                                      "score", "bench", "doctor",  "completion"};

TEST(CommandLine, KeepsTheFlagsOfSettings) {
  CommandLine line;
  parse(line, "run model.gguf -p hi --temp 0.5 --no-mmap --rpc a:1 --rpc b:2 --repeat-last-n -1 --seed 7");
  EXPECT_EQ(line.complaint(), "");
  const auto given = line.given();
  ASSERT_TRUE(given) << given.error().message;
  const auto settings = resolve({*given});
  ASSERT_TRUE(settings);
  EXPECT_EQ(settings->sampling.temperature, 0.5);
  EXPECT_EQ(settings->engine.use_mmap, false);
  EXPECT_EQ(settings->engine.rpc_servers, (std::vector<std::string>{"a:1", "b:2"}));
  EXPECT_EQ(settings->sampling.repeat_last_n, -1);
  EXPECT_EQ(settings->sampling.seed, 7);
}

TEST(PromptOptions, LeaveTheBosTokenToTheModelUnlessTold) {
  const auto bos_of = [](const std::string& words) {
    CLI::App app;
    PromptOptions options;
    options.add_to(app);
    app.parse(words, false);
    return options.prompt().value()->add_bos;
  };
  EXPECT_EQ(bos_of("-p hi"), std::nullopt);
  EXPECT_EQ(bos_of("-p hi --bos"), true);
  EXPECT_EQ(bos_of("-p hi --no-bos"), false);
}

TEST(CommandLine, SuggestsWhatWasMeant) {
  CommandLine verb;
  parse(verb, "rnu model.gguf");
  EXPECT_EQ(verb.complaint(), "There is no 'rnu'; did you mean 'run'?");
  CommandLine option;
  parse(option, "run model.gguf -p hi --tmep=0.5");
  EXPECT_EQ(option.complaint(), "There is no option --tmep; did you mean '--temp'?");
}

TEST(CommandLine, NamesTheFlagWithABadValue) {
  CommandLine line;
  parse(line, "run model.gguf -p hi --top-k many");
  const auto given = line.given();
  ASSERT_FALSE(given);
  EXPECT_EQ(given.error().message, "--top-k: 'many' is not a whole number");
}

TEST(CommandLine, TeachesByExamplesInEveryVerb) {
  CommandLine line;
  for (const std::string& verb : kVerbs) {
    const std::string help = line.app().get_subcommand(verb)->help();
    EXPECT_NE(help.find("Examples:\n  inferno " + verb), std::string::npos) << verb;
  }
}

TEST(Completion, KnowsEveryVerbAndOption) {
  CommandLine line;
  for (const std::string& script :
       {bash_completion(line.app()), zsh_completion(line.app()), fish_completion(line.app())}) {
    for (const std::string& verb : kVerbs) EXPECT_NE(script.find(verb), std::string::npos) << verb;
    for (const char* option : {"print-routes", "mirostat", "no-mmap", "websocket"}) {
      EXPECT_NE(script.find(option), std::string::npos) << option;
    }
  }
}

TEST(Suggest, OffersOnlyWhatIsNear) {
  EXPECT_EQ(did_you_mean("tokenise", {"tokenize", "serve"}), "tokenize");
  EXPECT_FALSE(did_you_mean("frobnicate", {"tokenize", "serve"}));
  EXPECT_FALSE(did_you_mean("x", {}));
}

TEST(ParseIds, TakesNumbersAndNothingElse) {
  EXPECT_EQ(*parse_ids("1,2, 3"), (std::vector<std::int32_t>{1, 2, 3}));
  for (const char* bad : {"", ",", "1,x", "1.5", "99999999999"}) EXPECT_FALSE(parse_ids(bad)) << bad;
}

}  // namespace
}  // namespace inferno::cli
