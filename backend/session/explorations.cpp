#include "session/explorations.h"

#include <fmt/format.h>

#include <optional>
#include <vector>

#include "session/ban_stage.h"

namespace inferno::session {

namespace {

// What Explore and ExpandTree have in common.
struct Question {
  std::uint32_t run = 0;
  std::uint32_t position = 0;
  std::optional<std::uint32_t> model;
};

template <typename Message>
Question question_of(const Message& message) {
  Question question{message.run(), message.position(), std::nullopt};
  if (message.model()) question.model = *message.model();
  return question;
}

Question question_in(std::span<const std::uint8_t> envelope) {
  const auto& body = protocol::envelope_of(envelope);
  const auto* explore = body.body_as_Explore();
  return explore != nullptr ? question_of(*explore) : question_of(*body.body_as_ExpandTree());
}

// The question with what the engine has to know besides.
Bytes completed(const Bytes& envelope, RunPast past) {
  const auto& body = protocol::envelope_of(envelope);
  if (const auto* tree = body.body_as_ExpandTree()) {
    protocol::ExpandTreeT out;
    tree->UnPackTo(&out);
    out.prompt = past.ids();
    return protocol::make_envelope(0, 0, 0, std::move(out));
  }
  protocol::ExploreT out;
  body.body_as_Explore()->UnPackTo(&out);
  out.prompt = past.ids();
  out.n_prompt = static_cast<std::uint32_t>(past.prompt.size());
  out.sampler = std::move(past.sampler);
  if (auto banned = ban_stage(past.bans, past.position)) out.sampler.insert(out.sampler.begin(), std::move(banned));
  out.seed = past.seed;
  return protocol::make_envelope(0, 0, 0, std::move(out));
}

Error cancelled() { return {ErrorCode::kCancelled, "Stopped while looking at what could come.", ""}; }

}  // namespace

void Explorations::ask(const Address& from, std::span<const std::uint8_t> envelope) {
  const Question question = question_in(envelope);
  const auto summary = runs_.summary(question.run);
  if (!summary) return outlet_.reply_error(from, summary.error());
  const auto model = question.model ? Result<std::uint32_t>(*question.model)
                                    : models_.loaded_from(summary->model_name, summary->model);
  if (!model) return outlet_.reply_error(from, model.error());
  const std::uint64_t ticket = ++last_ticket_;
  reading_[ticket] = {from};
  read_past(readers_, runs_, question.run, question.position,
            [this, ticket, model = *model, copy = Bytes(envelope.begin(), envelope.end())](Result<RunPast> past) {
              on_past(ticket, model, copy, std::move(past));
            });
}

void Explorations::on_past(std::uint64_t ticket, std::uint32_t model, const Bytes& envelope, Result<RunPast> past) {
  const auto reading = reading_.extract(ticket);
  if (reading.empty()) return;  // the client has left
  const Address from = reading.mapped().from;
  if (!reading.mapped().is_wanted) return outlet_.reply_error(from, cancelled());
  if (!past) return outlet_.reply_error(from, past.error());
  const std::uint32_t n_vocab = past->started.n_vocab;
  if (auto fits = models_.check_vocabulary(model, n_vocab); !fits) return outlet_.reply_error(from, fits.error());
  const auto sent = models_.ask(from, model, completed(envelope, std::move(*past)));
  if (!sent) outlet_.reply_error(from, sent.error());
}

Result<void> Explorations::stop(const Address& asked) {
  for (auto& [ticket, reading] : reading_) {
    if (reading.from.client != asked.client || reading.from.request != asked.request) continue;
    reading.is_wanted = false;
    return {};
  }
  if (models_.stop_asking(asked.client, asked.request)) return {};
  return Error{ErrorCode::kWrongState, fmt::format("No request {} of yours waits for an answer.", asked.request),
               "It may just have been answered."};
}

void Explorations::client_left(std::uint64_t client) {
  std::erase_if(reading_, [client](const auto& entry) { return entry.second.from.client == client; });
  models_.stop_asking(client, std::nullopt);
}

}  // namespace inferno::session
