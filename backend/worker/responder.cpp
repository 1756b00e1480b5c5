#include "worker/responder.h"

#include <fmt/format.h>

#include <cstdlib>
#include <utility>

#include "engine/generation.h"
#include "engine/prompt.h"
#include "protocol/message.h"
#include "worker/convert.h"

namespace inferno::worker {

namespace {

namespace pb = protocol;

template <typename T>
pb::EnvelopeT reply(std::uint32_t request, T body) {
  return pb::envelope_object(request, 0, 0, std::move(body));
}

bool is_question(pb::Body body) { return body == pb::Body::Tokenize || body == pb::Body::CheckSampler; }

// So that the answer fits a frame of the pipe; a token takes about a hundred bytes there.
constexpr std::size_t kMaxTokensTold = 400'000;

pb::EnvelopeT tokenize(std::uint32_t request, const pb::Tokenize& message, const engine::Model& model) {
  const auto prompt = engine::tokenize(model, to_prompt(message.prompt()));
  if (!prompt) return reply(request, std::move(*from_error(prompt.error())));
  if (prompt->ids.size() > kMaxTokensTold) {
    return reply(request, std::move(*from_error({ErrorCode::kTooLarge,
                                                 fmt::format("The text has {} tokens, and at most {} can be shown.",
                                                             prompt->ids.size(), kMaxTokensTold),
                                                 "Show a part of it."})));
  }
  pb::TokensT told;
  for (const auto id : prompt->ids) told.tokens.push_back(from_token(id, model.tokens()));
  told.rendered = prompt->rendered;
  for (const auto& warning : prompt->warnings) told.warnings.push_back(from_warning(warning));
  told.n_ctx = model.info().n_ctx;
  return reply(request, std::move(told));
}

pb::EnvelopeT check_sampler(std::uint32_t request, const pb::CheckSampler& message, const engine::Model& model) {
  const engine::CheckedChain checked = engine::check_sampler(model, to_sampler(message.sampler()));
  pb::SamplerCheckedT told;
  for (const auto& stage : checked.stages) told.sampler.push_back(from_stage(stage));
  for (const auto& error : checked.errors) told.errors.push_back(from_error(error));
  return reply(request, std::move(told));
}

}  // namespace

bool Responder::takes(std::span<const std::uint8_t> frame) const {
  if (model_.load(std::memory_order_acquire) == nullptr || pb::root_of(frame) != pb::Root::kEnvelope) return false;
  return is_question(pb::envelope_of(frame).body_type());
}

void Responder::run() {
  while (true) {
    const Inbox::Frame question = questions_.pop();
    const engine::Model& model = *model_.load(std::memory_order_acquire);
    pulse_.answering = true;
    if (!pipe_.write(pb::encode(answer(pb::envelope_of(question), model)))) std::_Exit(0);
    pulse_.answering = false;
    ++pulse_.progress;
  }
}

pb::EnvelopeT Responder::answer(const pb::Envelope& question, const engine::Model& model) {
  if (const auto* message = question.body_as_Tokenize()) return tokenize(question.request(), *message, model);
  return check_sampler(question.request(), *question.body_as_CheckSampler(), model);
}

}  // namespace inferno::worker
