#include <cstdio>

#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include "cli/engine_session.h"
#include "cli/model_report.h"
#include "cli/paths.h"
#include "cli/terminal.h"
#include "cli/verb.h"
#include "protocol/json.h"

namespace inferno::cli {

namespace {

class InspectVerb final : public Verb {
 public:
  std::string name() const override { return "inspect"; }
  std::string about() const override { return "Show what is in a model file, and the memory it needs"; }
  std::vector<std::string_view> sections() const override { return {"engine", "models"}; }

  std::string help_footer() const override {
    return "Examples:\n"
           "  inferno inspect model.gguf\n"
           "  inferno inspect model.gguf --tensors\n"
           "  inferno inspect model.gguf --ctx-size 32768 --cache-type-k q8_0     memory for these\n"
           "  inferno inspect model.gguf --json > model.json\n"
           "\n"
           "The weights are not loaded. The memory estimate depends on the engine options. With --json\n"
           "the output is one line: the ModelInfo message (in its Envelope) of protocol/inferno.fbs.";
  }

  void add_options(CLI::App& app) override {
    app.add_option("model", model_, "A GGUF file, or its name in one of the model folders")
        ->required()
        ->type_name("MODEL");
    app.add_flag("--tensors", tensors_, "List every tensor");
    app.add_flag("--json", json_, "As JSON");
  }

  int run(const Program& program) override {
    auto path = find_model(model_, program.settings.models, program.paths);
    if (!path) return fail(path.error());
    auto session = EngineSession::start(program);
    if (!session) return fail(session.error());
    auto info = (*session)->inspect(*path, program.settings.engine, tensors_ || json_);
    if (!info) return fail(info.error());
    if (json_) {
      const auto envelope = pb::make_envelope(0, 0, 0, std::move(*info));
      fmt::print("{}\n", pb::to_json(envelope));
    } else {
      print_model(*info, Terminal::of(stdout, ColourChoice::kAuto));
    }
    return kOk;
  }

 private:
  std::string model_;
  bool tensors_ = false;
  bool json_ = false;
};

}  // namespace

std::unique_ptr<Verb> make_inspect_verb() { return std::make_unique<InspectVerb>(); }

}  // namespace inferno::cli
