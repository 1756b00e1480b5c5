#pragma once

#include <string>
#include <vector>

namespace inferno::worker {

// What the calling thread was kept from, or not, when it tried.
struct Attempt {
  enum class By : unsigned char { kFiles, kCalls };

  By by;             // which part should keep it from it
  std::string what;  // "open a socket"
  bool denied = false;
};

// Tries what a confined engine must not be able to do, and does no harm where it can.
std::vector<Attempt> try_to_break_out();

// Confines this process as if it held a model, tries to break out on a thread from before
// and on one from after, and prints one line an attempt, "files<TAB>denied<TAB>read another
// file", to standard output. For `inferno doctor` and tests. The exit status is 0 also
// where something is not denied.
int check_confinement();

}  // namespace inferno::worker
