#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"
#include "protocol/message.h"

namespace inferno::protocol {

// The JSON form of a verified buffer, one line without a line end: FlatBuffers' own
// form (fields by name, enums by name, a union as `body_type` and `body`), with every
// scalar that has a default printed, absent optional fields left out, numbers as short
// as they can be read back exactly. What is not finite is left out; what is not UTF-8
// in a string becomes U+FFFD. Appends to `out`, which keeps its capacity between uses.
void append_json(std::span<const std::uint8_t> verified_envelope, std::string& out);
std::string to_json(std::span<const std::uint8_t> verified_envelope);
std::string worker_to_json(std::span<const std::uint8_t> verified_worker_message);
// One `Step` table (as the lines of `inferno run --json`).
void append_json(const Step& step, std::string& out);

// The buffer that a JSON text from outside describes. Strict JSON with the schema's
// names; null means absent; enums by name or number; `body_type` before or after
// `body`. `request`, if given, receives the request id as soon as it was read, so
// that an error can be sent as a reply to it.
// Errors say where ("body.sampler[0].kind") and what would be right: kMalformedMessage,
// kTooLarge, kUnknownMessage (a body type), kUnknownSampler (a StageKind).
Result<Bytes> envelope_from_json(std::string_view json, std::size_t max_bytes = kMaxClientMessageBytes,
                                 std::uint32_t* request = nullptr);
Result<Bytes> worker_from_json(std::string_view json);

}  // namespace inferno::protocol
