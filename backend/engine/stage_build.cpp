#include "engine/stage_build.h"

#include <cmath>
#include <string>
#include <utility>
#include <vector>

#include "engine/grammar_fault.h"
#include "engine/grammar_limits.h"
#include "engine/json_schema.h"
#include "engine/llama_log.h"
#include "engine/printable.h"
#include "engine/stderr_capture.h"

namespace inferno::engine {
namespace {

Error bad_grammar(GrammarFault fault, const std::string& grammar, const std::string& otherwise) {
  if (fault.reason.empty()) fault.reason = otherwise;
  if (fault.offset) fault.reason += " at " + line_and_column(grammar, *fault.offset);
  if (fault.offset == grammar.size()) fault.reason += ", the end";
  return {.code = ErrorCode::kBadGrammar,
          .message = "The grammar cannot be used: " + fault.reason + ".",
          .hint = "Rules are written as: root ::= \"yes\" | \"no\"",
          .offset = fault.offset};
}

Result<SamplerHandle> build_grammar(const StageSpec& stage, const llama_vocab* vocab) {
  std::string grammar = stage.grammar;
  if (grammar.empty()) {
    Result<std::string> converted = grammar_from_json_schema(stage.json_schema);
    if (!converted) return converted.error();
    grammar = std::move(*converted);
    const Result<void> limits = check_grammar_limits(grammar, false);
    if (!limits) return Error{limits.error().code, limits.error().message, limits.error().hint};
  }
  StderrCapture capture;  // first: it keeps other threads out
  LlamaLog& log = LlamaLog::install();
  log.clear();
  SamplerHandle sampler(llama_sampler_init_grammar(vocab, grammar.c_str(), stage.root.c_str()));
  if (sampler) return sampler;
  GrammarFault fault = fault_of_parser(capture.take(), grammar);
  // A place in a grammar that was made of a schema is no place in the schema.
  if (stage.grammar.empty()) fault.offset.reset();
  return bad_grammar(std::move(fault), grammar, printable(log.errors(), 1000));
}

llama_sampler* build_dry(const StageSpec& stage, const llama_vocab* vocab) {
  std::vector<const char*> breakers;
  for (const std::string& breaker : stage.breakers) breakers.push_back(breaker.c_str());
  return llama_sampler_init_dry(vocab, *stage.multiplier, *stage.base, *stage.allowed_length, *stage.last_n,
                                breakers.data(), breakers.size());
}

llama_sampler* build_biases(const StageSpec& stage, const ChainContext& context) {
  std::vector<llama_logit_bias> biases;
  for (const LogitBias& bias : stage.biases) biases.push_back({bias.id, bias.ban ? -INFINITY : bias.bias});
  return llama_sampler_init_logit_bias(static_cast<std::int32_t>(context.n_vocab),
                                       static_cast<std::int32_t>(biases.size()), biases.data());
}

llama_sampler* build_simple(const StageSpec& s, const llama_vocab* vocab, const ChainContext& context) {
  const auto n_vocab = static_cast<std::int32_t>(context.n_vocab);
  switch (s.kind) {
    case StageKind::kTopK:
      return llama_sampler_init_top_k(*s.k);
    case StageKind::kTopP:
      return llama_sampler_init_top_p(*s.p, *s.min_keep);
    case StageKind::kMinP:
      return llama_sampler_init_min_p(*s.p, *s.min_keep);
    case StageKind::kTypical:
      return llama_sampler_init_typical(*s.p, *s.min_keep);
    case StageKind::kTemperature:
      return llama_sampler_init_temp(*s.temperature);
    case StageKind::kDynamicTemperature:
      return llama_sampler_init_temp_ext(*s.temperature, *s.range, *s.exponent);
    case StageKind::kXtc:
      return llama_sampler_init_xtc(*s.probability, *s.threshold, *s.min_keep, *s.seed);
    case StageKind::kTopNSigma:
      return llama_sampler_init_top_n_sigma(*s.n);
    case StageKind::kMirostat1:
      return llama_sampler_init_mirostat(n_vocab, *s.seed, *s.tau, *s.eta, *s.m);
    case StageKind::kMirostat2:
      return llama_sampler_init_mirostat_v2(*s.seed, *s.tau, *s.eta);
    case StageKind::kPenalties:
      return llama_sampler_init_penalties(n_vocab, *s.last_n, *s.repeat, *s.frequency, *s.presence);
    case StageKind::kDry:
      return build_dry(s, vocab);
    case StageKind::kAdaptiveP:
      return llama_sampler_init_adaptive_p(*s.target, *s.decay, *s.seed);
    case StageKind::kLogitBias:
      return build_biases(s, context);
    case StageKind::kGreedy:
      return llama_sampler_init_greedy();
    case StageKind::kDistribution:
      return llama_sampler_init_dist(*s.seed);
    case StageKind::kGrammar:
    case StageKind::kUnset:
      break;
  }
  return nullptr;
}

}  // namespace

Result<SamplerHandle> build_stage(const StageSpec& stage, const llama_vocab* vocab, const ChainContext& context) {
  try {
    if (stage.kind == StageKind::kGrammar) return build_grammar(stage, vocab);
    SamplerHandle sampler(build_simple(stage, vocab, context));
    if (sampler) return sampler;
  } catch (const std::exception& failure) {
    return Error{
        ErrorCode::kInternal,
        "llama.cpp could not make the sampler stage " + std::string(stage_name(stage.kind)) + ": " + failure.what(),
        ""};
  }
  return Error{ErrorCode::kInternal, "llama.cpp made no sampler stage " + std::string(stage_name(stage.kind)) + ".",
               ""};
}

}  // namespace inferno::engine
