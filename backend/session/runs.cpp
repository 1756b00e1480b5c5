#include "session/runs.h"

#include <fmt/format.h>

#include <iterator>

namespace inferno::session {

Run& Runs::create(std::span<const std::uint8_t> start_run, const std::string& model_name) {
  const std::uint32_t id = ++last_id_;
  const auto& request = *protocol::envelope_of(start_run).body_as_StartRun();
  auto run = std::make_unique<Run>(id, request, protocol::readdressed(start_run, 0, id), model_name);
  n_bytes_ += run->memory_bytes();
  Run& created = *(runs_[id] = std::move(run));
  make_room(id);
  return created;
}

Result<Run*> Runs::find(std::uint32_t id) {
  const auto found = runs_.find(id);
  if (found != runs_.end()) return found->second.get();
  if (id == 0 || id > last_id_) {
    return inferno::Error{inferno::ErrorCode::kNoSuchRun, fmt::format("There is no run {}.", id),
                          "ListRuns names the runs there are."};
  }
  return inferno::Error{inferno::ErrorCode::kGone,
                        fmt::format("Run {} is no longer kept: newer runs needed its memory.", id),
                        "Start it again; with the same seed it gives the same tokens."};
}

template <typename Change>
void Runs::grow(Run& run, Change change) {
  const std::size_t before = run.memory_bytes();
  change();
  n_bytes_ += run.memory_bytes() - before;
  make_room(run.id());
  on_grown_(run.id());
}

Result<void> Runs::append_from_engine(Run& run, std::span<const std::uint8_t> envelope) {
  Result<void> appended;
  grow(run, [&] { appended = run.append_from_engine(envelope); });
  return appended;
}

void Runs::finish(Run& run, protocol::FinishReason reason, const std::optional<inferno::Error>& error) {
  grow(run, [&] { run.finish(reason, error); });
}

void Runs::make_room(std::uint32_t newest) {
  for (auto it = runs_.begin(); it != runs_.end() && n_bytes_ > memory_bytes_;) {
    const Run& run = *it->second;
    // The run that just grew stays: its end is about to be told.
    if (!run.finished() || run.id() == newest) {
      ++it;
      continue;
    }
    n_bytes_ -= run.memory_bytes();
    it = runs_.erase(it);
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

protocol::RunListT Runs::list() const {
  protocol::RunListT out;
  auto it = runs_.size() > kMaxListed ? std::prev(runs_.end(), kMaxListed) : runs_.begin();
  for (; it != runs_.end(); ++it) out.runs.push_back(std::make_unique<protocol::RunSummaryT>(it->second->summary()));
  return out;
}

}  // namespace inferno::session
