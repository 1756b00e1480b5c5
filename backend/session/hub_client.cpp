#include "session/hub_client.h"

#include <algorithm>
#include <utility>

namespace inferno::session {

SharedBytes HubClient::next() {
  if (queue_.overflowed()) return nullptr;
  if (auto message = queue_.pop()) return message;
  if (n_malformed_ >= kMaxMalformed) return nullptr;
  if (std::exchange(wants_model_list_, false)) return host_.model_list();
  return next_of_runs();
}

SharedBytes HubClient::next_of_runs() {
  for (std::size_t i = 0; i < subscriptions_.size(); ++i) {
    const std::size_t at = (turn_ + i) % subscriptions_.size();
    Subscription& subscription = subscriptions_[at];
    const auto last = runs_.last_seq(subscription.run());
    if (last && !subscription.may_send(*last)) continue;
    const auto found = last ? runs_.message(subscription.run(), subscription.next_seq()) : last.error();
    if (!found) {
      // Forgotten while this client was still reading it, or no longer to be read.
      auto message = std::make_shared<const Bytes>(protocol::make_error(0, subscription.run(), found.error()));
      unsubscribe(subscription.run());
      return message;
    }
    SharedBytes message = *found;
    if (message == nullptr) continue;  // it is being fetched
    subscription.sent_one();
    turn_ = at + 1;
    return message;
  }
  return nullptr;
}

void HubClient::receive(std::span<const std::uint8_t> envelope) {
  if (!close_reason()) host_.dispatch(*this, envelope);
}

void HubClient::receive_malformed(const Error& error, std::uint32_t request) {
  if (close_reason()) return;
  ++n_malformed_;
  reply(std::make_shared<const Bytes>(protocol::make_error(request, 0, error)));
}

std::optional<std::string> HubClient::close_reason() const {
  if (queue_.overflowed()) return "The client does not take its replies.";
  if (n_malformed_ >= kMaxMalformed) return "Too many messages could not be read.";
  return std::nullopt;
}

void HubClient::reply(SharedBytes message) {
  queue_.push(std::move(message));
  sink_.wake();
}

void HubClient::notify(const std::string& key, SharedBytes message) {
  queue_.push_notice(key, std::move(message));
  sink_.wake();
}

void HubClient::models_changed() {
  wants_model_list_ = true;
  sink_.wake();
}

void HubClient::run_grew(std::uint32_t run) {
  if (subscription_to(run) != nullptr) sink_.wake();
}

void HubClient::subscribe(Subscription subscription) {
  if (auto* earlier = subscription_to(subscription.run())) {
    *earlier = subscription;
  } else {
    subscriptions_.push_back(subscription);
  }
  sink_.wake();
}

bool HubClient::may_subscribe(std::uint32_t run) {
  if (subscription_to(run) != nullptr || subscriptions_.size() < kMaxSubscriptions) return true;
  std::erase_if(subscriptions_, [this](const Subscription& subscription) {
    const auto last = runs_.last_seq(subscription.run());
    return runs_.has_ended(subscription.run()) && last && subscription.next_seq() > *last;
  });
  return subscriptions_.size() < kMaxSubscriptions;
}

bool HubClient::unsubscribe(std::uint32_t run) {
  return std::erase_if(subscriptions_, [run](const auto& subscription) { return subscription.run() == run; }) > 0;
}

bool HubClient::acknowledge(std::uint32_t run, std::uint32_t seq) {
  Subscription* subscription = subscription_to(run);
  if (subscription == nullptr) return false;
  subscription->acknowledge(seq);
  sink_.wake();  // there may be credits again
  return true;
}

Subscription* HubClient::subscription_to(std::uint32_t run) {
  const auto found =
      std::find_if(subscriptions_.begin(), subscriptions_.end(), [run](const auto& s) { return s.run() == run; });
  return found == subscriptions_.end() ? nullptr : &*found;
}

}  // namespace inferno::session
