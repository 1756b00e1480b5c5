#pragma once

#include <cstdint>
#include <functional>
#include <span>

#include "base/result.h"
#include "protocol/message.h"

namespace inferno::cli::debug {

// The engine process as the debugger sees it. One thread; calls block it.
class DebugEngine {
 public:
  using Take = std::function<bool(std::span<const std::uint8_t>)>;

  virtual ~DebugEngine() = default;
  virtual std::uint32_t new_run() = 0;
  virtual std::uint32_t new_request() = 0;
  virtual void send(const protocol::Bytes& message) = 0;
  // Gives every envelope to `take` until that returns true. An interrupt (Ctrl-C)
  // meanwhile calls `on_interrupt`. Error: kEngineDied.
  virtual Result<void> listen(const Take& take, const std::function<void()>& on_interrupt) = 0;
};

}  // namespace inferno::cli::debug
