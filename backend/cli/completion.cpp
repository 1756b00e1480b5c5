#include "cli/completion.h"

#include <vector>

#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include "cli/command_line.h"

namespace inferno::cli {

namespace {

std::vector<const CLI::App*> verbs_of(const CLI::App& app) {
  return app.get_subcommands([](const CLI::App*) { return true; });
}

std::string joined(const std::vector<std::string>& words) { return fmt::format("{}", fmt::join(words, " ")); }

std::string verb_names(const CLI::App& app) {
  std::vector<std::string> names;
  for (const CLI::App* verb : verbs_of(app)) names.push_back(verb->get_name());
  return joined(names);
}

// For texts between single quotes in a shell script.
std::string unquoted(const std::string& text) {
  std::string result;
  for (const char c : text) result += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return result;
}

// zsh ends a description at a bracket and a specification at a colon.
std::string zsh_text(const std::string& text) {
  std::string result;
  for (const char c : unquoted(text)) {
    if (c == '[' || c == ']' || c == ':') result += '\\';
    result += c;
  }
  return result;
}

std::string zsh_arguments(const CLI::App& verb) {
  std::string lines;
  for (const CLI::Option* option : verb.get_options()) {
    const bool takes_value = option->get_items_expected_max() > 0;
    const auto add = [&](const std::string& name) {
      lines += fmt::format("        '*{}[{}]{}' \\\n", name, zsh_text(option->get_description()),
                           takes_value ? ":value:_files" : "");
    };
    for (const std::string& name : option->get_lnames()) add("--" + name);
    for (const std::string& name : option->get_snames()) add("-" + name);
  }
  return lines;
}

}  // namespace

std::string bash_completion(const CLI::App& app) {
  std::string cases;
  for (const CLI::App* verb : verbs_of(app)) {
    cases += fmt::format("    {}) words='{}' ;;\n", verb->get_name(), joined(option_names(*verb)));
  }
  return fmt::format(R"(# bash completion for inferno
_inferno() {{
  local current="${{COMP_WORDS[COMP_CWORD]}}" words=''
  if [ "$COMP_CWORD" -eq 1 ]; then
    words='{} {}'
  else
    case "${{COMP_WORDS[1]}}" in
{}    esac
    case "$current" in
      -*) ;;
      *) words='' ;;
    esac
  fi
  COMPREPLY=($(compgen -W "$words" -- "$current"))
}}
complete -o default -F _inferno inferno
)",
                     verb_names(app), joined(option_names(app)), cases);
}

std::string zsh_completion(const CLI::App& app) {
  std::string verbs;
  std::string cases;
  for (const CLI::App* verb : verbs_of(app)) {
    verbs += fmt::format("    '{}:{}'\n", verb->get_name(), zsh_text(verb->get_description()));
    cases += fmt::format("    {})\n      _arguments \\\n{}        '*:file:_files' ;;\n", verb->get_name(),
                         zsh_arguments(*verb));
  }
  return fmt::format(R"(#compdef inferno
# zsh completion for inferno
_inferno() {{
  local -a verbs
  verbs=(
{}  )
  if (( CURRENT == 2 )); then
    _describe 'verb' verbs
    return
  fi
  local verb="${{words[2]}}"
  shift words
  (( CURRENT-- ))
  case "$verb" in
{}  esac
}}
_inferno "$@"
)",
                     verbs, cases);
}

std::string fish_completion(const CLI::App& app) {
  std::string lines = "# fish completion for inferno\n";
  for (const CLI::App* verb : verbs_of(app)) {
    lines += fmt::format("complete -c inferno -n __fish_use_subcommand -f -a {} -d '{}'\n", verb->get_name(),
                         unquoted(verb->get_description()));
    for (const CLI::Option* option : verb->get_options()) {
      std::string names;
      for (const std::string& name : option->get_lnames()) names += " -l " + name;
      for (const std::string& name : option->get_snames()) names += " -s " + name;
      if (names.empty()) continue;
      lines +=
          fmt::format("complete -c inferno -n '__fish_seen_subcommand_from {}'{}{} -d '{}'\n", verb->get_name(), names,
                      option->get_items_expected_max() > 0 ? " -r" : "", unquoted(option->get_description()));
    }
  }
  return lines;
}

}  // namespace inferno::cli
