#pragma once

#include <memory>
#include <string>

#include "inferno_generated.h"
#include "session/hub.h"

namespace boost::asio {
class io_context;
}

namespace inferno::cli {

// Asks the hub for a model as a client would, and says on standard error how that
// went. The page shows the progress. On the hub's thread, which must outlive it.
class ModelPreload final : public session::ClientSink {
 public:
  ModelPreload(boost::asio::io_context& io, session::Hub& hub, const std::string& path,
               const protocol::EngineOptionsT& options);
  ~ModelPreload() override;

  void wake() override;

 private:
  void drain();

  boost::asio::io_context& io_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
  bool drain_posted_ = false;
  std::string path_;
  std::unique_ptr<session::Client> client_;
};

}  // namespace inferno::cli
