#include "cli/store_recorder.h"

#include <algorithm>
#include <chrono>
#include <optional>
#include <utility>

#include <boost/asio/post.hpp>

#include <fmt/format.h>

#include "store/run_summary.h"

namespace inferno::cli {

namespace asio = boost::asio;

namespace {

using session::SharedBytes;

constexpr std::uint32_t kSessionsPerPage = 1000;
constexpr int kMaxSearches = 16;

std::int64_t now_ms() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::system_clock::now().time_since_epoch())
      .count();
}

// A file's content is told from another's by its size and date: reading gigabytes for
// a true fingerprint would hold up the first run.
std::string identity_of(const session::CatalogFile& file) {
  return fmt::format("{}:{}:{}", file.name, file.size_bytes, file.modified_s);
}

store::NewRun new_run(std::uint32_t run, session::RunOrigin origin) {
  store::NewRun out;
  out.id = run;
  out.model = {identity_of(origin.model), origin.model.name, origin.model.path, origin.model.size_bytes};
  out.engine_build = std::move(origin.engine_build);
  out.created_ms = origin.asked_s * 1000;
  out.request = std::move(origin.start_message);
  out.fork_position = origin.fork_position;
  out.replay = origin.is_replay;
  return out;
}

// A branch belongs to its parent's session, as long as that is recorded.
void join_parent(store::Store& store, std::uint32_t parent, store::NewRun& run) {
  const auto session = store.session_of(parent);
  if (!session) return;
  run.parent = parent;
  run.session = *session;
}

Result<std::vector<std::uint32_t>> find_runs(store::Store& store, const session::RunQuery& query) {
  store::SessionQuery wanted;
  wanted.text = query.text;
  wanted.tag = query.tag;
  wanted.in_generated_text = query.in_generated;
  wanted.limit = kSessionsPerPage;
  const auto sessions = store.sessions(wanted);
  if (!sessions) return sessions.error();
  std::vector<std::uint32_t> runs;
  for (const auto& session : *sessions) {
    for (const auto& run : session.runs) runs.push_back(run.id);
  }
  std::sort(runs.begin(), runs.end());
  return runs;
}

Result<std::vector<SharedBytes>> read_piece(store::Store& store, std::uint32_t run, std::uint32_t after) {
  auto messages = store.read(run, after);
  if (!messages) return messages.error();
  std::vector<SharedBytes> shared;
  for (auto& message : *messages) shared.push_back(std::make_shared<const session::Bytes>(std::move(message)));
  return shared;
}

}  // namespace

Result<std::unique_ptr<StoreRecorder>> StoreRecorder::open(asio::io_context& io, const std::filesystem::path& folder,
                                                           const store::Retention& retention) {
  auto store = store::Store::open(folder);
  if (!store) return store.error();
  if (auto retained = (*store)->retain(retention, now_ms()); !retained) return retained.error();
  std::unique_ptr<StoreRecorder> recorder(new StoreRecorder(io, std::move(*store)));
  if (auto loaded = recorder->load(); !loaded) return loaded.error();
  recorder->thread_ = std::thread([self = recorder.get()] { self->work(); });
  return recorder;
}

StoreRecorder::StoreRecorder(asio::io_context& io, std::unique_ptr<store::Store> store)
    : io_(io), store_(std::move(store)) {}

StoreRecorder::~StoreRecorder() {
  if (!thread_.joinable()) return;
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  given_.notify_one();
  thread_.join();
}

Result<void> StoreRecorder::load() {
  auto last = store_->last_run();
  if (!last) return last.error();
  last_run_ = *last;
  store::SessionQuery page;
  page.limit = kSessionsPerPage;
  while (true) {
    const auto sessions = store_->sessions(page);
    if (!sessions) return sessions.error();
    for (const auto& session : *sessions) {
      for (const auto& run : session.runs) {
        recorded_.push_back(store::run_summary(run, session));
        sessions_[run.id] = session.runs.front().id;
      }
      page.before = session.id;
    }
    if (sessions->size() < kSessionsPerPage) break;
  }
  std::sort(recorded_.begin(), recorded_.end(), [](const auto& a, const auto& b) { return a.run < b.run; });
  return {};
}

void StoreRecorder::give(Job job) {
  {
    const std::lock_guard lock(mutex_);
    jobs_.push_back(std::move(job));
  }
  given_.notify_one();
}

template <typename Callback, typename Answer>
void StoreRecorder::answer(Callback callback, Answer result) {
  asio::post(io_,
             [callback = std::move(callback), result = std::move(result)]() mutable { callback(std::move(result)); });
}

void StoreRecorder::begin(std::uint32_t run, session::RunOrigin origin) {
  const auto parent = origin.parent;
  give({0, nullptr, [this, run, parent, made = new_run(run, std::move(origin))](store::Store& store) mutable {
          if (parent) join_parent(store, *parent, made);
          const auto begun = store.begin_run(made);
          if (!begun) return give_up(run, begun.error());
          asio::post(io_, [this, run] { events_.on_stored(run, 0); });
        }});
}

void StoreRecorder::append(std::uint32_t run, SharedBytes message) { give({run, std::move(message), {}}); }

void StoreRecorder::change(std::uint32_t run, session::RunLabel label, Done done) {
  give({0, nullptr, [this, run, label = std::move(label), done = std::move(done)](store::Store& store) {
          const auto session = store.session_of(run);
          if (!session) return answer(done, Result<void>(session.error()));
          answer(done, store.change_session(*session, {label.title, label.note, label.tags}));
        }});
}

void StoreRecorder::remove(std::uint32_t run, Done done) {
  give({0, nullptr, [this, run, done = std::move(done)](store::Store& store) { answer(done, store.delete_run(run)); }});
}

void StoreRecorder::search(const session::RunQuery& query, Found done) {
  // Messages wait behind searches, so few may wait.
  if (n_searching_.fetch_add(1) >= kMaxSearches) {
    n_searching_.fetch_sub(1);
    answer(std::move(done), Result<std::vector<std::uint32_t>>(
                                Error{ErrorCode::kTooLarge, "Too many searches are waiting.", "Search again later."}));
    return;
  }
  give({0, nullptr, [this, query, done = std::move(done)](store::Store& store) {
          answer(done, find_runs(store, query));
          n_searching_.fetch_sub(1);
        }});
}

void StoreRecorder::model_identity(std::uint32_t run, Named done) {
  give({0, nullptr,
        [this, run, done = std::move(done)](store::Store& store) { answer(done, store.model_identity(run)); }});
}

void StoreRecorder::read(std::uint32_t run, std::uint32_t after, Read done) {
  give({0, nullptr, [this, run, after, done = std::move(done)](store::Store& store) {
          answer(done, read_piece(store, run, after));
        }});
}

void StoreRecorder::work() {
  bool more_to_compact = true;  // of the time before
  while (true) {
    std::deque<Job> jobs;
    {
      std::unique_lock lock(mutex_);
      given_.wait(lock, [&] { return stopping_ || more_to_compact || !jobs_.empty(); });
      if (stopping_ && jobs_.empty()) return;
      jobs.swap(jobs_);
    }
    do_jobs(std::move(jobs));
    // What cannot be made a chunk stays as it is, and can be read all the same.
    const auto compacted = store_->compact_some();
    more_to_compact = compacted && *compacted;
  }
}

void StoreRecorder::do_jobs(std::deque<Job> jobs) {
  for (auto job = jobs.begin(); job != jobs.end();) {
    if (job->task) {
      job->task(*store_);
      ++job;
      continue;
    }
    const std::uint32_t run = job->run;
    std::vector<SharedBytes> messages;
    for (; job != jobs.end() && !job->task && job->run == run; ++job) messages.push_back(std::move(job->message));
    store_messages(run, messages);
  }
}

void StoreRecorder::store_messages(std::uint32_t run, const std::vector<SharedBytes>& messages) {
  if (failed_.contains(run)) return;
  const std::vector<std::span<const std::uint8_t>> bytes = [&] {
    std::vector<std::span<const std::uint8_t>> out;
    for (const auto& message : messages) out.emplace_back(*message);
    return out;
  }();
  if (const auto stored = store_->append(run, bytes); !stored) return give_up(run, stored.error());
  const auto& last = protocol::envelope_of(bytes.back());
  asio::post(io_, [this, run, seq = last.seq()] { events_.on_stored(run, seq); });
  // The end of a run is made safe against a power cut, too. If that fails, the run is
  // still stored as well as any other.
  if (last.body_type() == protocol::Body::Finished) (void)store_->sync().ok();
}

void StoreRecorder::give_up(std::uint32_t run, const Error& error) {
  failed_.insert(run);
  // Most likely the same fault again; then the recording ends here without its reason.
  (void)store_->give_up(run, error.message).ok();
  asio::post(io_, [this, run, error] { events_.on_failed(run, error); });
}

}  // namespace inferno::cli
