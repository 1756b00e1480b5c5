#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <list>
#include <map>
#include <set>
#include <utility>
#include <vector>

#include "base/result.h"
#include "session/recorder.h"

namespace inferno::session {

// Recorded runs whose messages are not in memory: what they are, and the few pieces of
// them that clients read right now. `recorder` is borrowed and outlives it.
class Archive {
 public:
  // `on_arrived` is called with a run's id when more of it can be had, or an error.
  Archive(Recorder& recorder, std::function<void(std::uint32_t)> on_arrived);

  // A session is known by the run that began it, or the oldest that is left.
  void add(const protocol::RunSummaryT& summary, std::uint32_t session);
  std::uint32_t session_of(std::uint32_t run) const;
  void label(std::uint32_t session, const RunLabel& label);
  void forget(std::uint32_t run);
  const std::map<std::uint32_t, protocol::RunSummaryT>& runs() const { return runs_; }

  // Null where it has to be fetched first; the fetch is begun. An error is told once.
  Result<SharedBytes> message(std::uint32_t run, std::uint32_t seq);

  static constexpr std::size_t kMaxPieces = 32;
  static constexpr std::size_t kMaxPieceBytes = std::size_t{64} << 20;  // all together, or one piece of any size

 private:
  struct Piece {
    std::uint32_t run = 0;
    std::uint32_t first_seq = 0;
    std::vector<SharedBytes> messages;
    std::size_t n_bytes = 0;
  };
  using Place = std::pair<std::uint32_t, std::uint32_t>;  // run, number

  void arrived(const Place& place, Result<std::vector<SharedBytes>> messages);
  void make_room();

  Recorder& recorder_;
  std::function<void(std::uint32_t)> on_arrived_;
  std::map<std::uint32_t, protocol::RunSummaryT> runs_;
  std::map<std::uint32_t, std::uint32_t> sessions_;  // by run
  std::list<Piece> pieces_;                          // the one used last comes first
  std::size_t n_bytes_ = 0;
  std::set<Place> fetching_;
  std::map<Place, Error> failed_;
};

}  // namespace inferno::session
