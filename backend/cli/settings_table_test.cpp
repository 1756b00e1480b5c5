#include "cli/settings_table.h"

#include <gtest/gtest.h>

#include <set>

namespace inferno::cli {
namespace {

GivenValues layer(const std::string& name, Value value, const std::string& source) {
  return {{name, {std::move(value), source}}};
}

TEST(Settings, TakeFlagOverEnvironmentOverConfigurationOverDefault) {
  EXPECT_EQ(resolve({})->server.host, "127.0.0.1");
  const auto config = layer("engine.ctx_size", std::int64_t{100}, "inferno.toml:3");
  const auto environment = layer("engine.ctx_size", std::int64_t{200}, "INFERNO_CTX_SIZE");
  const auto flag = layer("engine.ctx_size", std::int64_t{300}, "--ctx-size");
  EXPECT_FALSE(resolve({})->engine.n_ctx.has_value());
  EXPECT_EQ(resolve({config})->engine.n_ctx, 100u);
  EXPECT_EQ(resolve({config, environment})->engine.n_ctx, 200u);
  EXPECT_EQ(resolve({config, environment, flag})->engine.n_ctx, 300u);
  EXPECT_EQ(resolve({config, {}, {}})->engine.n_ctx, 100u);
}

TEST(Settings, NameTheSourceOfAValueThatCannotBe) {
  const auto port = resolve({layer("server.port", std::int64_t{70000}, "INFERNO_PORT")});
  ASSERT_FALSE(port);
  EXPECT_EQ(port.error().message, "INFERNO_PORT: 70000 is not between 0 and 65535.");
  const auto context = resolve({layer("engine.ctx_size", std::int64_t{-5}, "inferno.toml:3")});
  ASSERT_FALSE(context);
  EXPECT_EQ(context.error().message, "inferno.toml:3: -5 is less than 1.");
  EXPECT_FALSE(resolve({layer("engine.ctx_size", std::int64_t{1} << 40, "--ctx-size")}));
  EXPECT_FALSE(resolve({layer("engine.cache_type_k", std::string("q9"), "--cache-type-k")}));
  EXPECT_FALSE(resolve({layer("sampling.top_p", 1.5, "--top-p")}));
}

TEST(Settings, ReadTheEnvironment) {
  std::vector<Error> errors;
  const auto values = values_from_environment(
      [](const char* name) -> const char* {
        const std::string_view wanted = name;
        if (wanted == "INFERNO_PORT") return "8080";
        if (wanted == "INFERNO_MMAP") return "off";
        if (wanted == "INFERNO_RPC") return "a:1,b:2";
        if (wanted == "INFERNO_TEMPERATURE") return "warm";
        if (wanted == "INFERNO_HOST") return "";
        return nullptr;
      },
      errors);
  ASSERT_EQ(errors.size(), 1u);
  EXPECT_EQ(errors.front().message, "INFERNO_TEMPERATURE: 'warm' is not a number");
  const auto settings = resolve({values});
  ASSERT_TRUE(settings);
  EXPECT_EQ(settings->server.port, 8080);
  EXPECT_EQ(settings->engine.use_mmap, false);
  EXPECT_EQ(settings->engine.rpc_servers, (std::vector<std::string>{"a:1", "b:2"}));
  EXPECT_EQ(settings->server.host, "127.0.0.1");
}

TEST(Settings, HaveDistinctNamesVariablesAndFlags) {
  std::set<std::string> names;
  std::set<std::string> variables;
  for (const Setting& setting : settings_table()) {
    EXPECT_TRUE(names.insert(setting.name()).second) << setting.name();
    EXPECT_TRUE(variables.insert(setting.variable()).second) << setting.variable();
    EXPECT_FALSE(setting.meaning.empty()) << setting.name();
  }
}

}  // namespace
}  // namespace inferno::cli
