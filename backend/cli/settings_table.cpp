#include "cli/settings_table.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <type_traits>

#include <fmt/format.h>

namespace inferno::cli {

namespace {

using protocol::EngineOptionsT;
using protocol::FlashAttention;
using S = Settings;

Error bad(std::string message) { return Error{ErrorCode::kInvalidArgument, std::move(message), {}}; }

// Stores a value in a field of its own kind; the table keeps kinds and fields together.
template <typename Field>
Result<void> store(Field& field, const Value& value) {
  if constexpr (std::is_same_v<Field, bool>) {
    field = std::get<bool>(value);
  } else if constexpr (std::is_same_v<Field, std::string>) {
    field = std::get<std::string>(value);
  } else if constexpr (std::is_same_v<Field, std::vector<std::string>>) {
    field = std::get<std::vector<std::string>>(value);
  } else if constexpr (std::is_integral_v<Field>) {
    const auto number = std::get<std::int64_t>(value);
    if (!std::in_range<Field>(number)) return bad(fmt::format("{} is out of range", number));
    field = static_cast<Field>(number);
  } else {
    using T = std::decay_t<decltype(*field)>;
    if constexpr (std::is_same_v<T, bool>) {
      field = std::get<bool>(value);
    } else if constexpr (std::is_floating_point_v<T>) {
      field = static_cast<T>(std::get<double>(value));
    } else {
      const auto number = std::get<std::int64_t>(value);
      if (!std::in_range<T>(number)) return bad(fmt::format("{} is out of range", number));
      field = static_cast<T>(number);
    }
  }
  return {};
}

template <typename Part, typename Field>
auto in(Part S::*part, Field Part::*field) {
  return [part, field](S& settings, const Value& value) { return store(settings.*part.*field, value); };
}

// Like in(), for a number with a range.
template <typename Part, typename Field, typename Number>
auto within(Part S::*part, Field Part::*field, Number low, Number high) {
  return [=](S& settings, const Value& value) -> Result<void> {
    const Number number = std::get<Number>(value);
    if (!(number >= low && number <= high)) {
      return bad(high == std::numeric_limits<Number>::max()
                     ? fmt::format("{} is less than {}", number, low)
                     : fmt::format("{} is not between {} and {}", number, low, high));
    }
    return store(settings.*part.*field, value);
  };
}

template <typename Part, typename Field>
auto at_least(Part S::*part, Field Part::*field, std::int64_t low) {
  return within(part, field, low, std::numeric_limits<std::int64_t>::max());
}
template <typename Part, typename Field>
auto at_least(Part S::*part, Field Part::*field, double low) {
  return within(part, field, low, std::numeric_limits<double>::max());
}

Result<void> set_flash_attention(S& settings, const Value& value) {
  const auto& text = std::get<std::string>(value);
  auto& field = settings.engine.flash_attention;
  if (text == "auto") return field = FlashAttention::Auto, Result<void>{};
  if (text == "on") return field = FlashAttention::On, Result<void>{};
  if (text == "off") return field = FlashAttention::Off, Result<void>{};
  return bad(fmt::format("'{}' is not auto, on or off", text));
}

template <typename Field>
auto cache_type(Field EngineOptionsT::*field) {
  return [field](S& settings, const Value& value) -> Result<void> {
    static constexpr std::string_view kTypes[] = {"f32", "f16", "bf16", "q8_0", "q5_1", "q5_0", "q4_1", "q4_0"};
    const auto& text = std::get<std::string>(value);
    if (std::find(std::begin(kTypes), std::end(kTypes), text) == std::end(kTypes)) {
      return bad(fmt::format("'{}' is not one of {}", text, fmt::join(kTypes, ", ")));
    }
    settings.engine.*field = text;
    return {};
  };
}

using K = ValueKind;
using Sv = ServerSettings;
using Md = ModelSettings;
using Rc = RecordingSettings;
using Sm = SamplingSettings;
using En = EngineOptionsT;

std::vector<Setting> server_table() {
  return {
      {"server", "host", K::kText, "--host", "ADDRESS", "Address to listen at", in(&S::server, &Sv::host)},
      {"server", "port", K::kInteger, "--port", "N",
       "Port to listen at; 0: any that is free (default: 7717 or one of the next)",
       within(&S::server, &Sv::port, std::int64_t{0}, std::int64_t{65535})},
      {"server", "open", K::kSwitch, "--open,!--no-browser", "", "Open the page in a browser where there is a display",
       in(&S::server, &Sv::open)},
      {"server", "allow_remote", K::kSwitch, "--allow-remote", "",
       "Allow an address that other machines reach; the connection is not encrypted",
       in(&S::server, &Sv::allow_remote)},
      {"server", "allow_hosts", K::kList, "--allow-host", "NAME",
       "A further host name under which browsers may reach the server; may be repeated",
       in(&S::server, &Sv::allowed_hosts)},
      {"server", "ui", K::kText, "--ui", "DIR", "Folder with the studio's files", in(&S::server, &Sv::ui)},
      {"server", "token_file", K::kText, "--token-file", "FILE",
       "Write the access token to this file, readable by you alone", in(&S::server, &Sv::token_file)},
      {"server", "run_memory_mib", K::kInteger, "--run-memory-mib", "N",
       "Memory for runs, in MiB; what does not fit is read from the recordings, or forgotten (default: 1024)",
       at_least(&S::server, &Sv::run_memory_mib, std::int64_t{1})},
      {"server", "stall_timeout", K::kInteger, "--stall-timeout", "SECONDS",
       "End an engine that works on a run for so long without getting anywhere; 0: never (default: 120)",
       at_least(&S::server, &Sv::stall_timeout_s, std::int64_t{0})},
      {"models", "folders", K::kList, "--model-dir", "DIR",
       "A further folder whose GGUF files are offered; may be repeated", in(&S::models, &Md::folders)},
      {"models", "default", K::kText, "", "FILE", "The model `inferno serve` and `inferno run` take when none is named",
       in(&S::models, &Md::default_model)},
      {"models", "demo", K::kText, "--demo-model", "FILE",
       "The model offered as \"demo\", in place of the one that came with the program; none: no demo",
       in(&S::models, &Md::demo)},
  };
}

std::vector<Setting> recordings_table() {
  return {
      {"recordings", "record", K::kSwitch, "--record,!--no-record", "", "Record every run on disk (default: yes)",
       in(&S::recordings, &Rc::record)},
      {"recordings", "data_dir", K::kText, "--data-dir", "DIR",
       "Folder of the recordings (default: ~/.local/share/inferno)", in(&S::recordings, &Rc::data_dir)},
      {"recordings", "keep_mib", K::kInteger, "--keep-mib", "N",
       "At each start, delete the oldest recordings until the rest takes at most N MiB; 0: keep all (default)",
       at_least(&S::recordings, &Rc::keep_mib, std::int64_t{0})},
      {"recordings", "keep_days", K::kInteger, "--keep-days", "N",
       "At each start, delete recordings older than N days; 0: keep all (default)",
       at_least(&S::recordings, &Rc::keep_days, std::int64_t{0})},
  };
}

std::vector<Setting> engine_table() {
  return {
      {"engine", "ctx_size", K::kInteger, "-c,--ctx-size", "N",
       "Tokens of context (default: the model's own, at most 8192, bounded by memory)",
       at_least(&S::engine, &En::n_ctx, std::int64_t{1})},
      {"engine", "batch_size", K::kInteger, "-b,--batch-size", "N", "Prompt tokens per batch",
       at_least(&S::engine, &En::n_batch, std::int64_t{1})},
      {"engine", "ubatch_size", K::kInteger, "--ubatch-size", "N", "Prompt tokens computed at once",
       at_least(&S::engine, &En::n_ubatch, std::int64_t{1})},
      {"engine", "threads", K::kInteger, "-t,--threads", "N", "Threads that generate (default: the physical cores)",
       at_least(&S::engine, &En::n_threads, std::int64_t{1})},
      {"engine", "threads_batch", K::kInteger, "--threads-batch", "N", "Threads that read the prompt",
       at_least(&S::engine, &En::n_threads_batch, std::int64_t{1})},
      {"engine", "gpu_layers", K::kInteger, "--gpu-layers", "N", "Layers put on a GPU; -1: all",
       at_least(&S::engine, &En::n_gpu_layers, std::int64_t{-1})},
      {"engine", "flash_attn", K::kText, "--flash-attn", "auto|on|off", "Flash attention", set_flash_attention},
      {"engine", "cache_type_k", K::kText, "--cache-type-k", "TYPE",
       "Type of the cache's keys: f32 f16 bf16 q8_0 q5_1 q5_0 q4_1 q4_0", cache_type(&En::cache_type_k)},
      {"engine", "cache_type_v", K::kText, "--cache-type-v", "TYPE", "Type of the cache's values",
       cache_type(&En::cache_type_v)},
      {"engine", "mmap", K::kSwitch, "--mmap,!--no-mmap", "", "Map the file into memory instead of reading it",
       in(&S::engine, &En::use_mmap)},
      {"engine", "mlock", K::kSwitch, "--mlock", "", "Keep the weights from being swapped out",
       in(&S::engine, &En::use_mlock)},
      {"engine", "check_tensors", K::kSwitch, "--check-tensors", "", "Look for invalid weights while loading",
       in(&S::engine, &En::check_tensors)},
      {"engine", "rpc", K::kList, "--rpc", "HOST:PORT",
       "A machine running llama.cpp's rpc-server to share the model with; may be repeated",
       in(&S::engine, &En::rpc_servers)},
      {"engine", "ignore_memory", K::kSwitch, "--ignore-memory", "",
       "Load although the estimate says that it will not fit", in(&S::engine, &En::ignore_memory)},
  };
}

std::vector<Setting> sampling_table() {
  const auto probability = [](auto field) { return within(&S::sampling, field, 0.0, 1.0); };
  return {
      {"sampling", "temperature", K::kNumber, "--temp", "T", "Temperature; 0: always the most probable token",
       at_least(&S::sampling, &Sm::temperature, 0.0)},
      {"sampling", "top_k", K::kInteger, "--top-k", "K", "Keep the K most probable; 0: all",
       at_least(&S::sampling, &Sm::top_k, std::int64_t{0})},
      {"sampling", "top_p", K::kNumber, "--top-p", "P", "Keep the most probable that make up P",
       probability(&Sm::top_p)},
      {"sampling", "min_p", K::kNumber, "--min-p", "P", "Keep what has at least P times the probability of the best",
       probability(&Sm::min_p)},
      {"sampling", "typical", K::kNumber, "--typical", "P", "Keep the locally typical that make up P",
       probability(&Sm::typical)},
      {"sampling", "top_n_sigma", K::kNumber, "--top-n-sigma", "N",
       "Keep what is within N standard deviations of the best logit", at_least(&S::sampling, &Sm::top_n_sigma, 0.0)},
      {"sampling", "min_keep", K::kInteger, "--min-keep", "N",
       "Candidates that top-p, min-p and typical leave at least",
       at_least(&S::sampling, &Sm::min_keep, std::int64_t{0})},
      {"sampling", "dynatemp_range", K::kNumber, "--dynatemp-range", "R",
       "Temperature varies by R with the entropy around --temp", at_least(&S::sampling, &Sm::dynatemp_range, 0.0)},
      {"sampling", "dynatemp_exponent", K::kNumber, "--dynatemp-exp", "E", "Exponent of the dynamic temperature",
       at_least(&S::sampling, &Sm::dynatemp_exponent, 0.0)},
      {"sampling", "xtc_probability", K::kNumber, "--xtc-probability", "P", "How often XTC removes the top choices",
       probability(&Sm::xtc_probability)},
      {"sampling", "xtc_threshold", K::kNumber, "--xtc-threshold", "P", "What XTC counts as a top choice",
       probability(&Sm::xtc_threshold)},
      {"sampling", "mirostat", K::kInteger, "--mirostat", "1|2", "Choose by mirostat, version 1 or 2",
       within(&S::sampling, &Sm::mirostat, std::int64_t{0}, std::int64_t{2})},
      {"sampling", "mirostat_tau", K::kNumber, "--tau", "TAU", "Mirostat's target entropy",
       at_least(&S::sampling, &Sm::mirostat_tau, 0.0)},
      {"sampling", "mirostat_eta", K::kNumber, "--eta", "ETA", "Mirostat's learning rate",
       at_least(&S::sampling, &Sm::mirostat_eta, 0.0)},
      {"sampling", "repeat_penalty", K::kNumber, "--repeat-penalty", "X", "Penalty of recent tokens; 1: none",
       at_least(&S::sampling, &Sm::repeat_penalty, 0.0)},
      {"sampling", "repeat_last_n", K::kInteger, "--repeat-last-n", "N",
       "Tokens the penalties look back; -1: the context", at_least(&S::sampling, &Sm::repeat_last_n, std::int64_t{-1})},
      {"sampling", "frequency_penalty", K::kNumber, "--frequency-penalty", "X", "Penalty per occurrence",
       in(&S::sampling, &Sm::frequency_penalty)},
      {"sampling", "presence_penalty", K::kNumber, "--presence-penalty", "X", "Penalty of what occurred at all",
       in(&S::sampling, &Sm::presence_penalty)},
      {"sampling", "dry_multiplier", K::kNumber, "--dry-multiplier", "X", "Strength of the DRY repetition penalty",
       at_least(&S::sampling, &Sm::dry_multiplier, 0.0)},
      {"sampling", "dry_base", K::kNumber, "--dry-base", "X", "Base of DRY's growth",
       at_least(&S::sampling, &Sm::dry_base, 0.0)},
      {"sampling", "dry_allowed_length", K::kInteger, "--dry-allowed-length", "N", "Repetitions up to N are free",
       at_least(&S::sampling, &Sm::dry_allowed_length, std::int64_t{0})},
      {"sampling", "dry_last_n", K::kInteger, "--dry-last-n", "N", "Tokens DRY looks back; -1: the context",
       at_least(&S::sampling, &Sm::dry_last_n, std::int64_t{-1})},
      {"sampling", "dry_breakers", K::kList, "--dry-breaker", "TEXT",
       "A text that breaks a repetition; may be repeated", in(&S::sampling, &Sm::dry_breakers)},
      {"sampling", "adaptive_target", K::kNumber, "--adaptive-p", "P",
       "Choose by adaptive-p with this target probability", probability(&Sm::adaptive_target)},
      {"sampling", "adaptive_decay", K::kNumber, "--adaptive-decay", "X", "Decay of adaptive-p's memory",
       within(&S::sampling, &Sm::adaptive_decay, 0.0, 0.99)},
      {"sampling", "logit_bias", K::kList, "--logit-bias", "ID=BIAS",
       "Add BIAS to the logit of token ID, or ban it with ID=ban; may be repeated", in(&S::sampling, &Sm::logit_bias)},
      {"sampling", "grammar_file", K::kText, "--grammar", "FILE", "Only what this GBNF grammar allows",
       in(&S::sampling, &Sm::grammar_file)},
      {"sampling", "json_schema_file", K::kText, "--json-schema", "FILE", "Only JSON of this schema",
       in(&S::sampling, &Sm::json_schema_file)},
      {"sampling", "greedy", K::kSwitch, "--greedy", "", "Always the most probable token, without any other stage",
       in(&S::sampling, &Sm::greedy)},
      {"sampling", "seed", K::kInteger, "--seed,-s", "N",
       "Seed of every random draw (default: a random one, told at the end)",
       within(&S::sampling, &Sm::seed, std::int64_t{0}, std::int64_t{4294967295})},
      {"sampling", "samplers", K::kText, "--samplers", "LIST",
       "The stages in this order, for example \"penalties;top_k;temperature;distribution\"",
       in(&S::sampling, &Sm::samplers)},
      {"sampling", "sampler_file", K::kText, "--sampler-json", "FILE",
       "The stages as a JSON list of the protocol's SamplerStage", in(&S::sampling, &Sm::sampler_file)},
  };
}

std::string upper(std::string_view text) {
  std::string result(text);
  for (char& c : result) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  return result;
}

std::vector<std::string> split_list(const std::string& text) {
  std::vector<std::string> parts;
  std::size_t at = 0;
  while (at <= text.size()) {
    const std::size_t comma = std::min(text.find(',', at), text.size());
    if (comma > at) parts.push_back(text.substr(at, comma - at));
    at = comma + 1;
  }
  return parts;
}

Result<Value> parse_switch(const std::string& text, const std::string& source) {
  for (const char* yes : {"1", "true", "yes", "on"}) {
    if (text == yes) return Value(true);
  }
  for (const char* no : {"0", "false", "no", "off"}) {
    if (text == no) return Value(false);
  }
  return bad(fmt::format("{}: '{}' is neither true nor false", source, text));
}

template <typename Number>
Result<Value> parse_number(const std::string& text, const std::string& source, const char* what) {
  Number number{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size()) {
    return bad(fmt::format("{}: '{}' is not {}", source, text, what));
  }
  if constexpr (std::is_floating_point_v<Number>) {
    if (!std::isfinite(number)) return bad(fmt::format("{}: '{}' is not a finite number", source, text));
  }
  return Value(number);
}

}  // namespace

std::string Setting::name() const { return fmt::format("{}.{}", section, key); }

std::string Setting::variable() const {
  return section == "models" ? "INFERNO_MODELS_" + upper(key) : "INFERNO_" + upper(key);
}

const std::vector<Setting>& settings_table() {
  static const std::vector<Setting> table = [] {
    std::vector<Setting> all;
    for (auto part : {server_table(), recordings_table(), engine_table(), sampling_table()}) {
      std::move(part.begin(), part.end(), std::back_inserter(all));
    }
    return all;
  }();
  return table;
}

Result<Value> parse_value(ValueKind kind, const std::string& text, const std::string& source) {
  switch (kind) {
    case ValueKind::kSwitch:
      return parse_switch(text, source);
    case ValueKind::kInteger:
      return parse_number<std::int64_t>(text, source, "a whole number");
    case ValueKind::kNumber:
      return parse_number<double>(text, source, "a number");
    case ValueKind::kList:
      return Value(split_list(text));
    case ValueKind::kText:
      break;
  }
  return Value(text);
}

GivenValues values_from_environment(const std::function<const char*(const char*)>& getenv, std::vector<Error>& errors) {
  GivenValues values;
  for (const Setting& setting : settings_table()) {
    const std::string variable = setting.variable();
    const char* text = getenv(variable.c_str());
    if (text == nullptr || *text == '\0') continue;
    auto value = parse_value(setting.kind, text, variable);
    if (!value) {
      errors.push_back(value.error());
    } else {
      values[setting.name()] = {std::move(*value), variable};
    }
  }
  return values;
}

Result<Settings> resolve(const std::vector<GivenValues>& layers) {
  Settings settings;
  for (const Setting& setting : settings_table()) {
    const GivenValue* strongest = nullptr;
    for (const GivenValues& layer : layers) {
      const auto found = layer.find(setting.name());
      if (found != layer.end()) strongest = &found->second;
    }
    if (strongest == nullptr) continue;
    const auto applied = setting.apply(settings, strongest->value);
    if (!applied) return bad(fmt::format("{}: {}.", strongest->source, applied.error().message));
  }
  return settings;
}

}  // namespace inferno::cli
