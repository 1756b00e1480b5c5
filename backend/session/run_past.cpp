#include "session/run_past.h"

#include <fmt/format.h>

#include <utility>

namespace inferno::session {

namespace {

using inferno::Error;
using inferno::ErrorCode;

std::vector<std::unique_ptr<protocol::SamplerStageT>> unpacked(
    const flatbuffers::Vector<flatbuffers::Offset<protocol::SamplerStage>>* stages) {
  std::vector<std::unique_ptr<protocol::SamplerStageT>> out;
  if (stages == nullptr) return out;
  for (const auto* stage : *stages) out.emplace_back(stage->UnPack());
  return out;
}

// Bans that nothing took back would hold on: a message without ids ends them all.
void end_bans(std::vector<std::unique_ptr<protocol::TokensBannedT>>& bans, std::uint32_t position) {
  std::erase_if(bans, [&](const auto& ban) { return ban->position >= position; });
  for (auto& ban : bans) {
    const std::uint32_t n_steps = position - ban->position;
    if (ban->n_steps == 0 || ban->n_steps > n_steps) ban->n_steps = n_steps;
  }
}

class PastReader final : public RunReader {
 public:
  PastReader(Runs& runs, std::uint32_t run, std::uint32_t position, std::function<void(Result<RunPast>)> done)
      : runs_(runs), run_(run), builder_(run, position), done_(std::move(done)) {}

  bool reads(std::uint32_t run) const override { return run == run_; }

  bool go_on() override {
    while (true) {
      const auto last = runs_.last_kept(run_);
      if (!last) return end(last.error());
      if (next_ > *last) return end(builder_.finish());
      const auto message = runs_.message(run_, next_);
      if (!message) return end(message.error());
      if (*message == nullptr) return true;  // it is being fetched
      ++next_;
      if (!builder_.add(protocol::envelope_of(**message))) return end(builder_.finish());
    }
  }

 private:
  bool end(Result<RunPast> past) {
    done_(std::move(past));
    return false;
  }

  Runs& runs_;
  std::uint32_t run_;
  RunPastBuilder builder_;
  std::function<void(Result<RunPast>)> done_;
  std::uint32_t next_ = 1;
};

}  // namespace

std::vector<std::int32_t> RunPast::ids() const {
  std::vector<std::int32_t> all = prompt;
  for (const Token& token : generated) all.push_back(token.id);
  return all;
}

RunPastBuilder::RunPastBuilder(std::uint32_t run, std::uint32_t position) {
  past_.run = run;
  past_.position = position;
}

bool RunPastBuilder::add(const protocol::Envelope& envelope) {
  if (const auto* started = envelope.body_as_RunStarted()) {
    started->UnPackTo(&past_.started);
    past_.sampler = unpacked(started->sampler());
    past_.seed = started->seed();
    has_started_ = true;
  }
  if (const auto* changed = envelope.body_as_SamplerChanged()) {
    // A change at the position itself still decides what is chosen there.
    if (changed->position() > past_.position) return false;
    past_.sampler = unpacked(changed->sampler());
    past_.seed = changed->seed();
    if (changed->position() == 0) {
      past_.started.sampler = unpacked(changed->sampler());
      past_.started.seed = changed->seed();
    } else {
      past_.sampler_since = changed->position();
      ++past_.n_messages;
    }
  }
  if (const auto* banned = envelope.body_as_TokensBanned()) {
    if (banned->position() > past_.position) return false;
    if (banned->ids() == nullptr || banned->ids()->size() == 0) {
      end_bans(past_.bans, banned->position());
    } else {
      past_.bans.emplace_back(banned->UnPack());
    }
    ++past_.n_messages;
  }
  if (const auto* prompt = envelope.body_as_PromptTokens(); prompt != nullptr && prompt->tokens() != nullptr)
    return add_steps(*prompt->tokens(), true);
  if (const auto* steps = envelope.body_as_Steps(); steps != nullptr && steps->steps() != nullptr)
    return add_steps(*steps->steps(), false);
  return true;
}

bool RunPastBuilder::add_steps(const flatbuffers::Vector<flatbuffers::Offset<protocol::Step>>& steps, bool is_prompt) {
  const std::size_t before = n_tokens();
  for (const auto* step : steps) {
    if (n_tokens() == past_.position) break;
    add_step(*step, is_prompt);
  }
  if (n_tokens() > before) ++past_.n_messages;
  // Up to the next token the sampler may be changed.
  return n_tokens() - before == steps.size() && !has_gap_;
}

void RunPastBuilder::add_step(const protocol::Step& step, bool is_prompt) {
  has_gap_ = has_gap_ || step.position() != n_tokens() || step.token() == nullptr;
  if (has_gap_) return;
  const double logprob = static_cast<double>(step.raw_logprob().value_or(0.0f));
  if (!is_prompt) {
    past_.generated.push_back({step.token()->id(), step.forced(), step.draw().has_value()});
    past_.sum_logprob += logprob;
    return;
  }
  past_.prompt.push_back(step.token()->id());
  if (!step.raw_logprob()) return;
  past_.prompt_sum_logprob = past_.prompt_sum_logprob.value_or(0) + logprob;
  ++past_.n_prompt_scored;
}

Result<RunPast> RunPastBuilder::finish() {
  if (!has_started_)
    return Error{ErrorCode::kWrongState, fmt::format("Run {} has not started.", past_.run),
                 "Wait for its first tokens."};
  if (has_gap_)
    return Error{ErrorCode::kMalformedMessage, fmt::format("The record of run {} has a gap.", past_.run), ""};
  if (n_tokens() < past_.position) {
    return Error{ErrorCode::kInvalidArgument,
                 fmt::format("Run {} has {} tokens; there is no position {}.", past_.run, n_tokens(), past_.position),
                 "Choose a position within the run, or its end."};
  }
  return std::move(past_);
}

void read_past(RunReaders& readers, Runs& runs, std::uint32_t run, std::uint32_t position,
               std::function<void(Result<RunPast>)> done) {
  readers.start(std::make_unique<PastReader>(runs, run, position, std::move(done)));
}

}  // namespace inferno::session
