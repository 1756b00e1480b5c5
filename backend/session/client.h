#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/error.h"

namespace inferno::session {

using Bytes = std::vector<std::uint8_t>;
using SharedBytes = std::shared_ptr<const Bytes>;

// Told when a client may have something new to take, or is to be closed. Called on
// the server's thread, possibly inside Client::receive; must not call back into the
// hub or the client from within.
class ClientSink {
 public:
  virtual ~ClientSink() = default;
  virtual void wake() = 0;
};

// One client of the hub (a connection). Messages are pulled, not pushed: replies
// and notices wait in a small bounded queue (progress notices replace each other),
// and a run's messages are read from the run's own log through a cursor, so a slow
// client costs next to nothing and slows no one.
class Client {
 public:
  virtual ~Client() = default;  // leaves the hub
  // The next binary Envelope for this client, or null when there is none for now.
  virtual SharedBytes next() = 0;
  // One Envelope from this client, verified with protocol::verify_envelope.
  virtual void receive(std::span<const std::uint8_t> envelope) = 0;
  // A message that could not be read: answers with `error`, as the reply to
  // `request` (0 where it is not known).
  virtual void receive_malformed(const Error& error, std::uint32_t request) = 0;
  // Set, in words, once the hub is done with this client (16 malformed messages, or
  // a reply queue that ran over): send what next() still gives, then close.
  virtual std::optional<std::string> close_reason() const = 0;
};

}  // namespace inferno::session
