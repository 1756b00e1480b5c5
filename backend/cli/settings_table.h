#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/result.h"
#include "cli/settings.h"

namespace inferno::cli {

// A value as it was given, before it is known whether it suits.
using Value = std::variant<bool, std::int64_t, double, std::string, std::vector<std::string>>;

enum class ValueKind : std::uint8_t { kSwitch, kInteger, kNumber, kText, kList };

// One thing that can be set: in inferno.toml as `key` of `[section]`, in the
// environment as INFERNO_KEY, on the command line as one of `flags`.
struct Setting {
  std::string_view section;
  std::string_view key;
  ValueKind kind;
  std::string_view flags;       // for CLI11: "-c,--ctx-size"; of a switch: "--mmap,!--no-mmap"
  std::string_view value_name;  // for --help
  std::string_view meaning;
  std::function<Result<void>(Settings&, const Value&)> apply;

  std::string name() const;      // "engine.ctx_size"
  std::string variable() const;  // "INFERNO_CTX_SIZE"
};

// All of them, in the order in which help and the configuration template show them.
const std::vector<Setting>& settings_table();

// Values by Setting::name(), with where they come from, for messages.
struct GivenValue {
  Value value;
  std::string source;  // "--ctx-size", "INFERNO_CTX_SIZE", "inferno.toml:12"
};
using GivenValues = std::map<std::string, GivenValue>;

// Reads text (a flag, a variable) as a value of this kind. A list is separated by
// commas here.
Result<Value> parse_value(ValueKind kind, const std::string& text, const std::string& source);

GivenValues values_from_environment(const std::function<const char*(const char*)>& getenv, std::vector<Error>& errors);

// Applies the layers, the first being the weakest. Error: kInvalidArgument, naming
// the source.
Result<Settings> resolve(const std::vector<GivenValues>& layers);

}  // namespace inferno::cli
