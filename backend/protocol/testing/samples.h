#pragma once

#include <string>
#include <vector>

#include "protocol/message.h"

namespace inferno::protocol::testing {

// One message of the protocol with realistic values in it, as a finished buffer.
struct Sample {
  std::string name;  // of the union's member
  Bytes bytes;
};

// One sample of every member of Body, in its order; together they use every field of
// every table. Likewise for WorkerBody.
std::vector<Sample> client_samples();
std::vector<Sample> worker_samples();

}  // namespace inferno::protocol::testing
