#include "session/run_copy.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace inferno::session {

namespace {

constexpr std::size_t kMaxAheadBytes = std::size_t{4} << 20;

// The same message of another run.
Bytes renumbered(std::span<const std::uint8_t> message, std::uint32_t run, std::uint32_t seq) {
  Bytes copy(message.begin(), message.end());
  auto& envelope = *flatbuffers::GetMutableRoot<flatbuffers::Table>(copy.data());
  // Both are there, because neither is zero.
  INFERNO_CHECK(envelope.SetField<std::uint32_t>(protocol::Envelope::VT_RUN, run, 0));
  INFERNO_CHECK(envelope.SetField<std::uint32_t>(protocol::Envelope::VT_SEQ, seq, 0));
  return copy;
}

const flatbuffers::Vector<flatbuffers::Offset<protocol::Step>>* steps_of(const protocol::Envelope& envelope) {
  if (const auto* steps = envelope.body_as_Steps()) return steps->steps();
  if (const auto* prompt = envelope.body_as_PromptTokens()) return prompt->tokens();
  return nullptr;
}

}  // namespace

bool RunCopy::go_on() {
  while (true) {
    const auto found = runs_.find(plan_.into);
    if (!found || (*found)->finished()) return false;
    Run& into = **found;
    if (n_appended_ == plan_.n_messages) return end({});
    if (into.announced_seq() == into.log().last_seq()) n_ahead_bytes_ = 0;
    if (n_ahead_bytes_ > kMaxAheadBytes) return true;
    const auto copied = copy_next(into);
    if (!copied) return end(copied.error());
    if (!*copied) return true;
  }
}

bool RunCopy::end(Result<void> result) {
  done_(std::move(result));
  return false;
}

Result<bool> RunCopy::copy_next(Run& into) {
  Result<void> done;
  if (n_appended_ == 0 && plan_.first_sampler) {
    done = append(into, *plan_.first_sampler);
  } else if (n_appended_ + 1 == plan_.n_messages && plan_.last_sampler) {
    done = append(into, *plan_.last_sampler);
  } else {
    const auto last = runs_.last_kept(plan_.from);
    if (!last) return last.error();
    if (next_ > *last)
      return Error{ErrorCode::kInternal, fmt::format("Run {} has become shorter.", plan_.from), "Start again."};
    const auto message = runs_.message(plan_.from, next_);
    if (!message) return message.error();
    if (*message == nullptr) return false;
    ++next_;
    done = copy(into, **message);
  }
  return done ? Result<bool>(true) : done.error();
}

Result<void> RunCopy::copy(Run& into, std::span<const std::uint8_t> message) {
  const auto& envelope = protocol::envelope_of(message);
  const std::uint32_t seq = into.log().last_seq() + 1;
  const auto* changed = envelope.body_as_SamplerChanged();
  const bool is_change = changed != nullptr && changed->position() > 0;
  if (is_change || envelope.body_type() == protocol::Body::TokensBanned)
    return append(into, renumbered(message, into.id(), seq));
  const auto* steps = steps_of(envelope);
  if (steps == nullptr || steps->size() == 0) return {};
  const std::uint32_t first = steps->Get(0)->position();
  if (first >= plan_.position) return {};
  const std::uint32_t n_before = plan_.position - first;
  if (n_before >= steps->size()) return append(into, renumbered(message, into.id(), seq));
  if (const auto* generated = envelope.body_as_Steps()) {
    protocol::StepsT part;
    generated->UnPackTo(&part);
    part.steps.resize(n_before);
    return append(into, protocol::make_envelope(0, into.id(), seq, std::move(part)));
  }
  protocol::PromptTokensT part;
  envelope.body_as_PromptTokens()->UnPackTo(&part);
  part.tokens.resize(n_before);
  return append(into, protocol::make_envelope(0, into.id(), seq, std::move(part)));
}

Result<void> RunCopy::append(Run& into, protocol::SamplerChangedT& change) {
  return append(into, protocol::make_envelope(0, into.id(), into.log().last_seq() + 1, std::move(change)));
}

Result<void> RunCopy::append(Run& into, Bytes message) {
  n_ahead_bytes_ += message.size();
  ++n_appended_;
  return runs_.append_from_engine(into, message);
}

}  // namespace inferno::session
