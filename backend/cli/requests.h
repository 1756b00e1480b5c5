#pragma once

#include <cstdint>

#include "protocol/message.h"

namespace inferno::cli {

// Requests that hold a prompt. The object API leaves out an empty text, but an empty
// prompt is a prompt (the model begins with its BOS token): these write it.
protocol::Bytes encode_start_run(std::uint32_t request, std::uint32_t run, const protocol::StartRunT& body);
protocol::Bytes encode_tokenize(std::uint32_t request, const protocol::TokenizeT& body);

}  // namespace inferno::cli
