#include "engine/stage_rules.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <string>
#include <utility>

#include "engine/grammar_limits.h"

namespace inferno::engine {
namespace {

constexpr std::array<std::string_view, 18> kNames = {
    "Unset",     "TopK",      "TopP",      "MinP",        "Typical",   "Temperature", "DynamicTemperature",
    "Xtc",       "TopNSigma", "Mirostat1", "Mirostat2",   "Penalties", "Dry",         "AdaptiveP",
    "LogitBias", "Grammar",   "Greedy",    "Distribution"};

// llama.cpp reads this seed as "take a random one", which no recording could repeat.
constexpr std::uint32_t kRandomSeed = 0xFFFFFFFF;
constexpr float kHuge = 1e6f;
// Dividing by less than this would make infinities of ordinary logits.
constexpr float kMinTemperature = 1e-6f;

std::string all_names() {
  std::string names;
  for (std::size_t i = 1; i < kNames.size(); ++i) names.append(i == 1 ? "" : ", ").append(kNames[i]);
  return names;
}

// Reads the parameters of one stage: the default for an absent one, and the first
// complaint about one that is out of its range.
class Parameters {
 public:
  Parameters(const StageSpec& asked, std::size_t index) : asked_(asked), index_(index) {}

  float number(std::optional<float> value, float otherwise, const char* name, float min, float max) {
    const float number = value.value_or(otherwise);
    if (!std::isfinite(number) || number < min || number > max) complain(name, number, min, max);
    return number;
  }
  std::int32_t integer(std::optional<std::int32_t> value, std::int32_t otherwise, const char* name, std::int32_t min,
                       std::int32_t max) {
    const std::int32_t integer = value.value_or(otherwise);
    if (integer < min || integer > max) complain(name, integer, min, max);
    return integer;
  }
  float temperature() {
    const float value = number(asked_.temperature, 0.8f, "temperature", 0, kHuge);
    if (value > 0 && value < kMinTemperature) complain("temperature", value, kMinTemperature, kHuge);
    return value;
  }
  void refuse(ErrorCode code, const std::string& what, const std::string& hint) { refuse(Error{code, what, hint}); }
  void refuse(Error error) {
    if (error_) return;
    error.message = where() + ": " + error.message;
    error_ = std::move(error);
  }
  const std::optional<Error>& error() const { return error_; }

 private:
  std::string where() const {
    return "Sampler stage " + std::to_string(index_ + 1) + " (" + std::string(stage_name(asked_.kind)) + ")";
  }
  template <typename T>
  void complain(const char* name, T value, T min, T max) {
    refuse(ErrorCode::kInvalidArgument, std::string(name) + " is " + short_text(value) + ", which it cannot be.",
           "It can be from " + short_text(min) + " to " + short_text(max) + ".");
  }
  static std::string short_text(std::int32_t value) { return std::to_string(value); }
  static std::string short_text(float value) {
    char text[32];
    std::snprintf(text, sizeof(text), "%g", static_cast<double>(value));
    return text;
  }

  const StageSpec& asked_;
  std::size_t index_;
  std::optional<Error> error_;
};

// How far back a stage looks: -1 is the whole context, and more than that is no
// different from it.
std::int32_t look_back(Parameters& read, const StageSpec& asked, const ChainContext& context) {
  const std::int32_t last_n = read.integer(asked.last_n, 64, "last_n", -1, INT32_MAX);
  const auto n_ctx = static_cast<std::int32_t>(std::min<std::uint32_t>(context.n_ctx, INT32_MAX));
  return last_n < 0 ? n_ctx : std::min(last_n, n_ctx);
}

void read_dry(Parameters& read, const StageSpec& asked, const ChainContext& context, StageSpec& stage) {
  stage.multiplier = read.number(asked.multiplier, 0.8f, "multiplier", 0, kHuge);
  stage.base = read.number(asked.base, 1.75f, "base", 0, kHuge);
  stage.allowed_length = read.integer(asked.allowed_length, 2, "allowed_length", 0, 1 << 20);
  stage.last_n = look_back(read, asked, context);
  stage.breakers = asked.breakers.empty() ? std::vector<std::string>{"\n", ":", "\"", "*"} : asked.breakers;
  if (stage.breakers.size() > kMaxBreakers) {
    read.refuse(ErrorCode::kTooLarge, "there are " + std::to_string(stage.breakers.size()) + " breakers.",
                "There can be " + std::to_string(kMaxBreakers) + ".");
  }
  for (const std::string& breaker : stage.breakers) {
    if (breaker.empty() || breaker.find('\0') != std::string::npos) {
      read.refuse(ErrorCode::kInvalidArgument, "a breaker is empty or holds a NUL character.", "Leave it out.");
    }
  }
  if (!context.has_tokenizer) {
    read.refuse(ErrorCode::kInvalidArgument, "this model has no tokenizer, so its breakers mean nothing.",
                "Leave the stage out.");
  }
}

void read_biases(Parameters& read, const StageSpec& asked, const ChainContext& context, StageSpec& stage) {
  stage.biases = asked.biases;
  std::vector<std::int32_t> ids;
  for (LogitBias& bias : stage.biases) {
    if (bias.id < 0 || static_cast<std::uint32_t>(bias.id) >= context.n_vocab) {
      read.refuse(ErrorCode::kInvalidArgument, "there is no token " + std::to_string(bias.id) + ".",
                  "Tokens are numbered from 0 to " + std::to_string(context.n_vocab - 1) + ".");
    }
    if (bias.ban) bias.bias = 0;
    read.number(bias.bias, 0, "bias", -kHuge, kHuge);
    ids.push_back(bias.id);
  }
  std::sort(ids.begin(), ids.end());
  const auto twice = std::adjacent_find(ids.begin(), ids.end());
  if (twice != ids.end()) {
    read.refuse(ErrorCode::kInvalidArgument, "token " + std::to_string(*twice) + " is given twice.",
                "Give each token one bias.");
  }
}

void read_grammar(Parameters& read, const StageSpec& asked, const ChainContext& context, StageSpec& stage) {
  stage.grammar = asked.grammar;
  stage.json_schema = asked.json_schema;
  stage.root = asked.root.empty() ? "root" : asked.root;
  if (asked.grammar.empty() == asked.json_schema.empty()) {
    read.refuse(ErrorCode::kBadGrammar,
                asked.grammar.empty() ? "there is neither a grammar nor a JSON schema."
                                      : "there is a grammar and a JSON schema.",
                "Give one of them.");
  }
  if (!context.has_tokenizer) {
    read.refuse(ErrorCode::kBadGrammar, "this model has no tokenizer, so a grammar cannot be followed.",
                "Leave the stage out.");
  }
  if (stage.root.find('\0') != std::string::npos) {
    read.refuse(ErrorCode::kBadGrammar, "the name of the root rule holds a NUL character.", "");
  }
  const Result<void> limits =
      check_grammar_limits(stage.grammar.empty() ? stage.json_schema : stage.grammar, stage.grammar.empty());
  if (!limits) read.refuse(limits.error());
}

void read_parameters(Parameters& read, const StageSpec& asked, const ChainContext& context, StageSpec& stage) {
  const auto min_keep = [&] { stage.min_keep = asked.min_keep.value_or(1); };
  const auto seed = [&] { stage.seed = names_seed(asked) ? *asked.seed : context.seed; };
  const auto surprise = [&] {
    stage.tau = read.number(asked.tau, 5, "tau", 0, kHuge);
    stage.eta = read.number(asked.eta, 0.1f, "eta", 0, kHuge);
    seed();
  };
  switch (stage.kind) {
    case StageKind::kUnset:
    case StageKind::kGreedy:
      break;
    case StageKind::kTopK:
      stage.k = read.integer(asked.k, 40, "k", 0, INT32_MAX);
      break;
    case StageKind::kTopP:
      stage.p = read.number(asked.p, 0.95f, "p", 0, 1), min_keep();
      break;
    case StageKind::kMinP:
      stage.p = read.number(asked.p, 0.05f, "p", 0, 1), min_keep();
      break;
    case StageKind::kTypical:
      stage.p = read.number(asked.p, 1, "p", 0, 1), min_keep();
      break;
    case StageKind::kTemperature:
      stage.temperature = read.temperature();
      break;
    case StageKind::kDynamicTemperature:
      stage.temperature = read.temperature();
      stage.range = read.number(asked.range, 0, "range", 0, kHuge);
      stage.exponent = read.number(asked.exponent, 1, "exponent", 0, kHuge);
      break;
    case StageKind::kXtc:
      stage.probability = read.number(asked.probability, 0.5f, "probability", 0, 1);
      stage.threshold = read.number(asked.threshold, 0.1f, "threshold", 0, 1);
      min_keep(), seed();
      break;
    case StageKind::kTopNSigma:
      stage.n = read.number(asked.n, 1, "n", 0, kHuge);
      break;
    case StageKind::kMirostat1:
      stage.m = read.integer(asked.m, 100, "m", 1, INT32_MAX);
      surprise();
      break;
    case StageKind::kMirostat2:
      surprise();
      break;
    case StageKind::kPenalties:
      stage.last_n = look_back(read, asked, context);
      stage.repeat = read.number(asked.repeat, 1.1f, "repeat", 1e-3f, kHuge);
      stage.frequency = read.number(asked.frequency, 0, "frequency", -kHuge, kHuge);
      stage.presence = read.number(asked.presence, 0, "presence", -kHuge, kHuge);
      break;
    case StageKind::kDry:
      read_dry(read, asked, context, stage);
      break;
    case StageKind::kAdaptiveP:
      stage.target = read.number(asked.target, 0.5f, "target", -1, 1);
      stage.decay = read.number(asked.decay, 0.9f, "decay", 0, 0.99f);
      seed();
      break;
    case StageKind::kLogitBias:
      read_biases(read, asked, context, stage);
      break;
    case StageKind::kGrammar:
      read_grammar(read, asked, context, stage);
      break;
    case StageKind::kDistribution:
      seed();
      break;
  }
}

}  // namespace

std::string_view stage_name(StageKind kind) {
  const auto index = static_cast<std::size_t>(kind);
  return index < kNames.size() ? kNames[index] : kNames[0];
}

bool names_seed(const StageSpec& asked) { return asked.seed.value_or(kRandomSeed) != kRandomSeed; }

bool stage_chooses(StageKind kind) {
  return kind == StageKind::kGreedy || kind == StageKind::kDistribution || kind == StageKind::kMirostat1 ||
         kind == StageKind::kMirostat2 || kind == StageKind::kAdaptiveP;
}

Result<StageSpec> resolve_stage(const StageSpec& asked, std::size_t index, const ChainContext& context) {
  if (asked.kind == StageKind::kUnset || static_cast<std::size_t>(asked.kind) >= kNames.size()) {
    return Error{ErrorCode::kUnknownSampler,
                 "Sampler stage " + std::to_string(index + 1) + " has no kind that is known.",
                 "The kinds are " + all_names() + "."};
  }
  StageSpec stage;
  stage.kind = asked.kind;
  Parameters read(asked, index);
  read_parameters(read, asked, context, stage);
  if (read.error()) return *read.error();
  return stage;
}

}  // namespace inferno::engine
