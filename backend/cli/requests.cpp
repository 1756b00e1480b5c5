#include "cli/requests.h"

namespace inferno::cli {

namespace {

using flatbuffers::FlatBufferBuilder;
using flatbuffers::Offset;

Offset<pb::Prompt> create_prompt(FlatBufferBuilder& builder, const pb::PromptT& prompt) {
  const bool is_text = prompt.messages.empty() && prompt.ids.empty();
  Offset<flatbuffers::String> text;
  if (is_text) text = builder.CreateString(prompt.text);
  Offset<flatbuffers::Vector<Offset<pb::ChatMessage>>> messages;
  if (!prompt.messages.empty()) {
    std::vector<Offset<pb::ChatMessage>> offsets;
    for (const auto& message : prompt.messages) offsets.push_back(pb::CreateChatMessage(builder, message.get()));
    messages = builder.CreateVector(offsets);
  }
  Offset<flatbuffers::Vector<std::int32_t>> ids;
  if (!prompt.ids.empty()) ids = builder.CreateVector(prompt.ids);
  Offset<flatbuffers::String> chat_template;
  if (!prompt.chat_template.empty()) chat_template = builder.CreateString(prompt.chat_template);
  return pb::CreatePrompt(builder, text, messages, ids, prompt.parse_special, prompt.add_bos, chat_template);
}

pb::Bytes finish(FlatBufferBuilder& builder, std::uint32_t request, std::uint32_t run, pb::Body type,
                 Offset<void> body) {
  pb::EnvelopeBuilder envelope(builder);
  envelope.add_version(pb::kProtocolVersion);
  envelope.add_request(request);
  envelope.add_run(run);
  envelope.add_body_type(type);
  envelope.add_body(body);
  builder.Finish(envelope.Finish(), pb::EnvelopeIdentifier());
  return pb::release(builder);
}

}  // namespace

pb::Bytes encode_start_run(std::uint32_t request, std::uint32_t run, const pb::StartRunT& body) {
  FlatBufferBuilder builder;
  // A branch has ids for its prompt, so nothing of it is empty and yet there.
  if (body.fork) return finish(builder, request, run, pb::Body::StartRun, pb::StartRun::Pack(builder, &body).Union());
  const auto prompt = create_prompt(builder, *body.prompt);
  Offset<flatbuffers::Vector<Offset<pb::SamplerStage>>> sampler;
  if (!body.sampler.empty()) {
    std::vector<Offset<pb::SamplerStage>> stages;
    for (const auto& stage : body.sampler) stages.push_back(pb::CreateSamplerStage(builder, stage.get()));
    sampler = builder.CreateVector(stages);
  }
  const auto limits = body.limits ? pb::CreateLimits(builder, body.limits.get()) : Offset<pb::Limits>();
  const auto capture = body.capture ? pb::CreateCapture(builder, body.capture.get()) : Offset<pb::Capture>();
  const auto fork = body.fork ? pb::CreateFork(builder, body.fork.get()) : Offset<pb::Fork>();
  std::vector<Offset<pb::Breakpoint>> breakpoints;
  for (const auto& one : body.breakpoints) breakpoints.push_back(pb::CreateBreakpoint(builder, one.get()));
  std::vector<Offset<pb::Watch>> watches;
  for (const auto& one : body.watches) watches.push_back(pb::CreateWatch(builder, one.get()));
  const auto start = pb::CreateStartRun(builder, body.model, prompt, sampler, body.seed, limits, capture,
                                        body.start_paused, body.subscribe, fork, builder.CreateVector(breakpoints),
                                        builder.CreateVector(watches), body.stop_active);
  return finish(builder, request, run, pb::Body::StartRun, start.Union());
}

pb::Bytes encode_tokenize(std::uint32_t request, const pb::TokenizeT& body) {
  FlatBufferBuilder builder;
  const auto prompt = create_prompt(builder, *body.prompt);
  return finish(builder, request, 0, pb::Body::Tokenize, pb::CreateTokenize(builder, body.model, prompt).Union());
}

}  // namespace inferno::cli
