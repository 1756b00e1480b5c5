// write-golden: writes protocol/golden/ anew from protocol/testing/samples.cpp.
#include <cstdio>

#include "protocol/testing/golden_files.h"

int main() {
  const std::size_t n_messages = inferno::protocol::testing::write_golden_files(INFERNO_SOURCE_DIR);
  std::printf("wrote %zu messages\n", n_messages);
  return 0;
}
