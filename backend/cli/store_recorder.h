#pragma once

#include <atomic>
#include <condition_variable>
#include <deque>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <thread>
#include <vector>

#include <boost/asio/io_context.hpp>

#include "session/recorder.h"
#include "store/store.h"

namespace inferno::cli {

// The recordings behind the session layer: a store on a thread of its own, so that a
// slow disk delays the announcement of tokens but never the server. What has piled up
// meanwhile is stored together. While nothing waits, the thread makes chunks of what it
// has stored.
//
// Made and used on the server's thread; callbacks are posted to `io` (borrowed). The
// destructor stores what was handed over, then ends the thread; it calls nobody back.
class StoreRecorder final : public session::Recorder {
 public:
  // Deletes what `retention` does not keep. Errors: as store::Store::open.
  static Result<std::unique_ptr<StoreRecorder>> open(boost::asio::io_context& io, const std::filesystem::path& folder,
                                                     const store::Retention& retention);
  ~StoreRecorder() override;

  void listen(Events events) override { events_ = std::move(events); }
  std::vector<protocol::RunSummaryT> recorded() override { return std::move(recorded_); }
  std::map<std::uint32_t, std::uint32_t> sessions() override { return std::move(sessions_); }
  std::uint32_t last_run() const override { return last_run_; }
  void begin(std::uint32_t run, session::RunOrigin origin) override;
  void append(std::uint32_t run, session::SharedBytes message) override;
  void change(std::uint32_t run, session::RunLabel label, Done done) override;
  void remove(std::uint32_t run, Done done) override;
  void search(const session::RunQuery& query, Found done) override;
  void model_identity(std::uint32_t run, Named done) override;
  void read(std::uint32_t run, std::uint32_t after, Read done) override;

 private:
  // Either a message of a run, or anything else to do with the store.
  struct Job {
    std::uint32_t run = 0;
    session::SharedBytes message;
    std::function<void(store::Store&)> task;
  };

  StoreRecorder(boost::asio::io_context& io, std::unique_ptr<store::Store> store);
  Result<void> load();
  void give(Job job);
  template <typename Callback, typename Answer>
  void answer(Callback callback, Answer result);

  // On the thread:
  void work();
  void do_jobs(std::deque<Job> jobs);
  void store_messages(std::uint32_t run, const std::vector<session::SharedBytes>& messages);
  void give_up(std::uint32_t run, const Error& error);

  boost::asio::io_context& io_;
  std::unique_ptr<store::Store> store_;  // the thread's, once it runs
  std::vector<protocol::RunSummaryT> recorded_;
  std::map<std::uint32_t, std::uint32_t> sessions_;  // by run
  std::uint32_t last_run_ = 0;
  Events events_;
  std::set<std::uint32_t> failed_;  // the thread's
  std::atomic<int> n_searching_{0};

  std::mutex mutex_;
  std::condition_variable given_;
  std::deque<Job> jobs_;  // under mutex_
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace inferno::cli
