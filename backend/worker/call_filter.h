#pragma once

namespace inferno::worker {

// Takes from every thread of this process, for good, the system calls that computing
// has no use for: to start programs or processes, to open sockets, to look into or
// signal other processes, to change the file system, to open files for writing, and the
// kernel's rarely used corners. They fail with EPERM (EACCES for opening). By seccomp:
// false where the kernel has none, or on processors for which there is no list here.
// `may_connect` leaves sockets, for models that are spread over machines.
bool give_up_calls(bool may_connect);

}  // namespace inferno::worker
