#include <cstdio>
#include <string>

#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include "cli/json_object.h"
#include "cli/option_helpers.h"
#include "cli/replay.h"
#include "cli/verb.h"

namespace inferno::cli {

namespace {

constexpr int kDifferent = 3;

const char* word_of(pb::Verdict verdict) {
  switch (verdict) {
    case pb::Verdict::Identical:
      return "identical";
    case pb::Verdict::WithinTolerance:
      return "within tolerance";
    case pb::Verdict::Different:
      return "different";
    default:
      return "not comparable";
  }
}

std::string json_of(const Replayed& replayed) {
  const auto& compared = replayed.compared;
  const auto number = [](const auto& value) { return value ? fmt::format("{}", *value) : std::string("null"); };
  std::string reasons;
  for (const std::string& reason : compared.reasons) reasons += (reasons.empty() ? "" : ",") + json_string(reason);
  JsonObject out;
  out.add("verdict", word_of(compared.verdict)).add("words", compared.words).add("model", replayed.model);
  out.add("n_compared", compared.n_compared).add("n_identical", compared.n_identical);
  out.add_raw("first_difference", number(compared.first_difference));
  out.add_raw("first_other_token", number(compared.first_other_token));
  out.add_raw("max_logit_difference", number(compared.max_logit_difference));
  out.add_raw("reasons", "[" + reasons + "]");
  return out.text();
}

void print(const Replayed& replayed) {
  const auto& compared = replayed.compared;
  fmt::print("{}: {}\n", word_of(compared.verdict), compared.words);
  if (compared.n_compared > 0 && compared.n_identical < compared.n_compared)
    fmt::print("{} of {} steps are identical.\n", compared.n_identical, compared.n_compared);
  if (!compared.reasons.empty()) fmt::print("What may explain it, likeliest first:\n");
  for (const std::string& reason : compared.reasons) fmt::print("  {}\n", reason);
}

// `replay` tells a person what came of it; `verify` tells a script, by its status.
class ReplayVerb final : public Verb {
 public:
  explicit ReplayVerb(bool verify) : verify_(verify) {}

  std::string name() const override { return verify_ ? "verify" : "replay"; }
  std::string about() const override {
    return verify_ ? "Check that a recorded run comes out the same again, for scripts"
                   : "Decode a recorded run again, and compare every step";
  }
  std::vector<std::string_view> sections() const override { return {"engine", "models", "recordings"}; }

  std::string help_footer() const override {
    const std::string name = this->name();
    std::string text = "Examples:\n  inferno " + name + " 12                          run 12 of the recordings\n" +
                       "  inferno " + name + " dragon.inferno --run 2      the second run of an exported file\n" +
                       "  inferno " + name + " 12 --model other.gguf       what another file makes of it\n" +
                       "\n"
                       "The engine gets the recorded token ids, the chain, the seed and the options that the run was\n"
                       "recorded with, and decodes everything from an empty cache. Where the chain chooses another\n"
                       "token now, that is told, and the recorded one is followed.\n";
    if (verify_) {
      text +=
          "Exit status: 0 for identical or within tolerance, 3 for different, 1 where it could not be\n"
          "compared, 2 for wrong use.\n";
    }
    return text + "Nothing in a file is trusted: it is imported into a folder of its own first.";
  }

  void add_options(CLI::App& app) override {
    app.add_option("recording", source_, "The number of a recorded run, or an exported file")
        ->required()
        ->type_name("RUN|FILE");
    app.add_option("--run", number_, "Which run of the file (default: the first)")->type_name("N");
    app.add_option("--model", options_.model, "Another model file than the recorded one")->type_name("MODEL");
    app.add_option("--seed", options_.seed, "Another seed than the recorded one")->type_name("N");
    app.add_option("--tolerance", options_.tolerance,
                   "Logits that differ by less are as good as equal (default: 0.001)")
        ->type_name("X")
        ->check(unsaid(CLI::NonNegativeNumber));
    app.add_flag("--json", json_, "The result as JSON");
  }

  int run(const Program& program) override {
    auto recorded = RecordedRun::open(source_, number_, program.settings.recordings);
    if (!recorded) return fail(recorded.error());
    const auto replayed = replay(program, **recorded, options_);
    if (!replayed) return fail(replayed.error());
    if (replayed->interrupted) return kInterrupted;
    json_ ? fmt::print("{}\n", json_of(*replayed)) : print(*replayed);
    return status_of(replayed->compared.verdict);
  }

 private:
  int status_of(pb::Verdict verdict) const {
    if (verdict == pb::Verdict::NotComparable) return kFailed;
    return verify_ && verdict == pb::Verdict::Different ? kDifferent : kOk;
  }

  bool verify_;
  std::string source_;
  std::uint32_t number_ = 1;
  ReplayOptions options_;
  bool json_ = false;
};

}  // namespace

std::unique_ptr<Verb> make_replay_verb() { return std::make_unique<ReplayVerb>(false); }
std::unique_ptr<Verb> make_verify_verb() { return std::make_unique<ReplayVerb>(true); }

}  // namespace inferno::cli
