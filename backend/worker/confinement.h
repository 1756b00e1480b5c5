#pragma once

#include <cstdint>
#include <string>

namespace inferno::worker {

// What keeps an engine from doing more than computing, should a model file or a prompt
// take it over. A process that holds a GPU, or runs elsewhere than on Linux, keeps what
// its parent left it: drivers need files, devices and calls of their own. Where the
// kernel lacks a part, the others hold. All of it is for good.
//
//   start_child() (supervisor)  no core files, no new privileges, a small environment
//   confine_helper_thread()     no files but the machine's own sizes
//   confine_to_model()          the same and the model's files, for reading; no system
//                               calls that computing has no use for, on any thread,
//                               writing to files among them;
//                               bounded memory and descriptors

// False: the two functions below do nothing.
bool can_be_confined();

// For a thread that never opens a model, as soon as it runs.
void confine_helper_thread();

// On the thread that reads the model, before it does; also bounds what the process may
// take. What holds from then on.
struct Held {
  bool files = false;
  bool calls = false;
};
Held confine_to_model(const std::string& path, bool may_connect);

}  // namespace inferno::worker
