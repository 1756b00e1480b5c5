#include "cli/sampler_flags.h"

#include <algorithm>
#include <charconv>
#include <functional>
#include <sstream>

#include <fmt/format.h>

#include "cli/suggest.h"
#include "cli/text_input.h"
#include "protocol/json.h"
#include "protocol/message.h"

namespace inferno::cli {

namespace {

using pb::LogitBiasT;
using pb::SamplerStageT;
using pb::StageKind;
using Sm = SamplingSettings;

Error bad(std::string message, std::string hint = {}) {
  return Error{ErrorCode::kInvalidArgument, std::move(message), std::move(hint)};
}

template <typename Field, typename Given>
void set(Field& field, const std::optional<Given>& given) {
  if (given) field = static_cast<std::decay_t<decltype(*field)>>(*given);
}

Result<std::unique_ptr<LogitBiasT>> parse_bias(const std::string& text) {
  auto bias = std::make_unique<LogitBiasT>();
  const std::size_t equals = text.find('=');
  const char* end = text.data() + text.size();
  bool good = equals != std::string::npos;
  if (good) {
    const auto [stop, error] = std::from_chars(text.data(), text.data() + equals, bias->id);
    good = error == std::errc{} && stop == text.data() + equals;
  }
  if (good && text.substr(equals + 1) == "ban") {
    bias->ban = true;
  } else if (good) {
    const char* begin = text.data() + equals + 1;
    if (begin != end && *begin == '+') ++begin;
    const auto [stop, error] = std::from_chars(begin, end, bias->bias);
    good = error == std::errc{} && stop == end;
  }
  if (!good) {
    return bad(fmt::format("The logit bias '{}' is not of the form ID=BIAS or ID=ban.", text),
               "For example --logit-bias 13=-2.5 or --logit-bias 13=ban; `inferno tokenize` shows ids.");
  }
  return bias;
}

// How one kind of stage is called and filled from the settings.
struct StageForm {
  const char* name;
  StageKind kind;
  std::function<bool(const Sm&)> wanted;  // by the settings, where no order is given
  std::function<void(const Sm&, SamplerStageT&)> fill;
};

bool has_mirostat(const Sm& s) { return s.mirostat.value_or(0) != 0; }
bool truncates(const Sm& s) { return !s.greedy && !has_mirostat(s); }
bool has_penalties(const Sm& s) {
  return s.repeat_penalty || s.frequency_penalty || s.presence_penalty || s.repeat_last_n;
}
bool has_dry(const Sm& s) {
  return s.dry_multiplier || s.dry_base || s.dry_allowed_length || s.dry_last_n || !s.dry_breakers.empty();
}
bool has_dynamic_temperature(const Sm& s) { return s.dynatemp_range || s.dynatemp_exponent; }
bool never(const Sm&) { return false; }

void fill_probability(const std::optional<double>& p, const Sm& s, SamplerStageT& stage) {
  set(stage.p, p);
  set(stage.min_keep, s.min_keep);
}

void fill_penalties(const Sm& s, SamplerStageT& stage) {
  set(stage.last_n, s.repeat_last_n);
  // With another penalty asked for, the repetition penalty's own default must not join in.
  stage.repeat = static_cast<float>(s.repeat_penalty.value_or(s.frequency_penalty || s.presence_penalty ? 1.0 : 1.1));
  set(stage.frequency, s.frequency_penalty);
  set(stage.presence, s.presence_penalty);
}

void fill_dry(const Sm& s, SamplerStageT& stage) {
  set(stage.multiplier, s.dry_multiplier);
  set(stage.base, s.dry_base);
  set(stage.allowed_length, s.dry_allowed_length);
  set(stage.last_n, s.dry_last_n);
  stage.breakers = s.dry_breakers;
}

void fill_mirostat(const Sm& s, SamplerStageT& stage) {
  set(stage.tau, s.mirostat_tau);
  set(stage.eta, s.mirostat_eta);
}

void fill_temperature(const Sm& s, SamplerStageT& stage) { set(stage.temperature, s.temperature); }

void fill_dynamic_temperature(const Sm& s, SamplerStageT& stage) {
  fill_temperature(s, stage);
  set(stage.range, s.dynatemp_range);
  set(stage.exponent, s.dynatemp_exponent);
}

void fill_xtc(const Sm& s, SamplerStageT& stage) {
  set(stage.probability, s.xtc_probability);
  set(stage.threshold, s.xtc_threshold);
  set(stage.min_keep, s.min_keep);
}

void fill_adaptive(const Sm& s, SamplerStageT& stage) {
  set(stage.target, s.adaptive_target);
  set(stage.decay, s.adaptive_decay);
}

void fill_nothing(const Sm&, SamplerStageT&) {}

// In the usual order.
const std::vector<StageForm>& forms() {
  static const std::vector<StageForm> all{
      {"logit_bias", StageKind::LogitBias, [](const Sm& s) { return !s.logit_bias.empty(); }, fill_nothing},
      {"grammar", StageKind::Grammar,
       [](const Sm& s) { return !s.grammar_file.empty() || !s.json_schema_file.empty(); }, fill_nothing},
      {"penalties", StageKind::Penalties, has_penalties, fill_penalties},
      {"dry", StageKind::Dry, has_dry, fill_dry},
      {"top_n_sigma", StageKind::TopNSigma, [](const Sm& s) { return truncates(s) && s.top_n_sigma; },
       [](const Sm& s, SamplerStageT& stage) { set(stage.n, s.top_n_sigma); }},
      {"top_k", StageKind::TopK, truncates, [](const Sm& s, SamplerStageT& stage) { set(stage.k, s.top_k); }},
      {"typical", StageKind::Typical, [](const Sm& s) { return truncates(s) && s.typical; },
       [](const Sm& s, SamplerStageT& stage) { fill_probability(s.typical, s, stage); }},
      {"top_p", StageKind::TopP, truncates,
       [](const Sm& s, SamplerStageT& stage) { fill_probability(s.top_p, s, stage); }},
      {"min_p", StageKind::MinP, truncates,
       [](const Sm& s, SamplerStageT& stage) { fill_probability(s.min_p, s, stage); }},
      {"xtc", StageKind::Xtc, [](const Sm& s) { return truncates(s) && (s.xtc_probability || s.xtc_threshold); },
       fill_xtc},
      {"temperature", StageKind::Temperature, [](const Sm& s) { return !s.greedy && !has_dynamic_temperature(s); },
       fill_temperature},
      {"dynamic_temperature", StageKind::DynamicTemperature,
       [](const Sm& s) { return !s.greedy && has_dynamic_temperature(s); }, fill_dynamic_temperature},
      {"greedy", StageKind::Greedy, [](const Sm& s) { return s.greedy; }, fill_nothing},
      {"mirostat1", StageKind::Mirostat1, [](const Sm& s) { return !s.greedy && s.mirostat == 1; }, fill_mirostat},
      {"mirostat2", StageKind::Mirostat2, [](const Sm& s) { return !s.greedy && s.mirostat == 2; }, fill_mirostat},
      {"adaptive_p", StageKind::AdaptiveP,
       [](const Sm& s) { return truncates(s) && (s.adaptive_target || s.adaptive_decay); }, fill_adaptive},
      {"distribution", StageKind::Distribution, never, fill_nothing},
  };
  return all;
}

bool chooses(StageKind kind) {
  return kind == StageKind::Greedy || kind == StageKind::Distribution || kind == StageKind::Mirostat1 ||
         kind == StageKind::Mirostat2 || kind == StageKind::AdaptiveP;
}

Result<void> fill_from_files(const Sm& s, SamplerStageT& stage) {
  if (!s.grammar_file.empty()) {
    auto text = read_text_file(s.grammar_file);
    if (!text) return text.error();
    stage.grammar = std::move(*text);
  } else if (!s.json_schema_file.empty()) {
    auto text = read_text_file(s.json_schema_file);
    if (!text) return text.error();
    stage.json_schema = std::move(*text);
  } else {
    return bad("The stage 'grammar' wants a grammar.", "Give one with --grammar FILE or --json-schema FILE.");
  }
  return {};
}

Result<std::unique_ptr<SamplerStageT>> make_stage(const StageForm& form, const Sm& s) {
  auto stage = std::make_unique<SamplerStageT>();
  stage->kind = form.kind;
  form.fill(s, *stage);
  if (form.kind == StageKind::Grammar) {
    if (auto filled = fill_from_files(s, *stage); !filled) return filled.error();
  }
  if (form.kind == StageKind::LogitBias) {
    for (const std::string& text : s.logit_bias) {
      auto bias = parse_bias(text);
      if (!bias) return bias.error();
      stage->biases.push_back(std::move(*bias));
    }
  }
  return stage;
}

std::string trimmed(const std::string& text) {
  const auto begin = text.find_first_not_of(" \t");
  if (begin == std::string::npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t") - begin + 1);
}

Result<std::vector<const StageForm*>> forms_in_order(const std::string& order) {
  std::vector<const StageForm*> chosen;
  std::istringstream names(order);
  for (std::string part; std::getline(names, part, ';');) {
    const std::string name = trimmed(part);
    if (name.empty()) continue;
    const auto form =
        std::find_if(forms().begin(), forms().end(), [&](const StageForm& one) { return one.name == name; });
    if (form == forms().end()) {
      return Error{ErrorCode::kUnknownSampler,
                   fmt::format("There is no sampler stage '{}'{}", name, suggestion(name, stage_names())),
                   fmt::format("The stages are: {}.", fmt::join(stage_names(), ", "))};
    }
    chosen.push_back(&*form);
  }
  return chosen;
}

Result<SamplerChain> chain_from_file(const std::string& path) {
  auto text = read_text_file(path);
  if (!text) return text.error();
  const auto buffer = pb::envelope_from_json(R"({"body_type":"StartRun","body":{"sampler":)" + *text + "}}");
  if (!buffer)
    return Error{buffer.error().code, fmt::format("{}: {}", path, buffer.error().message), buffer.error().hint};
  std::unique_ptr<pb::EnvelopeT> envelope(pb::envelope_of(*buffer).UnPack());
  return std::move(envelope->body.AsStartRun()->sampler);
}

}  // namespace

const std::vector<std::string>& stage_names() {
  static const std::vector<std::string> names = [] {
    std::vector<std::string> result;
    for (const StageForm& form : forms()) result.emplace_back(form.name);
    return result;
  }();
  return names;
}

std::string_view stage_name(StageKind kind) {
  const auto form =
      std::find_if(forms().begin(), forms().end(), [kind](const StageForm& one) { return one.kind == kind; });
  return form == forms().end() ? "unknown" : form->name;
}

std::optional<StageKind> stage_kind(std::string name) {
  std::replace(name.begin(), name.end(), '-', '_');
  for (const StageForm& form : forms()) {
    if (form.name == name) return form.kind;
  }
  return std::nullopt;
}

Result<SamplerChain> sampler_chain(const SamplingSettings& settings) {
  if (!settings.grammar_file.empty() && !settings.json_schema_file.empty()) {
    return bad("A grammar and a JSON schema were given; only one of them can hold.");
  }
  if (!settings.sampler_file.empty()) return chain_from_file(settings.sampler_file);
  std::vector<const StageForm*> chosen;
  if (!settings.samplers.empty()) {
    auto in_order = forms_in_order(settings.samplers);
    if (!in_order) return in_order.error();
    chosen = std::move(*in_order);
  } else {
    for (const StageForm& form : forms()) {
      if (form.wanted(settings)) chosen.push_back(&form);
    }
  }
  SamplerChain chain;
  for (const StageForm* form : chosen) {
    auto stage = make_stage(*form, settings);
    if (!stage) return stage.error();
    chain.push_back(std::move(*stage));
  }
  if (chain.empty() || !chooses(chain.back()->kind)) {
    chain.push_back(std::make_unique<SamplerStageT>());
    chain.back()->kind = StageKind::Distribution;
  }
  return chain;
}

}  // namespace inferno::cli
