#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <set>

#include "engine/explorer.h"
#include "engine/model.h"
#include "inferno_generated.h"
#include "worker/outbox.h"
#include "worker_generated.h"

namespace inferno::worker {

// Answers Explore and ExpandTree, each as a whole: the engine thread does nothing else
// meanwhile. A Stop that names the request ends it early, even if it was sent before the
// request's turn came. Whether a run may be active is its caller's to say.
//
// All on the engine thread but foresee_stop().
class Explorations {
 public:
  explicit Explorations(Outbox& outbox) : outbox_(outbox) {}

  // The model that is asked from now on; stays for good.
  void serve(engine::Model& model);
  // Replies with Explored, Tree or Error.
  void answer(const protocol::Envelope& envelope);
  // Tells of each round and, at the end, BenchDone or Error.
  void bench(std::uint32_t request, const protocol::BenchBranches& message);
  // Frees the second context.
  void run_starts();

  // Reader thread: a Stop for this request has come in …
  void foresee_stop(std::uint32_t request);
  // … and now it is its turn in the inbox: whatever it was for is over.
  void stop_seen(std::uint32_t request);

 private:
  protocol::EnvelopeT reply_to(std::uint32_t request, const protocol::Explore& message);
  protocol::EnvelopeT reply_to(std::uint32_t request, const protocol::ExpandTree& message);

  Outbox& outbox_;
  engine::Model* model_ = nullptr;
  std::unique_ptr<engine::Explorer> explorer_;

  std::mutex mutex_;
  std::uint32_t going_on_ = 0;       // the request that is being answered; 0: none
  std::set<std::uint32_t> stopped_;  // requests whose Stop waits in the inbox
};

}  // namespace inferno::worker
