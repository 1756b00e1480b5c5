#include "cli/config_file.h"

#include <gtest/gtest.h>

namespace inferno::cli {
namespace {

TEST(ConfigFile, ReadsEveryKindOfValue) {
  const auto values = parse_config(
      "[server]\nhost = \"127.0.0.2\"\nopen = false\n"
      "[models]\nfolders = [\"/a\", \"/b\"]\n"
      "[engine]\nctx_size = 4096\n"
      "[sampling]\ntemperature = 1\ntop_p = 0.9\n",
      "inferno.toml");
  ASSERT_TRUE(values) << values.error().message;
  const auto settings = resolve({*values});
  ASSERT_TRUE(settings);
  EXPECT_EQ(settings->server.host, "127.0.0.2");
  EXPECT_FALSE(settings->server.open);
  EXPECT_EQ(settings->models.folders, (std::vector<std::string>{"/a", "/b"}));
  EXPECT_EQ(settings->engine.n_ctx, 4096u);
  EXPECT_EQ(settings->sampling.temperature, 1.0);
  EXPECT_EQ(settings->sampling.top_p, 0.9);
}

std::string complaint(const std::string& text) {
  const auto values = parse_config(text, "inferno.toml");
  return values ? "" : values.error().message;
}

TEST(ConfigFile, NamesTheLineOfWhatItDoesNotKnow) {
  EXPECT_EQ(complaint("[engine]\n\nctx_szie = 1\n"),
            "inferno.toml:3: there is no 'ctx_szie' in [engine]; did you mean 'ctx_size'?");
  EXPECT_EQ(complaint("[engines]\nctx_size = 1\n"),
            "inferno.toml:1: there is no section [engines]; did you mean 'engine'?");
  EXPECT_EQ(complaint("port = 1\n"), "inferno.toml:1: 'port' stands outside of a section such as [engine].");
  EXPECT_EQ(complaint("[server]\nport = \"80\"\n"), "inferno.toml:2: 'port' wants a whole number.");
  EXPECT_EQ(complaint("[models]\nfolders = [1]\n"), "inferno.toml:2: 'folders' wants a list of texts.");
  EXPECT_EQ(complaint("[server\n").substr(0, 14), "inferno.toml:1");
}

TEST(ConfigFile, ThatWasNamedMustBeThere) {
  const auto none = [](const char*) -> const char* { return nullptr; };
  EXPECT_FALSE(find_config_file("/no/such/inferno.toml", none));
  const auto named = [](const char* name) -> const char* {
    return std::string_view(name) == "INFERNO_CONFIG" ? "/no/such/inferno.toml" : nullptr;
  };
  EXPECT_FALSE(find_config_file(std::nullopt, named));
}

}  // namespace
}  // namespace inferno::cli
