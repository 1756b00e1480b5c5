#include "session/run_readers.h"

#include <utility>

namespace inferno::session {

void RunReaders::start(std::unique_ptr<RunReader> reader) {
  Entry& entry = entries_.emplace_back();
  entry.reader = std::move(reader);
  go_on(entry);
}

void RunReaders::run_grew(std::uint32_t run) {
  ++depth_;
  for (Entry& entry : entries_) {
    if (!entry.is_done && entry.reader->reads(run)) go_on(entry);
  }
  --depth_;
}

void RunReaders::go_on(Entry& entry) {
  entry.again = true;
  if (entry.is_going) return;
  ++depth_;
  entry.is_going = true;
  while (entry.again && !entry.is_done) {
    entry.again = false;
    entry.is_done = !entry.reader->go_on();
  }
  entry.is_going = false;
  // Further out, someone may be standing on an entry.
  if (--depth_ == 0) entries_.remove_if([](const Entry& one) { return one.is_done; });
}

}  // namespace inferno::session
