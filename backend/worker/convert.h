#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/error.h"
#include "engine/generation.h"
#include "engine/model_info.h"
#include "engine/prompt.h"
#include "engine/sampler_spec.h"
#include "inferno_generated.h"

namespace inferno::worker {

// Between the protocol's tables and the engine's plain structures.

engine::EngineOptions to_options(const protocol::EngineOptions* options);
engine::PromptSpec to_prompt(const protocol::Prompt* prompt);
std::vector<engine::StageSpec> to_sampler(
    const flatbuffers::Vector<flatbuffers::Offset<protocol::SamplerStage>>* stages);
engine::Limits to_limits(const protocol::Limits* limits);
engine::CaptureOptions to_capture(const protocol::Capture* capture);

std::unique_ptr<protocol::ErrorT> from_error(const Error& error);
std::unique_ptr<protocol::WarningT> from_warning(const engine::Warning& warning);
std::unique_ptr<protocol::SamplerStageT> from_stage(const engine::StageSpec& stage);
std::unique_ptr<protocol::EngineOptionsT> from_options(const engine::EngineOptions& options);
std::unique_ptr<protocol::CaptureT> from_capture(const engine::CaptureOptions& capture);
std::unique_ptr<protocol::TokenT> from_token(std::int32_t id, const engine::TokenTable& tokens);
// `tokens` may be null: then special tokens carry their ids only.
std::unique_ptr<protocol::ModelInfoT> from_info(const engine::ModelInfo& info, const engine::TokenTable* tokens);

}  // namespace inferno::worker
