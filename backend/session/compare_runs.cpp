#include "session/compare_runs.h"

#include <array>
#include <memory>
#include <utility>

namespace inferno::session {

namespace {

using Done = std::function<void(Result<protocol::RunsComparedT>)>;
using Side = RunComparison::Side;

class CompareReader final : public RunReader {
 public:
  CompareReader(Runs& runs, std::array<std::uint32_t, 2> ids, RunComparison comparison, Done done)
      : runs_(runs), ids_(ids), comparison_(std::move(comparison)), done_(std::move(done)) {}

  bool reads(std::uint32_t run) const override { return run == ids_[0] || run == ids_[1]; }

  bool go_on() override {
    while (!comparison_.is_over()) {
      const Side side = comparison_.wants(RunComparison::kFirst) ? RunComparison::kFirst : RunComparison::kSecond;
      const auto last = runs_.last_kept(ids_[side]);
      if (!last) return end(last.error());
      if (next_[side] > *last) {
        comparison_.end(side);
        continue;
      }
      const auto message = runs_.message(ids_[side], next_[side]);
      if (!message) return end(message.error());
      if (*message == nullptr) return true;  // it is being fetched
      ++next_[side];
      comparison_.add(side, *message);
    }
    return end(comparison_.result());
  }

 private:
  bool end(Result<protocol::RunsComparedT> result) {
    done_(std::move(result));
    return false;
  }

  Runs& runs_;
  std::array<std::uint32_t, 2> ids_;
  std::array<std::uint32_t, 2> next_{1, 1};
  RunComparison comparison_;
  Done done_;
};

}  // namespace

void compare_runs(RunReaders& readers, Runs& runs, const protocol::CompareRuns& request, Done done) {
  const std::array ids{request.run(), request.other()};
  for (const std::uint32_t id : ids) {
    if (const auto there = runs.last_kept(id); !there) return done(there.error());
  }
  runs.model_identity(ids[0], [&readers, &runs, ids, tolerance = request.tolerance(),
                               done = std::move(done)](const std::string& first) {
    runs.model_identity(ids[1], [&readers, &runs, ids, tolerance, done, first](std::string second) {
      RunComparison comparison(tolerance);
      comparison.set_model_identity(RunComparison::kFirst, first);
      comparison.set_model_identity(RunComparison::kSecond, std::move(second));
      readers.start(std::make_unique<CompareReader>(runs, ids, std::move(comparison), done));
    });
  });
}

}  // namespace inferno::session
