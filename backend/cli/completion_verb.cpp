#include <cstdio>

#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include "cli/completion.h"
#include "cli/option_helpers.h"
#include "cli/verb.h"

namespace inferno::cli {

namespace {

class CompletionVerb final : public Verb {
 public:
  std::string name() const override { return "completion"; }
  std::string about() const override { return "Print a completion script for a shell"; }
  std::string help_footer() const override {
    return "Examples:\n"
           "  inferno completion bash > ~/.local/share/bash-completion/completions/inferno\n"
           "  inferno completion zsh > ~/.zfunc/_inferno          (with fpath+=~/.zfunc before compinit)\n"
           "  inferno completion fish > ~/.config/fish/completions/inferno.fish";
  }

  void add_options(CLI::App& app) override {
    app.add_option("shell", shell_, "bash, zsh or fish")
        ->required()
        ->check(unsaid(CLI::IsMember({"bash", "zsh", "fish"})))
        ->type_name("SHELL");
  }

  int run(const Program& program) override {
    fmt::print("{}", shell_ == "bash"  ? bash_completion(*program.app)
                     : shell_ == "zsh" ? zsh_completion(*program.app)
                                       : fish_completion(*program.app));
    return kOk;
  }

 private:
  std::string shell_;
};

}  // namespace

std::unique_ptr<Verb> make_completion_verb() { return std::make_unique<CompletionVerb>(); }

}  // namespace inferno::cli
