#include "session/archive.h"

#include <fmt/format.h>

#include <algorithm>

namespace inferno::session {

Archive::Archive(Recorder& recorder, std::function<void(std::uint32_t)> on_arrived)
    : recorder_(recorder), on_arrived_(std::move(on_arrived)) {
  const auto sessions = recorder_.sessions();
  for (const auto& summary : recorder_.recorded()) {
    const auto session = sessions.find(summary.run);
    add(summary, session == sessions.end() ? summary.run : session->second);
  }
}

void Archive::add(const protocol::RunSummaryT& summary, std::uint32_t session) {
  runs_.insert_or_assign(summary.run, summary);
  sessions_[summary.run] = session;
}

std::uint32_t Archive::session_of(std::uint32_t run) const {
  const auto found = sessions_.find(run);
  return found == sessions_.end() ? run : found->second;
}

void Archive::label(std::uint32_t session, const RunLabel& label) {
  for (auto& [id, run] : runs_) {
    if (session_of(id) != session) continue;
    if (label.title) run.title = *label.title;
    if (label.note) run.note = *label.note;
    if (label.tags) run.tags = *label.tags;
  }
}

void Archive::forget(std::uint32_t run) {
  runs_.erase(run);
  sessions_.erase(run);
  for (auto piece = pieces_.begin(); piece != pieces_.end();) {
    if (piece->run != run) {
      ++piece;
      continue;
    }
    n_bytes_ -= piece->n_bytes;
    piece = pieces_.erase(piece);
  }
}

Result<SharedBytes> Archive::message(std::uint32_t run, std::uint32_t seq) {
  const Place place{run, seq};
  if (const auto failure = failed_.find(place); failure != failed_.end()) {
    const Error error = failure->second;
    failed_.erase(failure);
    return error;
  }
  const auto piece = std::find_if(pieces_.begin(), pieces_.end(), [&](const Piece& one) {
    return one.run == run && seq >= one.first_seq && seq - one.first_seq < one.messages.size();
  });
  if (piece != pieces_.end()) {
    pieces_.splice(pieces_.begin(), pieces_, piece);
    return piece->messages[seq - piece->first_seq];
  }
  if (fetching_.insert(place).second)
    recorder_.read(run, seq - 1, [this, place](auto messages) { arrived(place, std::move(messages)); });
  return SharedBytes();
}

void Archive::arrived(const Place& place, Result<std::vector<SharedBytes>> messages) {
  fetching_.erase(place);
  if (messages && messages->empty())
    messages = Error{ErrorCode::kGone, fmt::format("Run {} is no longer recorded.", place.first), ""};
  if (!messages) {
    failed_.insert_or_assign(place, messages.error());
  } else {
    Piece piece{place.first, place.second, std::move(*messages), 0};
    for (const auto& message : piece.messages) piece.n_bytes += message->size();
    n_bytes_ += piece.n_bytes;
    pieces_.push_front(std::move(piece));
    make_room();
  }
  on_arrived_(place.first);
}

void Archive::make_room() {
  while (pieces_.size() > 1 && (pieces_.size() > kMaxPieces || n_bytes_ > kMaxPieceBytes)) {
    n_bytes_ -= pieces_.back().n_bytes;
    pieces_.pop_back();
  }
}

}  // namespace inferno::session
