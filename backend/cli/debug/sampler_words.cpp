#include "cli/debug/sampler_words.h"

#include <algorithm>

#include <fmt/format.h>

#include "cli/settings_table.h"
#include "cli/suggest.h"

namespace inferno::cli::debug {

namespace {

constexpr std::string_view kSection = "sampling";

std::string plain(std::string_view name) {
  for (const std::string_view prefix : {"sampler.", "sampling.", "--"}) {
    if (name.starts_with(prefix)) name.remove_prefix(prefix.size());
  }
  std::string result(name);
  std::replace(result.begin(), result.end(), '-', '_');
  return result;
}

// The first long flag, without its dashes.
std::string flag_word(const Setting& setting) {
  const std::size_t at = setting.flags.find("--");
  if (at == std::string_view::npos) return {};
  const std::string_view flag = setting.flags.substr(at + 2);
  return std::string(flag.substr(0, flag.find(',')));
}

const Setting* find_setting(std::string_view name) {
  const std::string wanted = plain(name);
  for (const Setting& setting : settings_table()) {
    if (setting.section == kSection && (setting.key == wanted || plain(flag_word(setting)) == wanted)) return &setting;
  }
  return nullptr;
}

}  // namespace

Result<SamplingSettings> with_setting(const SamplingSettings& before, std::string_view name, const std::string& value) {
  const Setting* setting = find_setting(name);
  if (setting == nullptr) {
    return Error{ErrorCode::kInvalidArgument,
                 fmt::format("There is no sampler setting '{}'{}", name, suggestion(name, setting_words())),
                 fmt::format("There are: {}.", fmt::join(setting_words(), ", "))};
  }
  if (!before.sampler_file.empty() && setting->key != "sampler_file") {
    return Error{ErrorCode::kInvalidArgument, "The chain was read from a file, which alone decides.",
                 "Change the file, then: set sampler-json FILE"};
  }
  auto parsed = parse_value(setting->kind, value, std::string(name));
  if (!parsed) return parsed.error();
  Settings settings;
  settings.sampling = before;
  if (auto applied = setting->apply(settings, *parsed); !applied) {
    return Error{applied.error().code, fmt::format("{}: {}.", name, applied.error().message),
                 fmt::format("{}.", setting->meaning)};
  }
  return settings.sampling;
}

const std::vector<std::string>& setting_words() {
  static const std::vector<std::string> words = [] {
    std::vector<std::string> all;
    for (const Setting& setting : settings_table()) {
      if (setting.section == kSection) all.push_back(flag_word(setting));
    }
    return all;
  }();
  return words;
}

}  // namespace inferno::cli::debug
