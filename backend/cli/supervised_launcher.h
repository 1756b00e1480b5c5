#pragma once

#include <memory>

#include "session/engine_port.h"
#include "supervisor/engine_process.h"

namespace inferno::cli {

// Joins the session layer's idea of an engine with the supervisor's processes. All
// on the thread that runs `io`, which outlives it.
class SupervisedLauncher final : public session::EngineLauncher {
 public:
  SupervisedLauncher(boost::asio::io_context& io, supervisor::EngineProcessOptions options)
      : io_(io), options_(std::move(options)) {}

  Result<std::unique_ptr<session::EnginePort>> launch(session::EnginePort::Events events) override;

 private:
  boost::asio::io_context& io_;
  supervisor::EngineProcessOptions options_;
};

}  // namespace inferno::cli
