#pragma once

#include "cli/verb.h"
#include "supervisor/engine_process.h"

namespace inferno::cli {

// How this program starts and watches its engines.
inline supervisor::EngineProcessOptions engine_process_options(const Program& program) {
  supervisor::EngineProcessOptions options;
  options.executable = program.paths.engine.string();
  options.progress_timeout = std::chrono::seconds(program.settings.server.stall_timeout_s);
  return options;
}

}  // namespace inferno::cli
