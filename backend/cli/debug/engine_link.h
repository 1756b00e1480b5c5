#pragma once

#include <cstdint>
#include <functional>
#include <initializer_list>
#include <span>

#include "base/result.h"
#include "cli/debug/debug_engine.h"
#include "cli/requests.h"

namespace inferno::cli::debug {

// The conversation with the engine: sends one message at a time and waits for what has
// to follow. At most one run is active in the engine; its messages go to `on_message`
// in order, whatever is waited for.
class EngineLink {
 public:
  using OnMessage = std::function<void(std::span<const std::uint8_t>)>;

  EngineLink(DebugEngine& engine, OnMessage on_message) : engine_(engine), on_message_(std::move(on_message)) {}

  bool active() const { return run_ != 0; }
  std::uint32_t run() const { return run_; }  // 0: none

  // Ends the active run, if there is one; its last messages go nowhere.
  Result<void> stop();
  // Starts a run and waits until it pauses or ends. Errors: what the engine refused.
  Result<void> start(const protocol::StartRunT& start);
  // Sends to the active run and waits for a message of one of these types. An interrupt
  // asks the run to pause.
  template <typename BodyT>
  Result<void> tell(BodyT body, std::initializer_list<protocol::Body> until) {
    const std::uint32_t request = engine_.new_request();
    return exchange(request, protocol::make_envelope(request, run_, 0, std::move(body)), until);
  }
  // Asks something that is no part of a run.
  template <typename ReplyT, typename BodyT>
  Result<ReplyT> ask(BodyT body) {
    const std::uint32_t request = engine_.new_request();
    return ask_bytes<ReplyT>(request, protocol::make_envelope(request, 0, 0, std::move(body)));
  }
  Result<protocol::TokensT> tokenize(std::unique_ptr<protocol::PromptT> prompt);

 private:
  Result<void> exchange(std::uint32_t request, const protocol::Bytes& message,
                        std::initializer_list<protocol::Body> until);
  template <typename ReplyT>
  Result<ReplyT> ask_bytes(std::uint32_t request, const protocol::Bytes& message);

  DebugEngine& engine_;
  OnMessage on_message_;
  std::uint32_t run_ = 0;
};

template <typename ReplyT>
Result<ReplyT> EngineLink::ask_bytes(std::uint32_t request, const protocol::Bytes& message) {
  Result<ReplyT> reply = Error{ErrorCode::kInternal, "The engine gave another answer than was asked for.", {}};
  engine_.send(message);
  const auto take = [&](std::span<const std::uint8_t> bytes) {
    const protocol::Envelope& envelope = protocol::envelope_of(bytes);
    if (envelope.request() != request) return false;
    if (const auto* error = envelope.body_as_Error()) {
      reply = protocol::from_protocol(*error);
    } else if (envelope.body_type() == protocol::BodyTraits<typename ReplyT::TableType>::enum_value) {
      ReplyT body;
      static_cast<const typename ReplyT::TableType*>(envelope.body())->UnPackTo(&body);
      reply = std::move(body);
    }
    return true;
  };
  if (auto heard = engine_.listen(take, [] {}); !heard) return heard.error();
  return reply;
}

}  // namespace inferno::cli::debug
