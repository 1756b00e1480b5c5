#pragma once

#include <string>
#include <vector>

#include "base/result.h"

namespace inferno::supervisor {

// A file descriptor that closes itself.
class Descriptor {
 public:
  Descriptor() = default;
  explicit Descriptor(int fd) : fd_(fd) {}
  Descriptor(Descriptor&& other) noexcept : fd_(other.release()) {}
  Descriptor& operator=(Descriptor&& other) noexcept;
  ~Descriptor() { close(); }

  int get() const { return fd_; }
  bool is_open() const { return fd_ >= 0; }
  int release();
  void close();

 private:
  int fd_ = -1;
};

// A started child and the parent's ends of its pipes.
struct Child {
  int pid = -1;
  Descriptor input;    // its standard input: write here
  Descriptor output;   // its standard output
  Descriptor errors;   // its standard error
  Descriptor process;  // readable once it has ended; closed where the system has no pidfd
};

// Starts `executable` in a process group of its own (so that Ctrl-C in a terminal
// reaches only the parent), without this process's descriptors, with no more of its
// environment than engines need, without core files and without the means to gain
// privileges. On Linux it is killed when the calling thread ends.
// Errors: kEngineDied, with what the system says.
Result<Child> start_child(const std::string& executable, const std::vector<std::string>& arguments);

// The variables of `environment` ("NAME=value") that a child gets.
std::vector<std::string> child_environment(char* const* environment);

// "was killed by signal 9 (SIGKILL): perhaps the system ran out of memory", from
// what waitpid() tells.
std::string describe_exit(int status);

}  // namespace inferno::supervisor
