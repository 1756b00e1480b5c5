#pragma once

#include <memory>
#include <optional>
#include <utility>

#include "protocol/message.h"

namespace inferno::session::testing {

// Steps as an engine would tell them, with as much in them as a test looks at.
inline protocol::StepT generated_step(std::uint32_t position, std::int32_t id, float raw_logprob) {
  protocol::StepT step;
  step.position = position;
  step.token = std::make_unique<protocol::TokenT>();
  step.token->id = id;
  step.raw_logprob = raw_logprob;
  return step;
}

inline protocol::StepT prompt_step(std::uint32_t position, std::int32_t id, std::optional<float> raw_logprob) {
  protocol::StepT step = generated_step(position, id, 0);
  step.raw_logprob.reset();
  if (raw_logprob) step.raw_logprob = *raw_logprob;
  return step;
}

inline auto& list_of(protocol::PromptTokensT& message) { return message.tokens; }
inline auto& list_of(protocol::StepsT& message) { return message.steps; }

template <typename Message, typename... Step>
Message steps_message(Step... step) {
  Message message;
  (list_of(message).push_back(std::make_unique<protocol::StepT>(std::move(step))), ...);
  return message;
}

}  // namespace inferno::session::testing
