#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "session/client.h"
#include "session/client_queue.h"
#include "session/outlet.h"
#include "session/runs.h"
#include "session/subscription.h"

namespace inferno::session {

class HubClient;

// What a client needs of the hub.
class ClientHost {
 public:
  virtual ~ClientHost() = default;
  virtual void dispatch(HubClient& client, std::span<const std::uint8_t> envelope) = 0;
  virtual void leave(HubClient& client) = 0;
  // The loaded models as they are now, for everyone.
  virtual SharedBytes model_list() = 0;
};

// The hub's side of one client: its queue and its places in the runs it follows.
// Replies go out before the list of models, and that before runs; the runs take turns, so that a busy one cannot hold
// up another.
class HubClient final : public Client {
 public:
  HubClient(std::uint64_t id, ClientHost& host, Runs& runs, ClientSink& sink, std::size_t max_queue_bytes)
      : id_(id), host_(host), runs_(runs), sink_(sink), queue_(max_queue_bytes) {}
  ~HubClient() override { host_.leave(*this); }

  SharedBytes next() override;
  void receive(std::span<const std::uint8_t> envelope) override;
  void receive_malformed(const Error& error, std::uint32_t request) override;
  std::optional<std::string> close_reason() const override;

  std::uint64_t id() const { return id_; }
  void reply(SharedBytes message);
  void notify(const std::string& key, SharedBytes message);
  void models_changed();
  // The run's log grew.
  void run_grew(std::uint32_t run);

  void subscribe(Subscription subscription);  // replaces an earlier one to the same run
  bool unsubscribe(std::uint32_t run);
  bool acknowledge(std::uint32_t run, std::uint32_t seq);  // false: not subscribed
  Subscription* subscription_to(std::uint32_t run);

  static constexpr int kMaxMalformed = 16;
  static constexpr std::size_t kMaxSubscriptions = 256;
  // Where there are too many, those to runs that have ended and were sent whole make room.
  bool may_subscribe(std::uint32_t run);

 private:
  SharedBytes next_of_runs();

  std::uint64_t id_;
  ClientHost& host_;
  Runs& runs_;
  ClientSink& sink_;
  ClientQueue queue_;
  std::vector<Subscription> subscriptions_;
  bool wants_model_list_ = false;
  std::size_t turn_ = 0;  // the subscription that comes first next time
  int n_malformed_ = 0;
};

}  // namespace inferno::session
