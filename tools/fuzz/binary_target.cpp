// A client's message in the binary form, and one of the pipe: what is verified can be
// read to its last field, as JSON and by the object API.
#include <cstdlib>
#include <memory>
#include <vector>

#include "protocol/json.h"
#include "protocol/message.h"

namespace {

using namespace inferno;

void read_envelope(std::span<const std::uint8_t> bytes) {
  const auto envelope = protocol::verify_envelope(bytes);
  if (!envelope) return;
  const auto json = protocol::to_json(bytes);
  if (json.find('\n') != std::string::npos) std::abort();
  const std::unique_ptr<protocol::EnvelopeT> object((*envelope)->UnPack());
  if (object->body.type == protocol::Body::NONE) return;
  const auto other = protocol::readdressed(bytes, 7, 8);
  if (!protocol::verify_envelope(other) || protocol::envelope_of(other).request() != 7) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::vector<std::uint8_t> aligned(data, data + size);
  read_envelope(aligned);
  if (const auto message = protocol::verify_worker_message(aligned)) {
    (void)protocol::worker_to_json(aligned);
    const std::unique_ptr<protocol::WorkerMessageT> object((*message)->UnPack());
  }
  return 0;
}
