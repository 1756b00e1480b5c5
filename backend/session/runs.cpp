#include "session/runs.h"

#include <fmt/format.h>

#include <iterator>

namespace inferno::session {

Runs::Runs(std::size_t memory_bytes, Recorder* recorder, std::function<void(std::uint32_t)> on_grown)
    : memory_bytes_(memory_bytes), recorder_(recorder), on_grown_(std::move(on_grown)) {
  if (recorder_ == nullptr) return;
  recorder_->listen({[this](std::uint32_t id, std::uint32_t seq) { on_stored(id, seq); },
                     [this](std::uint32_t id, const inferno::Error& error) { on_failed(id, error); }});
  archive_.emplace(*recorder_, on_grown_);
  last_id_ = recorder_->last_run();
}

Run& Runs::create(std::span<const std::uint8_t> start_run, const CatalogFile& model, const std::string& engine_build) {
  const std::uint32_t id = ++last_id_;
  const auto& request = *protocol::envelope_of(start_run).body_as_StartRun();
  auto run = std::make_unique<Run>(id, request, protocol::readdressed(start_run, 0, id), model.name);
  if (run->parent()) {
    if (const auto parent = summary(*run->parent())) run->join(*parent, session_of(parent->run));
  }
  n_bytes_ += run->memory_bytes();
  Run& created = *(runs_[id] = std::move(run));
  if (recorder_ != nullptr) {
    created.record();
    recorder_->begin(id, {created.start_message(), model, engine_build, created.asked_s(), created.parent(),
                          created.fork_position(), created.is_replay()});
  }
  make_room(id);
  return created;
}

inferno::Error Runs::missing(std::uint32_t id) const {
  if (id == 0 || id > last_id_) {
    return {inferno::ErrorCode::kNoSuchRun, fmt::format("There is no run {}.", id),
            "ListRuns names the runs there are."};
  }
  return {inferno::ErrorCode::kGone,
          fmt::format("Run {} is no longer kept: it was deleted, or newer runs needed its memory.", id),
          "Start it again; with the same seed it gives the same tokens."};
}

Result<Run*> Runs::find(std::uint32_t id) {
  const auto found = runs_.find(id);
  if (found != runs_.end()) return found->second.get();
  if (archive_ && archive_->runs().contains(id))
    return inferno::Error{inferno::ErrorCode::kWrongState, fmt::format("Run {} has ended.", id), "Start a new run."};
  return missing(id);
}

bool Runs::has_ended(std::uint32_t id) const {
  const auto found = runs_.find(id);
  if (found == runs_.end()) return true;
  const Run& run = *found->second;
  return run.finished() && run.announced_seq() == run.log().last_seq();
}

void Runs::model_identity(std::uint32_t id, std::function<void(std::string)> done) {
  if (recorder_ == nullptr) return done("");
  recorder_->model_identity(id, [done = std::move(done)](const Result<std::string>& identity) {
    done(identity ? *identity : std::string());
  });
}

Result<protocol::RunSummaryT> Runs::summary(std::uint32_t id) {
  const auto found = runs_.find(id);
  if (found != runs_.end()) return found->second->summary();
  if (archive_) {
    const auto recorded = archive_->runs().find(id);
    if (recorded != archive_->runs().end()) return recorded->second;
  }
  return missing(id);
}

std::uint32_t Runs::session_of(std::uint32_t id) const {
  const auto found = runs_.find(id);
  if (found != runs_.end()) return found->second->session();
  return archive_ ? archive_->session_of(id) : id;
}

void Runs::complete(Run& run, Bytes start_message) {
  grow(run, [&] { run.complete(std::move(start_message)); });
}

Result<std::uint32_t> Runs::last_seq(std::uint32_t id) {
  const auto found = runs_.find(id);
  if (found != runs_.end()) return found->second->announced_seq();
  if (archive_) {
    const auto recorded = archive_->runs().find(id);
    if (recorded != archive_->runs().end()) return recorded->second.last_seq;
  }
  return missing(id);
}

Result<std::uint32_t> Runs::last_kept(std::uint32_t id) {
  const auto found = runs_.find(id);
  return found == runs_.end() ? last_seq(id) : Result<std::uint32_t>(found->second->log().last_seq());
}

Result<SharedBytes> Runs::message(std::uint32_t id, std::uint32_t seq) {
  const auto found = runs_.find(id);
  if (found != runs_.end()) {
    if (auto message = found->second->log().at(seq)) return message;
  }
  if (archive_) return archive_->message(id, seq);
  return missing(id);
}

template <typename Change>
void Runs::grow(Run& run, Change change) {
  const std::size_t before = run.memory_bytes();
  const std::uint32_t last = run.log().last_seq();
  change();
  n_bytes_ += run.memory_bytes() - before;
  if (run.is_recorded() && run.log().last_seq() > last) recorder_->append(run.id(), run.log().at(last + 1));
  make_room(run.id());
  if (!run.is_recorded()) on_grown_(run.id());
}

Result<void> Runs::append_from_engine(Run& run, std::span<const std::uint8_t> envelope) {
  Result<void> appended;
  grow(run, [&] { appended = run.append_from_engine(envelope); });
  return appended;
}

void Runs::finish(Run& run, protocol::FinishReason reason, const std::optional<inferno::Error>& error) {
  grow(run, [&] { run.finish(reason, error); });
}

void Runs::on_stored(std::uint32_t id, std::uint32_t seq) {
  const auto found = runs_.find(id);
  if (found == runs_.end()) return;
  found->second->stored(seq);
  make_room(id);
  on_grown_(id);
}

void Runs::on_failed(std::uint32_t id, const inferno::Error& error) {
  const auto found = runs_.find(id);
  if (found == runs_.end()) return;
  found->second->stop_recording(error.message);
  on_grown_(id);
}

void Runs::make_room(std::uint32_t newest) {
  if (n_bytes_ > memory_bytes_) drop_finished(newest);
  if (n_bytes_ > memory_bytes_) drop_beginnings();
}

void Runs::drop_finished(std::uint32_t newest) {
  for (auto it = runs_.begin(); it != runs_.end() && n_bytes_ > memory_bytes_;) {
    const Run& run = *it->second;
    // The run that just grew stays: its end is about to be told. So does what the
    // recorder has not stored yet.
    if (!run.finished() || run.id() == newest || run.announced_seq() < run.log().last_seq()) {
      ++it;
      continue;
    }
    if (run.is_recorded()) archive_->add(run.summary(), run.session());
    n_bytes_ -= run.memory_bytes();
    it = runs_.erase(it);
  }
}

// Of the runs that go on, what is stored can be read again.
void Runs::drop_beginnings() {
  for (const auto& [id, run] : runs_) {
    if (!run->is_recorded()) continue;
    const std::size_t before = run->memory_bytes();
    run->log().drop_to(run->announced_seq());
    n_bytes_ -= before - run->memory_bytes();
  }
}

Run* Runs::too_large() {
  if (n_bytes_ <= memory_bytes_) return nullptr;
  std::size_t n_unfinished_bytes = 0;
  Run* largest = nullptr;
  for (const auto& [id, run] : runs_) {
    if (run->finished()) continue;
    n_unfinished_bytes += run->memory_bytes();
    if (largest == nullptr || run->memory_bytes() > largest->memory_bytes()) largest = run.get();
  }
  return n_unfinished_bytes > memory_bytes_ ? largest : nullptr;
}

Result<void> Runs::check_recorded(std::uint32_t id) {
  if (const auto there = last_seq(id); !there) return there.error();
  const auto found = runs_.find(id);
  if (found == runs_.end() || found->second->is_recorded()) return {};
  return inferno::Error{inferno::ErrorCode::kWrongState, fmt::format("Run {} is not recorded.", id), ""};
}

void Runs::label(std::uint32_t id, const RunLabel& label, Recorder::Done done) {
  if (auto recorded = check_recorded(id); !recorded) return done(recorded);
  const std::uint32_t session = session_of(id);
  recorder_->change(id, label, [this, session, label, done = std::move(done)](Result<void> changed) {
    if (changed) {
      for (const auto& [other, run] : runs_) {
        if (run->session() == session) run->label(label);
      }
      archive_->label(session, label);
    }
    done(changed);
  });
}

void Runs::remove(std::uint32_t id, Recorder::Done done) {
  if (auto recorded = check_recorded(id); !recorded) return done(recorded);
  const auto found = runs_.find(id);
  if (found != runs_.end() && !found->second->finished()) {
    return done(
        inferno::Error{inferno::ErrorCode::kWrongState, fmt::format("Run {} is going on.", id), "Stop it first."});
  }
  recorder_->remove(id, [this, id, done = std::move(done)](Result<void> removed) {
    if (removed) {
      archive_->forget(id);
      const auto live = runs_.find(id);
      if (live != runs_.end()) {
        n_bytes_ -= live->second->memory_bytes();
        runs_.erase(live);
      }
      on_grown_(id);  // who follows it is told that it is gone
    }
    done(removed);
  });
}

void Runs::search(const RunQuery& query, std::function<void(Result<protocol::RunListT>)> done) {
  if (recorder_ == nullptr) {
    return done(inferno::Error{inferno::ErrorCode::kWrongState, "Nothing is recorded, so nothing can be searched.",
                               "Start the server without --no-record."});
  }
  recorder_->search(query, [this, done = std::move(done)](Result<std::vector<std::uint32_t>> ids) {
    if (!ids) return done(ids.error());
    const auto all = summaries();
    std::map<std::uint32_t, protocol::RunSummaryT> found;
    for (const std::uint32_t id : *ids) {
      const auto run = all.find(id);
      if (run != all.end()) found.insert(*run);
    }
    done(newest(std::move(found)));
  });
}

std::map<std::uint32_t, protocol::RunSummaryT> Runs::summaries() const {
  std::map<std::uint32_t, protocol::RunSummaryT> all;
  if (archive_) all = archive_->runs();
  for (const auto& [id, run] : runs_) all.insert_or_assign(id, run->summary());
  return all;
}

protocol::RunListT Runs::newest(std::map<std::uint32_t, protocol::RunSummaryT> runs) {
  protocol::RunListT out;
  auto it = runs.size() > kMaxListed ? std::prev(runs.end(), kMaxListed) : runs.begin();
  for (; it != runs.end(); ++it) out.runs.push_back(std::make_unique<protocol::RunSummaryT>(std::move(it->second)));
  return out;
}

protocol::RunListT Runs::list() const { return newest(summaries()); }

}  // namespace inferno::session
