#include "session/run.h"

#include <fmt/format.h>

#include <ctime>

#include "base/utf8.h"

namespace inferno::session {

namespace {

constexpr std::size_t kPromptBytes = 200;

// The beginning of the prompt, as a person would recognise it.
std::string beginning(const protocol::Prompt* prompt) {
  if (prompt == nullptr) return {};
  if (prompt->text() != nullptr) return std::string(utf8_prefix(prompt->text()->string_view(), kPromptBytes));
  if (prompt->messages() != nullptr && prompt->messages()->size() > 0) {
    const auto* content = prompt->messages()->Get(prompt->messages()->size() - 1)->content();
    return content == nullptr ? std::string() : std::string(utf8_prefix(content->string_view(), kPromptBytes));
  }
  return prompt->ids() == nullptr ? std::string() : fmt::format("{} token ids", prompt->ids()->size());
}

bool belongs_to_a_record(protocol::Body body) {
  switch (body) {
    case protocol::Body::RunStarted:
    case protocol::Body::PromptTokens:
    case protocol::Body::Steps:
    case protocol::Body::Paused:
    case protocol::Body::Resumed:
    case protocol::Body::Finished:
    case protocol::Body::Breakpoints:
    case protocol::Body::Watches:
    case protocol::Body::TokensBanned:
    case protocol::Body::SamplerChanged:
      return true;
    default:
      return false;
  }
}

}  // namespace

Run::Run(std::uint32_t id, const protocol::StartRun& request, Bytes start_message, std::string model_name)
    : id_(id),
      model_(request.model()),
      model_name_(std::move(model_name)),
      prompt_(beginning(request.prompt())),
      start_message_(std::move(start_message)),
      session_(id),
      asked_s_(std::time(nullptr)) {
  if (request.fork() == nullptr) return;
  is_complete_ = false;
  parent_ = request.fork()->run();
  fork_position_ = request.fork()->position();
  is_replay_ = request.fork()->replay();
}

void Run::join(const protocol::RunSummaryT& parent, std::uint32_t session) {
  session_ = session;
  prompt_ = parent.prompt;
  label({parent.title, parent.note, parent.tags});
}

protocol::RunSummaryT Run::summary() const {
  protocol::RunSummaryT out;
  out.run = id_;
  out.model = model_;
  out.model_name = model_name_;
  out.last_seq = announced_seq();
  out.n_generated = n_generated_;
  out.finished = finished();
  out.paused = paused_ && !finished();
  out.prompt = prompt_;
  out.n_prompt = n_prompt_;
  if (reason_) out.reason = *reason_;
  out.asked_s = asked_s_;
  out.recorded = is_recorded();
  out.not_recorded = not_recorded_;
  out.title = label_.title.value_or("");
  out.note = label_.note.value_or("");
  out.tags = label_.tags.value_or(std::vector<std::string>());
  if (parent_) out.parent = *parent_;
  if (fork_position_) out.fork_position = *fork_position_;
  out.replay = is_replay_;
  return out;
}

void Run::label(const RunLabel& label) {
  if (label.title) label_.title = label.title;
  if (label.note) label_.note = label.note;
  if (label.tags) label_.tags = label.tags;
}

Result<void> Run::append_from_engine(std::span<const std::uint8_t> bytes) {
  const auto& envelope = protocol::envelope_of(bytes);
  const auto fault = [&](std::string message) {
    return inferno::Error{inferno::ErrorCode::kMalformedMessage, std::move(message), ""};
  };
  if (finished()) return fault(fmt::format("it sent a message of run {} after the run's end", id_));
  if (envelope.seq() != log_.last_seq() + 1) {
    return fault(fmt::format("its messages of run {} do not follow one another: {} came after {}", id_, envelope.seq(),
                             log_.last_seq()));
  }
  if (!belongs_to_a_record(envelope.body_type())) {
    return fault(fmt::format("it sent a message as part of run {} that is none", id_));
  }
  log_.append(std::make_shared<const Bytes>(bytes.begin(), bytes.end()));
  note(envelope);
  return {};
}

void Run::note(const protocol::Envelope& envelope) {
  if (const auto* started = envelope.body_as_RunStarted()) n_prompt_ = started->n_prompt();
  if (const auto* steps = envelope.body_as_Steps(); steps != nullptr && steps->steps() != nullptr) {
    n_generated_ += steps->steps()->size();
    for (const auto* step : *steps->steps()) sum_logprob_ += static_cast<double>(step->raw_logprob().value_or(0.0f));
  }
  if (envelope.body_type() == protocol::Body::Paused) paused_ = true;
  if (envelope.body_type() == protocol::Body::Resumed) paused_ = false;
  if (const auto* finished = envelope.body_as_Finished()) reason_ = finished->reason();
}

void Run::finish(protocol::FinishReason reason, const std::optional<inferno::Error>& error) {
  if (finished()) return;
  protocol::FinishedT body;
  body.reason = reason;
  if (error) body.error = std::make_unique<protocol::ErrorT>(protocol::to_protocol(*error));
  body.n_prompt = n_prompt_;
  body.n_generated = n_generated_;
  body.sum_logprob = static_cast<float>(sum_logprob_);
  log_.append(std::make_shared<const Bytes>(protocol::make_envelope(0, id_, log_.last_seq() + 1, std::move(body))));
  reason_ = reason;
}

}  // namespace inferno::session
