#include "store/testing/steps.h"

#include <stdlib.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include "protocol/json.h"

namespace inferno::store::testing {

namespace {

using protocol::StageKind;

constexpr std::uint32_t kNTop = 64;
constexpr std::uint32_t kNPromptTop = 8;
constexpr float kTemperature = 0.8f;

double entropy_of(const std::vector<double>& p) {
  double bits = 0;
  for (const double x : p) bits -= x > 0 ? x * std::log2(x) : 0;
  return bits;
}

// The largest logits of a vocabulary, falling.
std::vector<float> top_logits(std::mt19937& random, std::uint32_t n) {
  std::exponential_distribution<float> gap(4.0f);
  std::vector<float> logits;
  float logit = 18.0f + std::normal_distribution<float>(0, 2)(random);
  for (std::uint32_t i = 0; i < n; ++i) {
    logits.push_back(logit);
    logit -= gap(random) * (i < 4 ? 4.0f : 0.5f);
  }
  return logits;
}

}  // namespace

protocol::TokenT make_token(std::int32_t id) {
  protocol::TokenT token;
  token.id = id;
  if (id % 97 == 5) {
    token.bytes = {static_cast<std::uint8_t>(0x80 + id % 64)};
    token.kind = protocol::TokenKind::Byte;
  } else {
    token.text = " w" + std::to_string(id);
  }
  return token;
}

Bytes RunMaker::started() {
  protocol::RunStartedT body;
  body.model_name = "made-up.gguf";
  body.seed = 42;
  body.n_prompt = 5;
  body.n_vocab = n_vocab_;
  body.rendered = "Once upon a time";
  for (const auto kind : {StageKind::TopK, StageKind::TopP, StageKind::Temperature, StageKind::Distribution}) {
    body.sampler.push_back(std::make_unique<protocol::SamplerStageT>());
    body.sampler.back()->kind = kind;
  }
  return message(std::move(body));
}

Bytes RunMaker::prompt(std::uint32_t n_tokens) {
  protocol::PromptTokensT body;
  for (std::uint32_t i = 0; i < n_tokens; ++i) body.tokens.push_back(std::make_unique<protocol::StepT>(step(true)));
  return message(std::move(body));
}

Bytes RunMaker::steps(std::uint32_t n_steps) {
  protocol::StepsT body;
  for (std::uint32_t i = 0; i < n_steps; ++i) body.steps.push_back(std::make_unique<protocol::StepT>(step(false)));
  return message(std::move(body));
}

Bytes RunMaker::paused() {
  protocol::PausedT body;
  body.position = position_;
  return message(body);
}

Bytes RunMaker::finished() {
  protocol::FinishedT body;
  body.n_generated = position_;
  return message(std::move(body));
}

protocol::StepT RunMaker::step(bool is_prompt) {
  protocol::StepT step;
  step.position = position_++;
  const auto logits = top_logits(random_, is_prompt ? kNPromptTop : kNTop);
  // Few tokens are common, most are rare.
  std::vector<std::int32_t> ids;
  while (ids.size() < logits.size()) {
    const double u = std::uniform_real_distribution<double>(0, 1)(random_);
    const auto id = static_cast<std::int32_t>(std::pow(static_cast<double>(n_vocab_), u)) - 1;
    if (std::find(ids.begin(), ids.end(), id) == ids.end()) ids.push_back(id);
  }
  double sum = 0;
  for (const float logit : logits) sum += std::exp(static_cast<double>(logit));
  step.log_sum_exp = static_cast<float>(std::log(sum * 1.1));
  step.entropy = 2.0f + std::normal_distribution<float>(0, 0.5f)(random_);
  step.tail_mass = 0.09f + std::normal_distribution<float>(0, 0.01f)(random_);

  const std::size_t n_kept = is_prompt ? 0 : 40;
  std::vector<double> p;
  for (std::size_t i = 0; i < n_kept; ++i) p.push_back(std::exp((logits[i] - logits[0]) / kTemperature));
  double total = 0;
  for (const double x : p) total += x;
  for (double& x : p) x /= total;
  for (std::size_t i = 0; i < logits.size(); ++i) {
    auto candidate = std::make_unique<protocol::CandidateT>();
    auto token = make_token(ids[i]);
    candidate->id = ids[i];
    candidate->text = std::move(token.text);
    candidate->bytes = std::move(token.bytes);
    candidate->kind = token.kind;
    candidate->logit = logits[i];
    candidate->raw_logprob =
        static_cast<float>(static_cast<double>(logits[i]) - static_cast<double>(*step.log_sum_exp));
    if (i < n_kept) candidate->final_prob = static_cast<float>(p[i]);
    if (i >= n_kept && !is_prompt) candidate->removed_by = 0;
    step.candidates.push_back(std::move(candidate));
  }
  step.n_top = static_cast<std::uint32_t>(logits.size());
  const std::size_t chosen = std::uniform_int_distribution<std::size_t>(0, 3)(random_);
  const auto& candidate = *step.candidates[chosen];
  step.token = std::make_unique<protocol::TokenT>(make_token(candidate.id));
  step.logit = candidate.logit;
  step.raw_logprob = candidate.raw_logprob;
  step.final_prob = candidate.final_prob;
  step.rank = static_cast<std::uint32_t>(chosen + 1);
  step.decode_us = std::normal_distribution<float>(20'000, 500)(random_);
  if (is_prompt) return step;
  step.n_final = static_cast<std::uint32_t>(n_kept);
  step.draw = std::uniform_real_distribution<double>(0, 1)(random_);
  step.sample_us = std::normal_distribution<float>(200, 10)(random_);
  step.capture_us = std::normal_distribution<float>(100, 10)(random_);
  for (std::uint32_t i = 0; i < n_watches_; ++i) {
    auto watched = std::make_unique<protocol::WatchedT>();
    watched->raw_prob = std::exp(-std::exponential_distribution<float>(0.2f)(random_));
    watched->best = static_cast<std::int32_t>(100 * i + random_() % 2);
    watched->best_rank = std::geometric_distribution<std::uint32_t>(0.001)(random_) + 1;
    step.watched.push_back(std::move(watched));
  }
  float before = *step.entropy;
  for (std::uint8_t i = 0; i < 4; ++i) {
    auto stage = std::make_unique<protocol::StageTraceT>();
    constexpr std::array kKinds = {StageKind::TopK, StageKind::TopP, StageKind::Temperature, StageKind::Distribution};
    stage->stage = i;
    stage->kind = kKinds[i];
    stage->n_in = i == 0 ? n_vocab_ : 40;
    stage->n_out = 40;
    stage->entropy_before = before;
    stage->entropy_after = i % 2 == 0 ? static_cast<float>(entropy_of(p)) * (1.0f - 0.1f * i) : before;
    stage->mass_removed = i == 0 ? *step.tail_mass : 0.0f;
    stage->top_before = stage->top_after = ids[0];
    stage->changed = i % 2 == 0;
    if (i == 3) stage->selected = step.token->id;
    before = stage->entropy_after;
    step.stages.push_back(std::move(stage));
  }
  return step;
}

NewRun new_run(const std::string& prompt, std::int64_t created_ms) {
  protocol::StartRunT request;
  request.model = 1;
  request.prompt = std::make_unique<protocol::PromptT>();
  request.prompt->text = prompt;
  NewRun run;
  run.model = {"size:1000", "made-up.gguf", "/models/made-up.gguf", 1000};
  run.engine_build = "0.5.0";
  run.created_ms = created_ms;
  run.request = protocol::make_envelope(0, 0, 0, std::move(request));
  return run;
}

Result<void> append(Store& store, std::uint32_t run, const Bytes& message) {
  const std::span<const std::uint8_t> one = message;
  return store.append(run, {&one, 1});
}

void compact_all(Store& store) {
  while (true) {
    const auto more = store.compact_some();
    INFERNO_CHECK(more.ok());
    if (!*more) return;
  }
}

std::vector<Bytes> read_all(Store& store, std::uint32_t run) {
  std::vector<Bytes> all;
  while (true) {
    auto some = store.read(run, static_cast<std::uint32_t>(all.size()));
    INFERNO_CHECK(some.ok());
    if (some->empty()) return all;
    std::move(some->begin(), some->end(), std::back_inserter(all));
  }
}

std::vector<std::string> to_json(const std::vector<Bytes>& messages) {
  std::vector<std::string> out;
  for (const Bytes& message : messages) out.push_back(protocol::to_json(message));
  return out;
}

Folder::Folder() {
  std::string name = (std::filesystem::temp_directory_path() / "inferno-store-XXXXXX").string();
  INFERNO_CHECK(::mkdtemp(name.data()) != nullptr);
  path_ = name;
}

Folder::~Folder() {
  std::error_code ec;
  std::filesystem::remove_all(path_, ec);
}

}  // namespace inferno::store::testing
