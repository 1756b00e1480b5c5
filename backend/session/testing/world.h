#pragma once

#include <deque>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "protocol/json.h"
#include "protocol/message.h"
#include "session/hub.h"

namespace inferno::session::testing {

// An engine without a process: the test reads what it was sent and speaks for it.
class FakeEngine {
 public:
  std::vector<Bytes> received;
  bool ended = false;  // its port is gone

  void say(const Bytes& envelope) {
    // The hub may destroy the port, and with it the events, inside the call.
    const auto events = events_;
    if (!ended) events->on_envelope(envelope);
  }
  void say_worker(const Bytes& message) {
    const auto events = events_;
    if (!ended) events->on_worker_message(message);
  }
  void die(const std::string& reason) {
    const auto events = events_;
    if (!ended) events->on_death({ErrorCode::kEngineDied, reason, ""});
  }

  std::uint32_t last_request() const { return protocol::envelope_of(received.back()).request(); }
  protocol::Body last_body() const { return protocol::envelope_of(received.back()).body_type(); }

 private:
  friend class FakeLauncher;
  std::shared_ptr<EnginePort::Events> events_;
};

class FakeLauncher final : public EngineLauncher {
 public:
  std::deque<FakeEngine> engines;
  bool fails = false;

  Result<std::unique_ptr<EnginePort>> launch(EnginePort::Events events) override {
    if (fails) return Error{ErrorCode::kEngineDied, "The engine program is missing.", ""};
    FakeEngine& engine = engines.emplace_back();
    engine.events_ = std::make_shared<EnginePort::Events>(std::move(events));
    return std::unique_ptr<EnginePort>(std::make_unique<Port>(engine));
  }

 private:
  struct Port final : EnginePort {
    explicit Port(FakeEngine& of) : engine(of) {}
    ~Port() override { engine.ended = true; }
    void send(std::span<const std::uint8_t> buffer) override {
      engine.received.emplace_back(buffer.begin(), buffer.end());
    }
    FakeEngine& engine;
  };
};

class FakeCatalog final : public ModelCatalog {
 public:
  std::map<std::string, CatalogFile> known;

  std::vector<CatalogFile> files() override {
    std::vector<CatalogFile> out;
    for (const auto& [path, file] : known) out.push_back(file);
    return out;
  }
  std::vector<std::string> folders() const override { return {"/models"}; }
  Result<CatalogFile> find(const std::string& path) override {
    const auto found = known.find(path);
    if (found == known.end()) return Error{ErrorCode::kFileNotFound, "There is no file " + path + ".", ""};
    return found->second;
  }
};

// A client as a script would be: speaks and hears the JSON form.
class TestClient final : public ClientSink {
 public:
  explicit TestClient(Hub& hub) : client(hub.connect(*this)) {}

  void wake() override { ++n_wakes; }
  // `body` in JSON; the request number is given back.
  std::uint32_t send(const std::string& type, const std::string& body = "{}", std::uint32_t run = 0) {
    const auto bytes =
        protocol::envelope_from_json("{\"request\":" + std::to_string(++request) + ",\"run\":" + std::to_string(run) +
                                     ",\"body_type\":\"" + type + "\",\"body\":" + body + "}");
    INFERNO_CHECK(bytes.ok());
    client->receive(*bytes);
    return request;
  }
  std::vector<Bytes> take_all() {
    std::vector<Bytes> all;
    while (auto message = client->next()) all.push_back(*message);
    return all;
  }
  // The one reply to `number` among all that waits; what else waits is dropped.
  Bytes reply_to(std::uint32_t number) {
    Bytes found;
    for (auto& message : take_all()) {
      if (protocol::envelope_of(message).request() != number) continue;
      INFERNO_CHECK(found.empty());
      found = std::move(message);
    }
    return found;
  }
  Bytes ask(const std::string& type, const std::string& body = "{}", std::uint32_t run = 0) {
    return reply_to(send(type, body, run));
  }

  std::uint32_t request = 0;
  int n_wakes = 0;
  std::unique_ptr<Client> client;
};

}  // namespace inferno::session::testing
