#include "cli/config_file.h"

#include <algorithm>
#include <fstream>
#include <set>
#include <sstream>

#include <fmt/format.h>
#include <toml++/toml.h>

#include "cli/suggest.h"

namespace inferno::cli {

namespace fs = std::filesystem;

namespace {

Error bad(std::string message) { return Error{ErrorCode::kInvalidArgument, std::move(message), {}}; }

std::string place(const std::string& file, const toml::source_region& source) {
  return fmt::format("{}:{}", file, source.begin.line);
}

const char* wanted(ValueKind kind) {
  switch (kind) {
    case ValueKind::kSwitch:
      return "true or false";
    case ValueKind::kInteger:
      return "a whole number";
    case ValueKind::kNumber:
      return "a number";
    case ValueKind::kText:
      return "a text in quotes";
    case ValueKind::kList:
      return "a list of texts";
  }
  return "something else";
}

std::optional<Value> list_value(const toml::node& node) {
  const toml::array* array = node.as_array();
  if (array == nullptr) return std::nullopt;
  std::vector<std::string> list;
  for (const toml::node& element : *array) {
    const auto text = element.value_exact<std::string>();
    if (!text) return std::nullopt;
    list.push_back(*text);
  }
  return Value(std::move(list));
}

// The node's value, if it is of this kind.
std::optional<Value> typed_value(const toml::node& node, ValueKind kind) {
  const auto wrap = [](const auto& value) { return value ? std::optional<Value>(Value(*value)) : std::nullopt; };
  switch (kind) {
    case ValueKind::kSwitch:
      return wrap(node.value_exact<bool>());
    case ValueKind::kInteger:
      return wrap(node.value_exact<std::int64_t>());
    case ValueKind::kNumber:
      return node.is_number() ? wrap(node.value<double>()) : std::nullopt;
    case ValueKind::kText:
      return wrap(node.value_exact<std::string>());
    case ValueKind::kList:
      return list_value(node);
  }
  return std::nullopt;
}

std::vector<std::string> section_names() {
  std::vector<std::string> names;
  for (const Setting& setting : settings_table()) {
    if (std::find(names.begin(), names.end(), setting.section) == names.end()) {
      names.emplace_back(setting.section);
    }
  }
  return names;
}

std::vector<std::string> keys_of(std::string_view section) {
  std::vector<std::string> keys;
  for (const Setting& setting : settings_table()) {
    if (setting.section == section) keys.emplace_back(setting.key);
  }
  return keys;
}

Result<void> read_section(const std::string& file, std::string_view section, const toml::table& table,
                          GivenValues& values) {
  for (const auto& [key, node] : table) {
    const std::string at = place(file, node.source());
    const auto& all = settings_table();
    const auto setting = std::find_if(all.begin(), all.end(), [&, name = key.str()](const Setting& one) {
      return one.section == section && one.key == name;
    });
    if (setting == all.end()) {
      return bad(fmt::format("{}: there is no '{}' in [{}]{}", at, key.str(), section,
                             suggestion(key.str(), keys_of(section))));
    }
    auto value = typed_value(node, setting->kind);
    if (!value) return bad(fmt::format("{}: '{}' wants {}.", at, key.str(), wanted(setting->kind)));
    values[setting->name()] = {std::move(*value), at};
  }
  return {};
}

Result<GivenValues> read_root(const std::string& file, const toml::table& root) {
  GivenValues values;
  const auto sections = section_names();
  for (const auto& [name, node] : root) {
    const std::string at = place(file, node.source());
    const toml::table* table = node.as_table();
    if (table == nullptr) {
      return bad(fmt::format("{}: '{}' stands outside of a section such as [engine].", at, name.str()));
    }
    if (std::find(sections.begin(), sections.end(), name.str()) == sections.end()) {
      return bad(fmt::format("{}: there is no section [{}]{}", at, name.str(), suggestion(name.str(), sections)));
    }
    if (auto read = read_section(file, name.str(), *table, values); !read) return read.error();
  }
  return values;
}

}  // namespace

Result<std::optional<fs::path>> find_config_file(const std::optional<std::string>& named,
                                                 const std::function<const char*(const char*)>& getenv) {
  const auto variable = [&](const char* name) {
    const char* value = getenv(name);
    return std::string(value == nullptr ? "" : value);
  };
  const std::string chosen = named ? *named : variable("INFERNO_CONFIG");
  std::error_code ec;
  if (!chosen.empty()) {
    if (!fs::is_regular_file(chosen, ec)) {
      return Error{ErrorCode::kFileNotFound, fmt::format("There is no configuration file {}.", chosen),
                   "It was named by --config or INFERNO_CONFIG."};
    }
    return std::optional<fs::path>(chosen);
  }
  const std::string home = variable("HOME");
  const std::string xdg = variable("XDG_CONFIG_HOME");
  std::vector<fs::path> places{"inferno.toml"};
  if (!xdg.empty()) {
    places.push_back(fs::path(xdg) / "inferno" / "inferno.toml");
  } else if (!home.empty()) {
    places.push_back(fs::path(home) / ".config" / "inferno" / "inferno.toml");
  }
  for (const fs::path& candidate : places) {
    if (fs::is_regular_file(candidate, ec)) return std::optional<fs::path>(candidate);
  }
  return std::optional<fs::path>();
}

Result<GivenValues> parse_config(const std::string& text, const std::string& file_name) {
  try {
    return read_root(file_name, toml::parse(text));
  } catch (const toml::parse_error& error) {
    return bad(fmt::format("{}: {}.", place(file_name, error.source()), error.description()));
  }
}

Result<GivenValues> read_config_file(const fs::path& path) {
  std::ifstream stream(path, std::ios::binary);
  std::ostringstream text;
  text << stream.rdbuf();
  if (!stream) return Error{ErrorCode::kFileNotFound, fmt::format("Cannot read {}.", path.string()), {}};
  return parse_config(text.str(), path.string());
}

}  // namespace inferno::cli
