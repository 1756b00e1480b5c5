#include "cli/supervised_launcher.h"

namespace inferno::cli {

namespace {

class SupervisedEngine final : public session::EnginePort {
 public:
  explicit SupervisedEngine(std::unique_ptr<supervisor::EngineProcess> process) : process_(std::move(process)) {}
  void send(std::span<const std::uint8_t> buffer) override { process_->send(buffer); }

 private:
  std::unique_ptr<supervisor::EngineProcess> process_;
};

}  // namespace

Result<std::unique_ptr<session::EnginePort>> SupervisedLauncher::launch(session::EnginePort::Events events) {
  supervisor::EngineProcess::Events forwarded{std::move(events.on_envelope), std::move(events.on_worker_message),
                                              std::move(events.on_death)};
  auto process = supervisor::EngineProcess::start(io_, options_, std::move(forwarded));
  if (!process) return process.error();
  return std::unique_ptr<session::EnginePort>(std::make_unique<SupervisedEngine>(std::move(*process)));
}

}  // namespace inferno::cli
