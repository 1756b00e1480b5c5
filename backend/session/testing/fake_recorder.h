#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "session/recorder.h"

namespace inferno::session::testing {

// Recordings in memory, which store and answer when the test says so.
class FakeRecorder final : public Recorder {
 public:
  std::map<std::uint32_t, std::vector<SharedBytes>> stored;
  std::map<std::uint32_t, RunLabel> labels;
  std::map<std::uint32_t, RunOrigin> origins;
  std::vector<protocol::RunSummaryT> before;  // of earlier starts
  std::vector<std::uint32_t> found;           // what every search finds
  std::uint32_t last = 0;
  int n_reads = 0;
  std::size_t piece = 3;  // messages in one answer to read()

  // Does all that waits, and what comes of it.
  void work() {
    while (!jobs_.empty()) {
      const auto job = std::move(jobs_.front());
      jobs_.pop_front();
      job();
    }
  }
  void fail(std::uint32_t run, const std::string& reason) {
    events_.on_failed(run, {ErrorCode::kInternal, reason, ""});
  }

  void listen(Events events) override { events_ = std::move(events); }
  std::vector<protocol::RunSummaryT> recorded() override { return before; }
  std::map<std::uint32_t, std::uint32_t> sessions() override { return {}; }
  std::uint32_t last_run() const override { return last; }
  void begin(std::uint32_t run, RunOrigin origin) override {
    origins[run] = std::move(origin);
    jobs_.push_back([this, run] { events_.on_stored(run, 0); });
  }
  void append(std::uint32_t run, SharedBytes message) override {
    jobs_.push_back([this, run, message] {
      stored[run].push_back(message);
      events_.on_stored(run, protocol::envelope_of(*message).seq());
    });
  }
  void change(std::uint32_t run, RunLabel label, Done done) override {
    jobs_.push_back([this, run, label, done] {
      labels[run] = label;
      done({});
    });
  }
  void remove(std::uint32_t run, Done done) override {
    jobs_.push_back([this, run, done] {
      stored.erase(run);
      done({});
    });
  }
  void search(const RunQuery&, Found done) override {
    jobs_.push_back([this, done] { done(found); });
  }
  void model_identity(std::uint32_t run, Named done) override {
    jobs_.push_back(
        [this, run, done] { done(origins[run].model.name + std::to_string(origins[run].model.modified_s)); });
  }
  void read(std::uint32_t run, std::uint32_t after, Read done) override {
    ++n_reads;
    jobs_.push_back([this, run, after, done] {
      const auto& all = stored[run];
      std::vector<SharedBytes> some;
      for (std::size_t i = after; i < all.size() && some.size() < piece; ++i) some.push_back(all[i]);
      done(some);
    });
  }

 private:
  Events events_;
  std::deque<std::function<void()>> jobs_;
};

}  // namespace inferno::session::testing
