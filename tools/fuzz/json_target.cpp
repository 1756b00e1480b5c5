// A client's message in the JSON form: what is taken can be written and read again.
#include <cstdlib>
#include <string_view>

#include "protocol/json.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace inferno;
  const auto envelope = protocol::envelope_from_json({reinterpret_cast<const char*>(data), size});
  if (!envelope) {
    if (envelope.error().message.empty()) std::abort();  // refused without words
    return 0;
  }
  if (!protocol::verify_envelope(*envelope)) std::abort();
  const auto again = protocol::envelope_from_json(protocol::to_json(*envelope));
  if (!again) std::abort();
  return 0;
}
