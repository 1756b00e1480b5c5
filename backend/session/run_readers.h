#pragma once

#include <cstdint>
#include <list>
#include <memory>

namespace inferno::session {

// Something that reads runs' messages as far as they can be had, and goes on when there
// are more: recorded ones come piece by piece.
class RunReader {
 public:
  virtual ~RunReader() = default;
  virtual bool reads(std::uint32_t run) const = 0;
  // False: it is done, and has told so whom it was for.
  virtual bool go_on() = 0;
};

// The readers at work. One thread; what a reader does may come back here.
class RunReaders {
 public:
  // Goes on at once, and may be done at once.
  void start(std::unique_ptr<RunReader> reader);
  // More of the run can be had, or it is gone.
  void run_grew(std::uint32_t run);

 private:
  struct Entry {
    std::unique_ptr<RunReader> reader;
    bool is_going = false;
    bool again = false;  // there was more while it was going
    bool is_done = false;
  };
  void go_on(Entry& entry);

  std::list<Entry> entries_;
  int depth_ = 0;
};

}  // namespace inferno::session
