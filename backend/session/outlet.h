#pragma once

#include <cstdint>
#include <string>

#include "base/error.h"
#include "protocol/message.h"
#include "session/client.h"

namespace inferno::session {

// Who asked, and under which number.
struct Address {
  std::uint64_t client = 0;
  std::uint32_t request = 0;
};

// How the parts of the hub speak to clients. Only queues; calls nobody back.
class Outlet {
 public:
  virtual ~Outlet() = default;
  // Does nothing if the client has left.
  virtual void reply(const Address& to, Bytes message) = 0;
  // To every client; replaces a notice with the same key that still waits.
  virtual void notify(const std::string& key, Bytes message) = 0;
  // Every client gets a ModelList once it takes its next messages, however often this
  // was called until then.
  virtual void models_changed() = 0;

  void reply_ok(const Address& to) { reply(to, protocol::make_envelope(to.request, 0, 0, protocol::OkT())); }
  void reply_error(const Address& to, const Error& error) { reply(to, protocol::make_error(to.request, 0, error)); }
};

}  // namespace inferno::session
