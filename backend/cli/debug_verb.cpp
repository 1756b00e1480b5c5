#include <cstdio>
#include <map>
#include <optional>

#include <fmt/format.h>
#include <unistd.h>
#include <CLI/CLI.hpp>

#include "cli/debug/command_table.h"
#include "cli/debug/debugger.h"
#include "cli/debug/line_editor.h"
#include "cli/engine_session.h"
#include "cli/option_helpers.h"
#include "cli/paths.h"
#include "cli/prompt_options.h"
#include "cli/run_options.h"
#include "cli/sampler_flags.h"
#include "cli/terminal.h"
#include "cli/verb.h"

namespace inferno::cli {

namespace {

class SessionEngine final : public debug::DebugEngine {
 public:
  explicit SessionEngine(EngineSession& session) : session_(session) {}
  std::uint32_t new_run() override { return session_.new_run(); }
  std::uint32_t new_request() override { return session_.new_request(); }
  void send(const pb::Bytes& message) override { session_.send(message); }
  Result<void> listen(const Take& take, const std::function<void()>& on_interrupt) override {
    return session_.listen(take, on_interrupt);
  }

 private:
  EngineSession& session_;
};

class DebugVerb final : public Verb {
 public:
  std::string name() const override { return "debug"; }
  std::string about() const override { return "Stop a run at conditions, look, change it, go back: gdb for models"; }
  std::vector<std::string_view> sections() const override { return {"engine", "sampling", "models"}; }

  std::string help_footer() const override {
    return "Examples:\n"
           "  inferno debug                                      with the demo model\n"
           "  inferno debug model.gguf -p \"Once upon a time\" --temp 0\n"
           "  inferno debug -x script.inferno --batch            commands from a file\n"
           "  echo 'start Once upon a time' | inferno debug      or from a pipe\n"
           "\n"
           "A first session:\n"
           "  (inferno) break rank > 1 and entropy > 2           stop where the model is unsure and overruled\n"
           "  (inferno) run Once upon a time                     to the first stop\n"
           "  (inferno) info candidates                          what could come instead\n"
           "  (inferno) info stages                              what the sampler did\n"
           "  (inferno) choose #1                                take the likeliest after all\n"
           "  (inferno) continue\n"
           "  (inferno) back 5                                   5 tokens back\n"
           "  (inferno) choose \" dragon\"                         another story: a branch of its own\n"
           "  (inferno) branches\n"
           "\n"
           "`help` at the prompt lists all commands, `help break` the conditions. Names may be shortened\n"
           "(r, b, c, s, i, l, bt, q as in gdb), Tab completes, an empty line repeats a step, Ctrl-C pauses\n"
           "the run, Ctrl-D leaves. The model generates nothing before `run` or `start`.\n"
           "\n"
           "Without a terminal commands come from standard input. A script ends at its first fault, which\n"
           "is told with file and line, and the exit status is then 1. With --json each stop is one JSON\n"
           "object a line on standard output (`pending` is a Step of protocol/inferno.fbs), and everything\n"
           "else goes to standard error.";
  }

  void add_options(CLI::App& app) override {
    options_.add_to(app);
    prompt_.add_to(app);
    app.add_option("-x,--command", scripts_, "Run the commands in this file first; may be repeated")
        ->type_name("FILE")
        ->take_all()
        ->allow_extra_args(false);
    app.add_flag("--batch", batch_, "Leave after the scripts");
    app.add_flag("--keep-going", keep_going_, "Go on in a script after a fault");
    app.add_flag("--json", json_, "Each stop as one JSON object a line");
    app.add_option("--color,--colour", colour_, "auto, always or never")
        ->transform(unsaid(CLI::CheckedTransformer(kColourChoices)))
        ->type_name("WHEN");
  }

  int run(const Program& program) override {
    auto path = options_.model_path(program, "inferno debug model.gguf");
    if (!path) return fail(path.error());
    if (auto chain = sampler_chain(program.settings.sampling); !chain) {
      fail(chain.error());
      return kUsage;
    }
    auto session = EngineSession::start(program);
    if (!session) return fail(session.error());
    auto model = (*session)->load(*path, program.settings.engine);
    if (!model) return fail(model.error());
    return debug(program, **session, *model);
  }

 private:
  static inline const std::map<std::string, ColourChoice> kColourChoices{
      {"auto", ColourChoice::kAuto}, {"always", ColourChoice::kAlways}, {"never", ColourChoice::kNever}};

  // Empty where there is no place for it.
  static std::filesystem::path history_file(const Program& program) {
    const auto folder = data_folder(program.settings.recordings);
    std::error_code ec;
    if (!folder || (std::filesystem::create_directories(*folder, ec), ec)) return {};
    return *folder / "debug-history";
  }

  int debug(const Program& program, EngineSession& session, const pb::ModelInfoT& model) const {
    SessionEngine engine(session);
    debug::DebugSession debugged(engine, {program.settings.sampling, options_.limits(), options_.capture()});
    debug::Output out(Terminal::of(stdout, colour_), json_);
    const bool typed = !batch_ && ::isatty(STDIN_FILENO) != 0;
    const debug::WaitReadable wait = [&session](int fd) { return session.wait_readable(fd); };
    std::optional<debug::LineEditor> editor;
    if (typed) editor.emplace(wait, debug::completions, history_file(program));

    debug::Debugger debugger(debugged, out, model, prompt_,
                             {keep_going_, [&](std::size_t n) { return editor ? editor->newest(n) : std::string(); }});
    for (const std::string& script : scripts_) {
      if (auto done = debugger.run_script(script); !done) {
        if (done.error().code != ErrorCode::kCancelled) return fail(done.error());
        if (!typed) return status(debugger, out);
        break;
      }
    }
    if (typed && !debugger.quit()) {
      out.print(fmt::format("{}. `help` lists the commands.\n", model.name));
      debugger.converse(*editor);
      return out.failed() ? kFailed : kOk;
    }
    if (!batch_ && !debugger.quit()) {
      debug::PipeLines lines(STDIN_FILENO, wait);
      if (auto done = debugger.run_lines(lines, "standard input"); !done) return status(debugger, out);
    }
    return status(debugger, out);
  }

  static int status(const debug::Debugger& debugger, const debug::Output& out) {
    if (debugger.interrupted()) return kInterrupted;
    return debugger.failed() || out.failed() ? kFailed : kOk;
  }

  RunOptions options_;
  PromptOptions prompt_;
  std::vector<std::string> scripts_;
  bool batch_ = false;
  bool keep_going_ = false;
  bool json_ = false;
  ColourChoice colour_ = ColourChoice::kAuto;
};

}  // namespace

std::unique_ptr<Verb> make_debug_verb() { return std::make_unique<DebugVerb>(); }

}  // namespace inferno::cli
