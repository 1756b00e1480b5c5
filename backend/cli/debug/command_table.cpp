#include "cli/debug/command_table.h"

#include <algorithm>

#include <fmt/format.h>

#include "cli/debug/condition.h"
#include "cli/debug/sampler_words.h"
#include "cli/suggest.h"

namespace inferno::cli::debug {

namespace {

std::vector<const Command*> all_commands() {
  std::vector<const Command*> all;
  for (const CommandGroup& group : command_groups()) {
    for (const Command& command : group.commands) all.push_back(&command);
  }
  return all;
}

Result<const Command*> find_among(const std::vector<const Command*>& commands, std::string_view word,
                                  std::string_view kind) {
  std::vector<const Command*> beginning;
  std::vector<std::string> names;
  for (const Command* command : commands) {
    const auto& aliases = command->aliases;
    if (command->name == word || std::find(aliases.begin(), aliases.end(), word) != aliases.end()) return command;
    if (command->name.starts_with(word)) beginning.push_back(command);
    names.push_back(command->name);
  }
  if (beginning.size() == 1) return beginning.front();
  if (beginning.empty()) {
    return Error{ErrorCode::kInvalidArgument, fmt::format("There is no {} '{}'{}", kind, word, suggestion(word, names)),
                 "`help` lists what there is."};
  }
  names.clear();
  for (const Command* command : beginning) names.push_back(command->name);
  return Error{ErrorCode::kInvalidArgument,
               fmt::format("'{}' is the beginning of several: {}.", word, fmt::join(names, ", ")),
               {}};
}

std::vector<std::string> names_of(const std::vector<Command>& commands) {
  std::vector<std::string> names;
  for (const Command& command : commands) names.push_back(command.name);
  return names;
}

std::vector<std::string> command_names() {
  std::vector<std::string> names;
  for (const Command* command : all_commands()) names.push_back(command->name);
  return names;
}

// What can stand behind a command.
std::vector<std::string> arguments_of(const Command& command, std::string_view before) {
  if (command.name == "info") return names_of(info_commands());
  if (command.name == "help") return command_names();
  if (command.name == "set") return setting_words();
  if (command.name != "break" && command.name != "tbreak") return {};
  std::vector<std::string> words = condition_words();
  if (before.ends_with("by")) return stage_names();
  words.emplace_back("and");
  return words;
}

}  // namespace

const std::vector<CommandGroup>& command_groups() {
  static const std::vector<CommandGroup> groups{running_commands(),  breakpoint_commands(), looking_commands(),
                                                changing_commands(), branch_commands(),     other_commands()};
  return groups;
}

Result<const Command*> find_command(std::string_view word) { return find_among(all_commands(), word, "command"); }

Result<const Command*> find_in(const std::vector<Command>& commands, std::string_view word, std::string_view kind) {
  std::vector<const Command*> pointers;
  for (const Command& command : commands) pointers.push_back(&command);
  return find_among(pointers, word, kind);
}

std::string help_overview() {
  std::string text;
  for (const CommandGroup& group : command_groups()) {
    text += group.title + "\n";
    for (const Command& command : group.commands) {
      const std::string name = command.aliases.empty()
                                   ? command.name
                                   : fmt::format("{}, {}", command.name, fmt::join(command.aliases, ", "));
      text += fmt::format("  {:<22} {}\n", name, command.about);
    }
  }
  return text + "`help COMMAND` tells more, with examples. Names may be shortened; an empty line repeats a step.\n";
}

std::string help_of(const Command& command, std::string_view before) {
  std::string text = fmt::format("{}{}{}{}\n", before, command.name, command.usage.empty() ? "" : " ", command.usage);
  if (!command.aliases.empty()) text += fmt::format("  also: {}\n", fmt::join(command.aliases, ", "));
  return text + command.about + ".\n" + command.more;
}

std::vector<std::string> completions(std::string_view line) {
  const std::size_t cut = line.find_last_of(" \t");
  const std::string_view last = cut == std::string_view::npos ? line : line.substr(cut + 1);
  std::string_view before = cut == std::string_view::npos ? std::string_view{} : line.substr(0, cut);
  while (before.ends_with(' ')) before.remove_suffix(1);
  std::vector<std::string> words;
  Scanner scanner(before);
  if (scanner.at_end()) {
    words = command_names();
  } else if (const auto command = find_command(scanner.word())) {
    words = arguments_of(**command, before);
  }
  std::erase_if(words, [last](const std::string& word) { return !word.starts_with(last); });
  std::sort(words.begin(), words.end());
  return words;
}

}  // namespace inferno::cli::debug
