// The bytes of an engine's pipe: the first byte says in what pieces they arrive.
#include <algorithm>

#include "protocol/message.h"
#include "supervisor/frame_splitter.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace inferno;
  if (size < 2) return 0;
  const std::size_t piece = 1 + data[0];
  supervisor::FrameSplitter splitter(1 << 20);
  std::span<const std::uint8_t> rest(data + 1, size - 1);
  while (!rest.empty()) {
    const auto now = rest.first(std::min(piece, rest.size()));
    rest = rest.subspan(now.size());
    const auto fed = splitter.feed(now, [](std::span<const std::uint8_t> frame) {
      if (protocol::root_of(frame) == protocol::Root::kWorkerMessage) {
        (void)protocol::verify_worker_message(frame).ok();
      } else {
        (void)protocol::verify_envelope(frame, protocol::kMaxFrameBytes, false).ok();
      }
      return true;
    });
    if (!fed) return 0;
  }
  return 0;
}
