#include "cli/debug/wording.h"

#include <fmt/format.h>

namespace inferno::cli::debug {

namespace {

bool begins_character(char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }

}  // namespace

std::size_t display_width(std::string_view utf8) {
  std::size_t width = 0;
  for (const char c : utf8) width += begins_character(c) ? 1 : 0;
  return width;
}

std::string on_one_line(std::string_view text) {
  std::string result;
  for (const char c : text) {
    if (c == '\n') {
      result += "↵";
    } else if (c == '\t') {
      result += "⇥";
    } else {
      result += c;
    }
  }
  return result;
}

std::string in_columns(std::string_view text, std::size_t columns) {
  const std::size_t width = display_width(text);
  if (width <= columns) return std::string(text) + std::string(columns - width, ' ');
  std::string result;
  std::size_t taken = 0;
  for (const char c : text) {
    if (begins_character(c) && ++taken == columns) break;
    result += c;
  }
  return result + "…";
}

std::string watch_in_words(const WatchRecord& watch) {
  return watch.word.empty() ? fmt::format("{}", fmt::join(watch.ids, ", ")) : quote(watch.word);
}

std::string stage_in_words(const pb::SamplerStageT& stage) {
  std::string text(stage_name(stage.kind));
  const auto add = [&text](const char* name, const auto& value) {
    if (value) text += fmt::format(" {}={}", name, *value);
  };
  add("k", stage.k);
  add("p", stage.p);
  add("min_keep", stage.min_keep);
  add("temperature", stage.temperature);
  add("range", stage.range);
  add("exponent", stage.exponent);
  add("probability", stage.probability);
  add("threshold", stage.threshold);
  add("n", stage.n);
  add("tau", stage.tau);
  add("eta", stage.eta);
  add("m", stage.m);
  add("last_n", stage.last_n);
  add("repeat", stage.repeat);
  add("frequency", stage.frequency);
  add("presence", stage.presence);
  add("multiplier", stage.multiplier);
  add("base", stage.base);
  add("allowed_length", stage.allowed_length);
  add("target", stage.target);
  add("decay", stage.decay);
  add("seed", stage.seed);
  return text;
}

std::string chain_in_words(const SamplerChain& chain) {
  std::string text;
  for (std::size_t i = 0; i < chain.size(); ++i) text += fmt::format("  {} {}\n", i, stage_in_words(*chain[i]));
  return text;
}

std::string error_text(const Error& error) {
  return error.message + "\n" + (error.hint.empty() ? "" : "  " + error.hint + "\n");
}

}  // namespace inferno::cli::debug
