#include "session/inspector.h"

#include <fmt/format.h>

#include <utility>

namespace inferno::session {

void Inspector::inspect(const Address& from, const protocol::InspectModel& request) {
  const auto file = catalog_.find(request.path() == nullptr ? std::string() : request.path()->str());
  if (!file) return outlet_.reply_error(from, file.error());
  protocol::InspectModelT object;
  request.UnPackTo(&object);
  object.path = file->path;
  Bytes message = protocol::make_envelope(1, 0, 0, std::move(object));
  const Key key =
      fmt::format("{}:{}:", file->size_bytes, file->modified_s) + std::string(message.begin(), message.end());

  if (const Bytes* known = remembered(key)) return outlet_.reply(from, protocol::readdressed(*known, from.request, 0));
  const auto [job, is_new] = jobs_.try_emplace(key);
  job->second.waiting.push_back(from);
  if (!is_new) return;
  job->second.message = std::move(message);
  queue_.push_back(key);
  start_next();
}

void Inspector::start_next() {
  while (!queue_.empty() && jobs_.size() - queue_.size() < kMaxEngines) {
    const Key key = std::move(queue_.front());
    queue_.pop_front();
    start(key, jobs_.at(key));
  }
}

void Inspector::start(const Key& key, Job& job) {
  EnginePort::Events events;
  events.on_envelope = [this, key](auto bytes) { on_envelope(Key(key), bytes); };
  events.on_death = [this, key](const Error& error) { on_death(Key(key), error); };
  auto engine = launcher_.launch(std::move(events));
  if (!engine) return conclude(key, protocol::make_error(0, 0, engine.error()));
  job.engine = std::move(*engine);
  job.memory_epoch = memory_epoch_;
  job.engine->send(job.message);
}

void Inspector::on_envelope(const Key& key, std::span<const std::uint8_t> bytes) {
  const auto body = protocol::envelope_of(bytes).body_type();
  if (body != protocol::Body::ModelInfo && body != protocol::Body::Error) return;
  Bytes answer(bytes.begin(), bytes.end());
  const bool is_current = jobs_.at(key).memory_epoch == memory_epoch_;
  conclude(key, answer);
  if (body == protocol::Body::ModelInfo && is_current) remember(key, std::move(answer));
  start_next();
}

void Inspector::on_death(const Key& key, const Error& error) {
  conclude(key, protocol::make_error(0, 0, error));
  start_next();
}

void Inspector::conclude(const Key& key, const Bytes& answer) {
  for (const auto& from : jobs_.at(key).waiting) outlet_.reply(from, protocol::readdressed(answer, from.request, 0));
  jobs_.erase(key);
}

void Inspector::forget() {
  ++memory_epoch_;
  remembered_.clear();
  order_.clear();
}

const Bytes* Inspector::remembered(const Key& key) {
  while (!order_.empty() && now_() - remembered_.at(order_.front()).since > kRemembered) {
    remembered_.erase(order_.front());
    order_.pop_front();
  }
  const auto known = remembered_.find(key);
  return known == remembered_.end() ? nullptr : &known->second.message;
}

void Inspector::remember(const Key& key, Bytes answer) {
  remembered_[key] = {std::move(answer), now_()};
  order_.push_back(key);
  if (order_.size() <= kMaxRemembered) return;
  remembered_.erase(order_.front());
  order_.pop_front();
}

}  // namespace inferno::session
