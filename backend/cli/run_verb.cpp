#include <charconv>
#include <cmath>
#include <cstdio>
#include <optional>

#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include "cli/engine_session.h"
#include "cli/finish_words.h"
#include "cli/option_helpers.h"
#include "cli/prompt_options.h"
#include "cli/run_options.h"
#include "cli/run_statistics.h"
#include "cli/sampler_flags.h"
#include "cli/terminal.h"
#include "cli/token_printer.h"
#include "cli/verb.h"
#include "protocol/json.h"

namespace inferno::cli {

namespace {

// Takes a run's messages and shows them, as text or as JSON lines.
class RunView {
 public:
  RunView(bool json, bool echo, const Terminal& terminal) : json_(json), echo_(echo), printer_(stdout, terminal) {}

  void take(std::span<const std::uint8_t> bytes) {
    const pb::Envelope& envelope = pb::envelope_of(bytes);
    if (const auto* started = envelope.body_as_RunStarted()) {
      seed_ = started->seed();
      warn(*started);
    } else if (const auto* prompt = envelope.body_as_PromptTokens()) {
      for (const pb::Step* step : *prompt->tokens()) take_prompt(*step);
    } else if (const auto* steps = envelope.body_as_Steps()) {
      for (const pb::Step* step : *steps->steps()) take_step(*step);
    }
  }

  void end() {
    if (!json_) printer_.end();
  }

  std::optional<std::uint32_t> seed() const { return seed_; }
  const RunStatistics& statistics() const { return statistics_; }
  bool output_failed() const { return output_failed_; }

 private:
  void warn(const pb::RunStarted& started) {
    if (started.warnings() == nullptr) return;
    for (const pb::Warning* warning : *started.warnings()) {
      if (warning->message() != nullptr) fmt::print(stderr, "inferno: {}\n", warning->message()->str());
    }
  }

  void take_prompt(const pb::Step& step) {
    if (json_) return print_line(step);
    if (echo_) printer_.print_plain(step);
  }

  void take_step(const pb::Step& step) {
    statistics_.add(step);
    if (json_) return print_line(step);
    printer_.print(step);
  }

  void print_line(const pb::Step& step) {
    line_.clear();
    pb::append_json(step, line_);
    line_ += '\n';
    output_failed_ |= std::fwrite(line_.data(), 1, line_.size(), stdout) != line_.size();
  }

  bool json_;
  bool echo_;
  TokenPrinter printer_;
  RunStatistics statistics_;
  std::optional<std::uint32_t> seed_;
  std::string line_;
  bool output_failed_ = false;
};

void print_summary(const RunView& view, const pb::FinishedT& finished, const Terminal& terminal) {
  const RunStatistics& statistics = view.statistics();
  const double seconds = finished.generate_ms / 1000.0;
  std::string text = fmt::format("{} tokens after {} of prompt", finished.n_generated, finished.n_prompt);
  if (seconds > 0 && finished.n_generated > 0) {
    text += fmt::format(" in {:.2f} s, {:.1f} tokens/s", seconds, finished.n_generated / seconds);
  }
  text += fmt::format("; {}.", reason_in_words(finished));
  if (view.seed()) text += fmt::format(" Seed {}.", *view.seed());
  text += '\n';
  if (statistics.perplexity()) {
    text += fmt::format("Mean log-probability {:.4f}, perplexity {:.3f}.\n", *statistics.mean_logprob(),
                        *statistics.perplexity());
    text += "Most surprising:";
    for (const auto& surprise : statistics.surprises()) {
      text += fmt::format(" {} {} at {}", surprise.token, percent(std::exp(surprise.raw_logprob)), surprise.position);
      if (surprise.rank) text += fmt::format(" (rank {})", *surprise.rank);
      text += &surprise == &statistics.surprises().back() ? "." : ",";
    }
    text += '\n';
  }
  fmt::print(stderr, "{}{}", terminal.is_terminal() ? "\n" : "", terminal.dim(text));
}

class RunVerb final : public Verb {
 public:
  std::string name() const override { return "run"; }
  std::string about() const override { return "Generate text, coloured by how probable each token was"; }
  std::vector<std::string_view> sections() const override { return {"engine", "sampling", "models"}; }

  std::string help_footer() const override {
    return "Examples:\n"
           "  inferno run model.gguf -p \"Once upon a time\" -n 200\n"
           "  inferno run -p \"Once upon a time\"                 with the demo model\n"
           "  inferno run model.gguf --chat -p \"What is a token?\" --system \"Be brief.\"\n"
           "  inferno run model.gguf -f prompt.txt --temp 0 --json > steps.jsonl\n"
           "  inferno run model.gguf -p \"2+2=\" --samplers \"top_k;temperature\" --top-k 5 --seed 1\n"
           "\n"
           "Text goes to standard output, the summary to standard error. On a terminal the prompt is\n"
           "shown, too, and a token's colour is its raw probability: grey is sure, yellow (on a light\n"
           "terminal, dark blue) is surprising.\n"
           "\n"
           "With --json every line is one token: a Step of protocol/inferno.fbs in JSON, the prompt's\n"
           "first. Prompt tokens have no final_prob and no stages; the first has no probability at all.\n"
           "Nothing else goes to standard output then, and only errors and warnings to standard error.\n"
           "\n"
           "Without -n the text goes on until the model ends it or the context is full. Ctrl-C stops.";
  }

  void add_options(CLI::App& app) override {
    options_.add_to(app);
    prompt_.add_to(app);
    app.add_flag("--json", json_, "One step a line, as JSON");
    add_choice_flag(app, "--echo,!--no-echo", echo_, "Show the prompt before the text (default: on a terminal)");
    app.add_option("--color,--colour", colour_, "auto, always or never")
        ->transform(unsaid(CLI::CheckedTransformer(kColourChoices)))
        ->type_name("WHEN");
  }

  int run(const Program& program) override {
    auto start = make_start(program.settings);
    if (!start) return fail_with_usage(start.error());
    auto path = options_.model_path(program, "inferno run model.gguf -p \"Once upon a time\"");
    if (!path) return fail(path.error());
    auto session = EngineSession::start(program);
    if (!session) return fail(session.error());
    auto info = (*session)->load(*path, program.settings.engine);
    if (!info) return fail(info.error());
    return generate(**session, *start);
  }

 private:
  static inline const std::map<std::string, ColourChoice> kColourChoices{
      {"auto", ColourChoice::kAuto}, {"always", ColourChoice::kAlways}, {"never", ColourChoice::kNever}};

  Result<pb::StartRunT> make_start(const Settings& settings) const {
    pb::StartRunT start;
    auto prompt = prompt_.prompt();
    if (!prompt) return prompt.error();
    start.prompt = std::move(*prompt);
    auto sampler = sampler_chain(settings.sampling);
    if (!sampler) return sampler.error();
    start.sampler = std::move(*sampler);
    if (settings.sampling.seed) start.seed = static_cast<std::uint32_t>(*settings.sampling.seed);
    start.limits = std::make_unique<pb::LimitsT>(options_.limits());
    start.capture = std::make_unique<pb::CaptureT>(options_.capture());
    return start;
  }

  static int fail_with_usage(const Error& error) {
    fail(error);
    return kUsage;
  }

  int generate(EngineSession& session, const pb::StartRunT& start) const {
    const Terminal out = Terminal::of(stdout, colour_);
    RunView view(json_, echo_.value_or(out.is_terminal()), out);
    auto finished = session.run(start, [&view](std::span<const std::uint8_t> bytes) { view.take(bytes); });
    view.end();
    if (!finished) return fail(finished.error());
    if (!json_) print_summary(view, *finished, Terminal::of(stderr, colour_));
    if (finished->error) {
      return fail({static_cast<ErrorCode>(finished->error->code), finished->error->message, finished->error->hint});
    }
    if (std::fflush(stdout) != 0 || view.output_failed()) {
      return fail({ErrorCode::kInternal, "Standard output could not be written.", {}});
    }
    return session.interrupted() ? kInterrupted : kOk;
  }

  RunOptions options_;
  PromptOptions prompt_;
  bool json_ = false;
  std::optional<bool> echo_;
  ColourChoice colour_ = ColourChoice::kAuto;
};

}  // namespace

std::unique_ptr<Verb> make_run_verb() { return std::make_unique<RunVerb>(); }

}  // namespace inferno::cli
