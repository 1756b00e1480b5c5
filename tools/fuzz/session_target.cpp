// The session layer between clients and engines that send what they please: the input is
// a list of messages, each with who sends it, an engine or one of two clients.
#include <array>
#include <memory>
#include <vector>

#include "session/testing/world.h"

namespace {

using namespace inferno;

// Bytes of a message: who, a length of two bytes, and the message.
constexpr std::size_t kHead = 3;

void from_engine(session::testing::FakeLauncher& launcher, std::uint8_t who, const protocol::Bytes& bytes) {
  if (launcher.engines.empty()) return;
  auto& engine = launcher.engines[who % launcher.engines.size()];
  if (bytes.empty()) return engine.die("fuzzed");
  if (protocol::root_of(bytes) == protocol::Root::kWorkerMessage) {
    if (protocol::verify_worker_message(bytes)) engine.say_worker(bytes);
  } else if (protocol::verify_envelope(bytes, protocol::kMaxFrameBytes, false)) {
    engine.say(bytes);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  session::testing::FakeLauncher launcher;
  session::testing::FakeCatalog catalog;
  catalog.known["/models/a.gguf"] = {"/models/a.gguf", "a.gguf", 1000, 1};
  session::HubOptions options;
  options.run_memory_bytes = 1 << 20;
  session::Hub hub(launcher, catalog, options);
  std::array<session::testing::TestClient, 2> clients{session::testing::TestClient(hub),
                                                      session::testing::TestClient(hub)};
  while (size >= kHead) {
    const std::uint8_t who = data[0];
    const std::size_t length = std::min<std::size_t>(data[1] | data[2] << 8, size - kHead);
    const protocol::Bytes bytes(data + kHead, data + kHead + length);
    data += kHead + length;
    size -= kHead + length;
    if ((who & 1) != 0) {
      from_engine(launcher, static_cast<std::uint8_t>(who >> 2), bytes);
    } else if (const auto verified = protocol::verify_envelope(bytes); verified) {
      clients[who >> 1 & 1].client->receive(bytes);
    } else {
      clients[who >> 1 & 1].client->receive_malformed(verified.error(), 0);
    }
    for (auto& client : clients) client.take_all();
  }
  return 0;
}
