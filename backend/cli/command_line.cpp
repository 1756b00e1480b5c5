#include "cli/command_line.h"

#include <algorithm>

#include <fmt/format.h>

#include "cli/suggest.h"

namespace inferno::cli {

namespace {

constexpr int kHelpColumn = 34;

const char* kIntroduction =
    "Inferno runs local language models (GGUF files) and shows what they did at every\n"
    "token, why that token was chosen, and what else could have been.";

const char* kFooter =
    "Examples:\n"
    "  inferno serve                                    the studio, in a browser\n"
    "  inferno run model.gguf -p \"Once upon a time\"     text, coloured by probability\n"
    "  inferno inspect model.gguf                       what is in the file\n"
    "  inferno doctor                                   what this machine can do\n"
    "\n"
    "Settings come from flags, then INFERNO_* variables, then inferno.toml. `inferno VERB --help`\n"
    "tells what each verb takes. Exit status: 0 fine, 1 failed, 2 wrong usage, 130 interrupted.";

// CLI11's help, without its note of what a negated flag sets.
class HelpFormatter : public CLI::Formatter {
 public:
  std::string make_option_name(const CLI::Option* option, bool is_positional) const override {
    static constexpr std::string_view kNote = "{false}";
    std::string name = CLI::Formatter::make_option_name(option, is_positional);
    for (auto at = name.find(kNote); at != std::string::npos; at = name.find(kNote)) name.erase(at, kNote.size());
    return name;
  }
};

// The first long name among the flags, for messages.
std::string long_flag(const Setting& setting) {
  const std::string_view flags = setting.flags.substr(setting.flags.find("--"));
  return std::string(flags.substr(0, flags.find(',')));
}

}  // namespace

CommandLine::CommandLine() : app_(kIntroduction, "inferno") {
  app_.set_version_flag("--version,-V", "inferno " INFERNO_VERSION);
  app_.footer(kFooter);
  app_.require_subcommand(0, 1);
  app_.allow_extras();
  auto formatter = std::make_shared<HelpFormatter>();
  formatter->column_width(kHelpColumn);
  app_.formatter(formatter);  // which the verbs inherit
  for (auto make : {make_serve_verb, make_run_verb, make_debug_verb, make_explore_verb, make_inspect_verb,
                    make_tokenize_verb, make_score_verb, make_bench_verb, make_sessions_verb, make_replay_verb,
                    make_verify_verb, make_doctor_verb, make_completion_verb}) {
    add_verb(make());
  }
}

void CommandLine::add_verb(std::unique_ptr<Verb> verb) {
  CLI::App* app = app_.add_subcommand(verb->name(), verb->about());
  app->footer(verb->help_footer());
  app->allow_extras();
  verb->add_options(*app);
  app->add_option("--config", config_, "Configuration to read instead of the inferno.toml that is found")
      ->type_name("FILE");
  for (const Setting& setting : settings_table()) {
    const auto sections = verb->sections();
    if (std::find(sections.begin(), sections.end(), setting.section) != sections.end()) add_setting(*app, setting);
  }
  verb_apps_.push_back(app);
  verbs_.push_back(std::move(verb));
}

void CommandLine::add_setting(CLI::App& app, const Setting& setting) {
  if (setting.flags.empty()) return;
  const std::string name = setting.name();
  const std::string flags(setting.flags);
  const std::string meaning(setting.meaning);
  CLI::Option* option = nullptr;
  if (setting.kind == ValueKind::kSwitch) {
    option = app.add_flag_function(
        flags, [this, name](std::int64_t count) { texts_[name] = {count > 0 ? "true" : "false"}; }, meaning);
  } else {
    const CLI::callback_t keep = [this, name](const CLI::results_t& texts) {
      texts_[name] = texts;
      return true;
    };
    option = app.add_option(flags, keep, meaning);
    option->type_name(std::string(setting.value_name));
    if (setting.kind == ValueKind::kList) option->take_all();
  }
  static const std::map<std::string_view, std::string> kGroups{{"server", "Server"},
                                                               {"recordings", "Recordings"},
                                                               {"models", "Models"},
                                                               {"engine", "Engine"},
                                                               {"sampling", "Sampling"}};
  option->group(kGroups.at(setting.section));
}

Verb* CommandLine::chosen() const {
  for (std::size_t i = 0; i < verbs_.size(); ++i) {
    if (verb_apps_[i]->parsed()) return verbs_[i].get();
  }
  return nullptr;
}

const CLI::App* CommandLine::chosen_app() const {
  for (const CLI::App* app : verb_apps_) {
    if (app->parsed()) return app;
  }
  return nullptr;
}

Result<GivenValues> CommandLine::given() const {
  GivenValues values;
  for (const Setting& setting : settings_table()) {
    const auto texts = texts_.find(setting.name());
    if (texts == texts_.end()) continue;
    const std::string source = long_flag(setting);
    if (setting.kind == ValueKind::kList) {
      values[setting.name()] = {Value(texts->second), source};
      continue;
    }
    auto value = parse_value(setting.kind, texts->second.back(), source);
    if (!value) return value.error();
    values[setting.name()] = {std::move(*value), source};
  }
  return values;
}

std::string CommandLine::complaint() const {
  const CLI::App* app = chosen_app();
  if (app == nullptr) {
    const auto words = app_.remaining();
    if (words.empty()) return {};
    std::vector<std::string> names;
    for (const auto& verb : verbs_) names.push_back(verb->name());
    return fmt::format("There is no '{}'{}", words.front(), suggestion(words.front(), names));
  }
  const auto extras = app->remaining();
  if (extras.empty()) return {};
  const std::string word = extras.front().substr(0, extras.front().find('='));
  if (!word.starts_with('-')) return fmt::format("'{}' is one word too many; texts with spaces want quotes.", word);
  return fmt::format("There is no option {}{}", word, suggestion(word, option_names(*app)));
}

std::vector<std::string> option_names(const CLI::App& app) {
  std::vector<std::string> names;
  for (const CLI::Option* option : app.get_options()) {
    for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
    for (const std::string& name : option->get_snames()) names.push_back("-" + name);
  }
  return names;
}

}  // namespace inferno::cli
