#include <algorithm>
#include <cmath>
#include <cstdio>
#include <optional>

#include <unistd.h>

#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include "cli/engine_session.h"
#include "cli/paths.h"
#include "cli/progress_bar.h"
#include "cli/run_statistics.h"
#include "cli/score_windows.h"
#include "cli/terminal.h"
#include "cli/text_input.h"
#include "cli/token_printer.h"
#include "cli/verb.h"
#include "protocol/json.h"

namespace inferno::cli {

namespace {

class ScoreVerb final : public Verb {
 public:
  std::string name() const override { return "score"; }
  std::string about() const override { return "Measure how probable a text is: every token, and the perplexity"; }
  std::vector<std::string_view> sections() const override { return {"engine", "models"}; }

  std::string help_footer() const override {
    return "Examples:\n"
           "  inferno score model.gguf --file text.txt\n"
           "  inferno score model.gguf -p \"The quick brown fox\"\n"
           "  inferno score model.gguf --file text.txt --text      the text itself, coloured\n"
           "  inferno score model.gguf --file text.txt --json | jq .raw_logprob\n"
           "\n"
           "A text longer than the context is scored in windows that overlap: each begins --stride\n"
           "tokens after the one before, with the BOS token where the model wants one, and scores only\n"
           "what was not scored yet. The first token of a text has no probability: nothing predicts it.\n"
           "With --json every line is one token, a Step of protocol/inferno.fbs in JSON, its position\n"
           "being that in the text. The totals go to standard error.";
  }

  void add_options(CLI::App& app) override {
    app.add_option("model", model_, "A GGUF file, or its name in one of the model folders")
        ->required()
        ->type_name("MODEL");
    app.add_option("-p,--prompt", text_, "The text")->type_name("TEXT");
    app.add_option("-f,--file", file_, "File with the text; -: standard input")->type_name("FILE");
    app.add_option("--stride", stride_, "Tokens from window to window (default: half the context)")->type_name("N");
    app.add_option("--candidates", candidates_, "Candidates recorded per token, with --json (default: 8)")
        ->type_name("K");
    app.add_flag("--text", as_text_, "Print the text, coloured by probability, instead of a list");
    app.add_flag("--json", json_, "One token a line, as JSON");
  }

  int run(const Program& program) override {
    auto text = read_text();
    if (!text) {
      fail(text.error());
      return kUsage;
    }
    auto path = find_model(model_, program.settings.models, program.paths);
    if (!path) return fail(path.error());
    auto session = EngineSession::start(program);
    if (!session) return fail(session.error());
    auto info = (*session)->load(*path, program.settings.engine);
    if (!info) return fail(info.error());
    auto prompt = std::make_unique<pb::PromptT>();
    prompt->text = std::move(*text);
    auto tokens = (*session)->tokenize(std::move(prompt));
    if (!tokens) return fail(tokens.error());
    auto scored = score(**session, *info, *tokens);
    if (!scored) return fail(scored.error());
    return (*session)->interrupted() ? kInterrupted : kOk;
  }

 private:
  Result<std::string> read_text() const {
    if (text_.has_value() == file_.has_value()) {
      return Error{ErrorCode::kInvalidArgument, "Give the text with either --file or -p.",
                   "For example: inferno score model.gguf --file text.txt"};
    }
    return file_ ? read_text_file(*file_) : Result<std::string>(*text_);
  }

  Result<void> score(EngineSession& session, const pb::ModelInfoT& info, const pb::TokensT& tokens) {
    std::vector<std::int32_t> ids;
    for (const auto& token : tokens.tokens) ids.push_back(token->id);
    const bool has_bos = info.tokenizer && info.tokenizer->adds_bos && info.tokenizer->bos;
    // Later windows begin with BOS, too, which takes one place.
    const std::size_t size = std::max<std::size_t>(info.n_ctx, 2) - (has_bos ? 1 : 0);
    const std::size_t stride = std::clamp<std::size_t>(stride_.value_or(size / 2), 1, size);
    const auto windows = score_windows(ids.size(), size, stride);
    // On standard output, unless a script or the text itself is there.
    std::FILE* words = json_ || as_text_ ? stderr : stdout;
    if (windows.size() > 1) {
      fmt::print(words, "{} tokens in {} windows of {}, each {} after the one before.\n", ids.size(), windows.size(),
                 size, stride);
    }
    ProgressBar bar(windows.size() > 1 && ::isatty(STDOUT_FILENO) == 0);
    for (const ScoreWindow& window : windows) {
      std::vector<std::int32_t> part(ids.begin() + static_cast<std::ptrdiff_t>(window.begin),
                                     ids.begin() + static_cast<std::ptrdiff_t>(window.end));
      const bool bos_added = has_bos && window.begin > 0;
      if (bos_added) part.insert(part.begin(), info.tokenizer->bos->id);
      if (auto done = score_window(session, window, std::move(part), bos_added); !done) return done.error();
      if (session.interrupted()) break;
      bar.update(static_cast<double>(window.end) / static_cast<double>(ids.size()), "scoring");
    }
    bar.clear();
    if (as_text_) printer_.end();
    print_totals(words);
    return {};
  }

  Result<void> score_window(EngineSession& session, const ScoreWindow& window, std::vector<std::int32_t> ids,
                            bool bos_added) {
    pb::StartRunT start;
    start.prompt = std::make_unique<pb::PromptT>();
    start.prompt->ids = std::move(ids);
    start.limits = std::make_unique<pb::LimitsT>();
    start.limits->n_predict = 0;
    start.capture = std::make_unique<pb::CaptureT>();
    start.capture->n_prompt_candidates = json_ ? candidates_.value_or(8) : 0;
    auto finished = session.run(start, [&](std::span<const std::uint8_t> bytes) {
      const auto* prompt = pb::envelope_of(bytes).body_as_PromptTokens();
      if (prompt == nullptr) return;
      for (const pb::Step* step : *prompt->tokens()) {
        const std::size_t shift = bos_added ? 1 : 0;
        if (step->position() < shift) continue;
        const std::size_t position = window.begin + step->position() - shift;
        if (position >= window.first_scored) show(*step, static_cast<std::uint32_t>(position));
      }
    });
    if (!finished) return finished.error();
    if (!finished->error) return {};
    return Error{static_cast<ErrorCode>(finished->error->code), finished->error->message, finished->error->hint};
  }

  void show(const pb::Step& step, std::uint32_t position) {
    statistics_.add(step, position);
    if (as_text_) return printer_.print(step);
    if (json_) return show_json(step, position);
    const auto logprob = step.raw_logprob();
    const std::string numbers = logprob ? fmt::format("{:>10.4f} {:>8} {:>7}", *logprob, percent(std::exp(*logprob)),
                                                      step.rank() ? fmt::format("{}", *step.rank()) : "")
                                        : fmt::format("{:>10} {:>8} {:>7}", "–", "", "");
    if (position == 0) {
      fmt::print("{}\n", out_.dim(fmt::format("{:>7} {:>8} {:>10} {:>8} {:>7}  {}", "place", "id", "log-prob.", "prob.",
                                              "rank", "token")));
    }
    fmt::print("{:>7} {:>8} {}  {}\n", position, step.token()->id(), numbers,
               logprob ? out_.coloured(quoted(step.token()), std::exp(*logprob)) : quoted(step.token()));
  }

  void show_json(const pb::Step& step, std::uint32_t position) {
    line_.clear();
    if (position == step.position()) {
      pb::append_json(step, line_);
    } else {
      std::unique_ptr<pb::StepT> moved(step.UnPack());
      moved->position = position;
      flatbuffers::FlatBufferBuilder builder;
      builder.Finish(pb::CreateStep(builder, moved.get()));
      pb::append_json(*flatbuffers::GetRoot<pb::Step>(builder.GetBufferPointer()), line_);
    }
    fmt::print("{}\n", line_);
  }

  void print_totals(std::FILE* to) const {
    if (!statistics_.perplexity())
      return fmt::print(to, "{} tokens; none has a probability.\n", statistics_.n_tokens());
    fmt::print(to, "{} tokens, {} of them scored. Sum of log-probabilities {:.4f}, mean {:.4f}, perplexity {:.4f}.\n",
               statistics_.n_tokens(), statistics_.n_scored(), statistics_.sum_logprob(), *statistics_.mean_logprob(),
               *statistics_.perplexity());
  }

  std::string model_;
  std::optional<std::string> text_;
  std::optional<std::string> file_;
  std::optional<std::size_t> stride_;
  std::optional<std::uint32_t> candidates_;
  bool as_text_ = false;
  bool json_ = false;
  Terminal out_ = Terminal::of(stdout, ColourChoice::kAuto);
  TokenPrinter printer_{stdout, out_};
  RunStatistics statistics_;
  std::string line_;
};

}  // namespace

std::unique_ptr<Verb> make_score_verb() { return std::make_unique<ScoreVerb>(); }

}  // namespace inferno::cli
