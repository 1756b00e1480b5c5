#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "inferno_generated.h"

namespace inferno::cli {

// What a person can set, resolved: flag over environment over inferno.toml over the
// defaults given here. What each means is said in settings_table.cpp.

struct ServerSettings {
  std::string host = "127.0.0.1";
  std::optional<std::uint16_t> port;
  bool open = true;
  bool allow_remote = false;
  std::vector<std::string> allowed_hosts;
  std::string ui;
  std::string token_file;
  std::optional<std::uint32_t> run_memory_mib;
  std::uint32_t stall_timeout_s = 120;  // 0: never
};

inline constexpr const char* kNoDemo = "none";

struct ModelSettings {
  std::vector<std::string> folders;  // besides the default ones
  std::string default_model;
  std::string demo;  // a path; kNoDemo: none
};

struct RecordingSettings {
  bool record = true;
  std::string data_dir;         // empty: the usual one
  std::uint32_t keep_mib = 0;   // 0: all
  std::uint32_t keep_days = 0;  // 0: for ever
};

struct SamplingSettings {
  std::optional<double> temperature, dynatemp_range, dynatemp_exponent;
  std::optional<std::int64_t> top_k;
  std::optional<double> top_p, min_p, typical, top_n_sigma;
  std::optional<std::int64_t> min_keep;
  std::optional<double> xtc_probability, xtc_threshold;
  std::optional<std::int64_t> mirostat;
  std::optional<double> mirostat_tau, mirostat_eta;
  std::optional<double> repeat_penalty, frequency_penalty, presence_penalty;
  std::optional<std::int64_t> repeat_last_n;
  std::optional<double> dry_multiplier, dry_base;
  std::optional<std::int64_t> dry_allowed_length, dry_last_n;
  std::vector<std::string> dry_breakers;
  std::optional<double> adaptive_target, adaptive_decay;
  std::vector<std::string> logit_bias;  // "ID=BIAS" or "ID=ban"
  std::string grammar_file;
  std::string json_schema_file;
  bool greedy = false;
  std::optional<std::int64_t> seed;
  std::string samplers;      // names in order, separated by ';'
  std::string sampler_file;  // JSON
};

struct Settings {
  ServerSettings server;
  protocol::EngineOptionsT engine;
  ModelSettings models;
  RecordingSettings recordings;
  SamplingSettings sampling;
};

}  // namespace inferno::cli
