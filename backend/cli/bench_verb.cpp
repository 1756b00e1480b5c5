#include <cstdio>
#include <limits>
#include <map>
#include <optional>

#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include "cli/bench_figures.h"
#include "cli/bench_relay.h"
#include "cli/branch_bench.h"
#include "cli/engine_session.h"
#include "cli/json_object.h"
#include "cli/option_helpers.h"
#include "cli/paths.h"
#include "cli/progress_bar.h"
#include "cli/sampler_flags.h"
#include "cli/verb.h"

namespace inferno::cli {

namespace {

struct Round {
  std::optional<double> bare_tokens_per_s;
  std::optional<double> captured_tokens_per_s;
  std::optional<double> armed_tokens_per_s;             // captured, with breakpoints set
  double decode_us = 0, sample_us = 0, capture_us = 0;  // per token, of the captured one
};

double tokens_per_s(const pb::BenchRound& round) { return round.n_tokens() / (round.total_us() / 1e6); }

std::unique_ptr<pb::ConditionT> condition(pb::ConditionKind kind, std::optional<float> threshold = {},
                                          std::optional<std::uint32_t> n = {}) {
  auto out = std::make_unique<pb::ConditionT>();
  out->kind = kind;
  if (threshold) out->threshold = *threshold;
  if (n) out->n = *n;
  return out;
}

// One breakpoint for each kind of condition, all judged at every token: none is met in
// the first place, or what would meet it is passed by.
std::vector<std::unique_ptr<pb::BreakpointT>> every_breakpoint() {
  using Kind = pb::ConditionKind;
  std::vector<std::unique_ptr<pb::ConditionT>> conditions;
  conditions.push_back(condition(Kind::TokenIs));
  conditions.back()->ids = {0};
  conditions.push_back(condition(Kind::TextMatches));
  conditions.back()->text = "what no story says";
  conditions.push_back(condition(Kind::PatternMatches));
  conditions.back()->text = "[0-9]{4}-[0-9]{2}-[0-9]{2}";
  conditions.push_back(condition(Kind::RawProbBelow, 1e-6f));
  conditions.push_back(condition(Kind::FinalProbBelow, 1e-6f));
  conditions.push_back(condition(Kind::EntropyAbove, 12.0f));
  conditions.push_back(condition(Kind::RankAbove, {}, 1000));
  conditions.push_back(condition(Kind::StageRemovedTop));
  conditions.push_back(condition(Kind::NearTie, 1e-5f));
  conditions.push_back(condition(Kind::TokenInTop, {}, 10));
  conditions.back()->ids = {0};
  conditions.push_back(condition(Kind::Repetition, {}, 8));
  conditions.push_back(condition(Kind::EndOfTextAbove, 0.99f));
  conditions.push_back(condition(Kind::PositionIs, {}, 0));
  conditions.push_back(condition(Kind::EveryNth, {}, 1'000'000'000));
  std::vector<std::unique_ptr<pb::BreakpointT>> all;
  for (auto& one : conditions) {
    auto& breakpoint = all.emplace_back(std::make_unique<pb::BreakpointT>());
    breakpoint->id = static_cast<std::uint32_t>(all.size());
    breakpoint->ignore = std::numeric_limits<std::uint32_t>::max();
    breakpoint->conditions.push_back(std::move(one));
  }
  return all;
}

class BenchVerb final : public Verb {
 public:
  std::string name() const override { return "bench"; }
  std::string about() const override { return "Measure what recording everything costs in speed"; }
  std::vector<std::string_view> sections() const override { return {"engine", "sampling", "models"}; }

  std::string help_footer() const override {
    return "Examples:\n"
           "  inferno bench model.gguf\n"
           "  inferno bench model.gguf --tokens 128 --rounds 21\n"
           "  inferno bench model.gguf --websocket      with a client that reads every step\n"
           "  inferno bench model.gguf --branches 16    what decoding branches together is worth\n"
           "  inferno bench model.gguf --breakpoints    what breakpoints cost that are set and not hit\n"
           "  inferno bench model.gguf --json\n"
           "\n"
           "Rounds of the bare decode loop alternate, in one process, with rounds that record all of a\n"
           "step (candidates, statistics, the sampler's trace) and send it to a reader. The figure is\n"
           "the ratio of their speeds, round by round; 1 means that recording costs nothing. With\n"
           "--breakpoints there are rounds with one breakpoint of every kind set, too, compared with those\n"
           "that record. Other work\n"
           "on the machine widens the spread: look at the quartiles before believing the median.";
  }

  void add_options(CLI::App& app) override {
    app.add_option("model", model_, "A GGUF file, or its name in one of the model folders")
        ->required()
        ->type_name("MODEL");
    app.add_option("-p,--prompt", prompt_, "The prompt")->capture_default_str()->type_name("TEXT");
    app.add_option("-n,--tokens", n_tokens_, "Tokens per round")
        ->capture_default_str()
        ->type_name("N")
        ->check(unsaid(CLI::PositiveNumber));
    app.add_option("--rounds", n_rounds_, "Rounds of each kind")
        ->capture_default_str()
        ->type_name("N")
        ->check(unsaid(CLI::PositiveNumber));
    app.add_option("--candidates", candidates_, "Candidates recorded per step (default: 64)")->type_name("K");
    app.add_flag("--breakpoints", breakpoints_, "Rounds with one breakpoint of every kind set, too");
    app.add_flag("--websocket", websocket_, "Send the steps on to a WebSocket client on loopback");
    app.add_option("--branches", branches_,
                   "Compare so many branches, decoded together and one after the other, instead")
        ->type_name("N")
        ->check(unsaid(CLI::PositiveNumber));
    app.add_flag("--json", json_, "As JSON");
  }

  int run(const Program& program) override {
    auto bench = make_bench(program.settings);
    if (!bench) {
      fail(bench.error());
      return kUsage;
    }
    auto path = find_model(model_, program.settings.models, program.paths);
    if (!path) return fail(path.error());
    auto session = EngineSession::start(program);
    if (!session) return fail(session.error());
    auto info = (*session)->load(*path, program.settings.engine);
    if (!info) return fail(info.error());
    if (branches_) {
      const auto done = bench_branches(**session, *info, {prompt_, *branches_, n_tokens_, n_rounds_, json_});
      return done ? kOk : fail(done.error());
    }
    auto measured = measure(**session, std::move(*bench));
    if (!measured) return fail(measured.error());
    return report(*info);
  }

 private:
  Result<pb::BenchT> make_bench(const Settings& settings) const {
    pb::BenchT bench;
    bench.prompt = std::make_unique<pb::PromptT>();
    bench.prompt->text = prompt_;
    auto sampler = sampler_chain(settings.sampling);
    if (!sampler) return sampler.error();
    bench.sampler = std::move(*sampler);
    bench.seed = static_cast<std::uint32_t>(settings.sampling.seed.value_or(1));
    bench.n_tokens = n_tokens_;
    bench.n_rounds = n_rounds_;
    bench.capture = std::make_unique<pb::CaptureT>();
    bench.capture->n_candidates = candidates_;
    if (breakpoints_) bench.breakpoints = every_breakpoint();
    return bench;
  }

  Result<void> measure(EngineSession& session, pb::BenchT bench) {
    std::unique_ptr<BenchRelay> relay;
    if (websocket_) {
      auto started = BenchRelay::start(session.io());
      if (!started) return started.error();
      relay = std::move(*started);
    }
    ProgressBar bar(true);
    auto done = session.bench(
        std::move(bench),
        [&relay](std::span<const std::uint8_t> bytes) {
          if (relay) relay->send(bytes);
        },
        [&](const pb::WorkerMessage& message) {
          if (const auto* round = message.body_as_BenchRound()) add_round(*round, bar);
        });
    bar.clear();
    if (!done) return done.error();
    prompt_tokens_per_s_ = done->prompt_tokens_per_s;
    if (relay) {
      relay->finish();
      steps_sent_ = relay->steps_sent();
      steps_received_ = relay->steps_received();
      bytes_received_ = relay->bytes_received();
    }
    if (ratios().empty()) return Error{ErrorCode::kInternal, "The engine reported no complete round.", {}};
    return {};
  }

  void add_round(const pb::BenchRound& from, ProgressBar& bar) {
    Round& round = rounds_[from.round()];
    if (from.armed()) {
      round.armed_tokens_per_s = tokens_per_s(from);
    } else if (from.captured()) {
      const double n = from.n_tokens();
      round.captured_tokens_per_s = tokens_per_s(from);
      round.decode_us = from.decode_us() / n;
      round.sample_us = from.sample_us() / n;
      round.capture_us = from.capture_us() / n;
    } else {
      round.bare_tokens_per_s = tokens_per_s(from);
    }
    bar.update(static_cast<double>(rounds_.size()) / n_rounds_, fmt::format("round {}", rounds_.size()));
  }

  std::vector<double> ratios() const {
    std::vector<double> all;
    for (const auto& [number, round] : rounds_) {
      if (round.bare_tokens_per_s && round.captured_tokens_per_s) {
        all.push_back(*round.captured_tokens_per_s / *round.bare_tokens_per_s);
      }
    }
    return all;
  }

  // Of the rounds with breakpoints set, to those that only record.
  std::vector<double> armed_ratios() const {
    std::vector<double> all;
    for (const auto& [number, round] : rounds_) {
      if (round.captured_tokens_per_s && round.armed_tokens_per_s) {
        all.push_back(*round.armed_tokens_per_s / *round.captured_tokens_per_s);
      }
    }
    return all;
  }

  int report(const pb::ModelInfoT& info) const {
    const Spread ratio = spread_of(ratios());
    if (json_) {
      fmt::print("{}\n", json(info, ratio));
    } else {
      print(info, ratio);
    }
    if (websocket_ && steps_received_ != steps_sent_) {
      return fail(
          {ErrorCode::kInternal, fmt::format("The client received {} of {} steps.", steps_received_, steps_sent_), {}});
    }
    return kOk;
  }

  void print(const pb::ModelInfoT& info, const Spread& ratio) const {
    fmt::print("{}: {} rounds of {} tokens, {}\n\n", info.description, rounds_.size(), n_tokens_,
               websocket_ ? "steps sent to a WebSocket client" : "steps read by this process");
    fmt::print("round    bare tok/s   all recorded    ratio    per token: decode   sample  capture µs\n");
    for (const auto& [number, round] : rounds_) {
      if (!round.bare_tokens_per_s || !round.captured_tokens_per_s) continue;
      fmt::print("{:>5} {:>13.1f} {:>14.1f} {:>8.4f} {:>19.1f} {:>8.1f} {:>8.1f}\n", number, *round.bare_tokens_per_s,
                 *round.captured_tokens_per_s, *round.captured_tokens_per_s / *round.bare_tokens_per_s, round.decode_us,
                 round.sample_us, round.capture_us);
    }
    fmt::print("\nratio: median {:.4f}, quartiles {:.4f}..{:.4f}, range {:.4f}..{:.4f}\n", ratio.median,
               ratio.lower_quartile, ratio.upper_quartile, ratio.min, ratio.max);
    if (const auto armed = armed_ratios(); !armed.empty()) {
      const Spread spread = spread_of(armed);
      fmt::print("with one breakpoint of every kind set, to recording alone: median {:.4f}, quartiles {:.4f}..{:.4f}\n",
                 spread.median, spread.lower_quartile, spread.upper_quartile);
    }
    fmt::print("prompt: {:.1f} tokens/s\n", prompt_tokens_per_s_);
    if (websocket_) {
      fmt::print("client: {} of {} steps received, {:.1f} MB\n", steps_received_, steps_sent_,
                 static_cast<double>(bytes_received_) / 1e6);
    }
  }

  std::string json(const pb::ModelInfoT& info, const Spread& ratio) const {
    std::string rounds;
    for (const auto& [number, round] : rounds_) {
      rounds += rounds.empty() ? "" : ",";
      rounds += JsonObject()
                    .add("round", number)
                    .add("bare_tokens_per_s", round.bare_tokens_per_s)
                    .add("captured_tokens_per_s", round.captured_tokens_per_s)
                    .add("armed_tokens_per_s", round.armed_tokens_per_s)
                    .add("decode_us", round.decode_us)
                    .add("sample_us", round.sample_us)
                    .add("capture_us", round.capture_us)
                    .text();
    }
    JsonObject object;
    object.add("model", info.path)
        .add("description", info.description)
        .add("tokens_per_round", n_tokens_)
        .add("websocket", websocket_)
        .add_raw("ratio", spread_json(ratio))
        .add("prompt_tokens_per_s", prompt_tokens_per_s_)
        .add_raw("rounds", "[" + rounds + "]");
    if (const auto armed = armed_ratios(); !armed.empty()) object.add_raw("armed_ratio", spread_json(spread_of(armed)));
    if (websocket_) {
      object.add("steps_sent", steps_sent_)
          .add("steps_received", steps_received_)
          .add("bytes_received", bytes_received_);
    }
    return object.text();
  }

  std::string model_;
  std::string prompt_ = "Once upon a time";
  std::uint32_t n_tokens_ = 64;
  std::uint32_t n_rounds_ = 11;
  std::optional<std::uint32_t> candidates_;
  std::optional<std::uint32_t> branches_;
  bool breakpoints_ = false;
  bool websocket_ = false;
  bool json_ = false;

  std::map<std::uint32_t, Round> rounds_;
  double prompt_tokens_per_s_ = 0;
  std::uint64_t steps_sent_ = 0;
  std::uint64_t steps_received_ = 0;
  std::uint64_t bytes_received_ = 0;
};

}  // namespace

std::unique_ptr<Verb> make_bench_verb() { return std::make_unique<BenchVerb>(); }

}  // namespace inferno::cli
