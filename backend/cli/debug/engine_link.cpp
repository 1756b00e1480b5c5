#include "cli/debug/engine_link.h"

#include <algorithm>
#include <optional>

namespace inferno::cli::debug {

Result<void> EngineLink::stop() {
  if (run_ == 0) return {};
  const std::uint32_t run = run_;
  run_ = 0;
  engine_.send(pb::make_envelope(engine_.new_request(), run, 0, pb::StopT()));
  return engine_.listen(
      [run](std::span<const std::uint8_t> bytes) {
        const pb::Envelope& envelope = pb::envelope_of(bytes);
        return envelope.run() == run && envelope.body_type() == pb::Body::Finished;
      },
      [] {});
}

Result<void> EngineLink::start(const pb::StartRunT& start) {
  if (auto stopped = stop(); !stopped) return stopped.error();
  const std::uint32_t request = engine_.new_request();
  run_ = engine_.new_run();
  auto started = exchange(request, encode_start_run(request, run_, start), {pb::Body::Paused});
  if (!started) run_ = 0;
  return started;
}

Result<pb::TokensT> EngineLink::tokenize(std::unique_ptr<pb::PromptT> prompt) {
  pb::TokenizeT body;
  body.prompt = std::move(prompt);
  const std::uint32_t request = engine_.new_request();
  return ask_bytes<pb::TokensT>(request, encode_tokenize(request, body));
}

// The end of the run ends every wait.
Result<void> EngineLink::exchange(std::uint32_t request, const pb::Bytes& message,
                                  std::initializer_list<pb::Body> until) {
  std::optional<Error> refused;
  const std::uint32_t run = run_;
  engine_.send(message);
  const auto take = [&](std::span<const std::uint8_t> bytes) {
    const pb::Envelope& envelope = pb::envelope_of(bytes);
    const auto* error = envelope.body_as_Error();
    if (error != nullptr && envelope.request() == request) {
      refused = pb::from_protocol(*error);
      return true;
    }
    if (envelope.run() != run) return false;
    on_message_(bytes);
    if (envelope.body_type() == pb::Body::Finished) {
      run_ = 0;
      return true;
    }
    return std::find(until.begin(), until.end(), envelope.body_type()) != until.end();
  };
  const auto pause = [&] { engine_.send(pb::make_envelope(0, run, 0, pb::PauseT())); };
  if (auto heard = engine_.listen(take, pause); !heard) {
    run_ = 0;
    return heard.error();
  }
  if (refused) return *refused;
  return {};
}

}  // namespace inferno::cli::debug
