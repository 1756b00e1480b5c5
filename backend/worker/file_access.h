#pragma once

#include <string>
#include <vector>

namespace inferno::worker {

// Leaves the calling thread, and threads it makes from now on, nothing of the file
// system but to read `readable` (files, or folders with all below them); names that are
// not there are passed over. For good. By Landlock: false where the kernel has none.
// What is open stays open.
bool give_up_files(const std::vector<std::string>& readable);

// What computing needs besides a model: the sizes of machine and process, the clock's
// zone. With `may_connect` also what finds other machines by name.
std::vector<std::string> system_files(bool may_connect);

// A model's file and, where its name says that it is the first of several, the others.
std::vector<std::string> files_of_model(const std::string& path);

}  // namespace inferno::worker
