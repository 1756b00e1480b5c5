#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "base/result.h"
#include "inferno_generated.h"
#include "worker_generated.h"

namespace inferno {
namespace pb = protocol;
}

namespace inferno::protocol {

using Bytes = std::vector<std::uint8_t>;

inline constexpr std::uint32_t kProtocolVersion = 1;
inline constexpr std::uint32_t kMinProtocolVersion = 1;
inline constexpr std::uint32_t kPipeVersion = 1;

// Limits on what is accepted. Tables may nest kMaxDepth deep (the schema needs 6) and
// no part of a buffer may be used twice: a few shared bytes could otherwise stand for
// gigabytes when they are read.
inline constexpr std::size_t kMaxClientMessageBytes = std::size_t{16} << 20;
inline constexpr std::size_t kMaxFrameBytes = std::size_t{64} << 20;
inline constexpr unsigned kMaxDepth = 16;

// Which root a finished buffer says it holds.
enum class Root { kEnvelope, kWorkerMessage, kUnknown };
Root root_of(std::span<const std::uint8_t> buffer);

// Check a buffer from outside before anything reads it: size, identifier, bounds,
// nesting, UTF-8 of every string (where `check_text`), a body that is there. The
// result points into `buffer`. A body type of a newer version passes: ask body_type().
// Errors: kMalformedMessage, kTooLarge.
Result<const Envelope*> verify_envelope(std::span<const std::uint8_t> buffer,
                                        std::size_t max_bytes = kMaxClientMessageBytes, bool check_text = true);
Result<const WorkerMessage*> verify_worker_message(std::span<const std::uint8_t> buffer);

// For buffers that were verified before.
inline const Envelope& envelope_of(std::span<const std::uint8_t> verified) { return *GetEnvelope(verified.data()); }

ErrorT to_protocol(const inferno::Error& error);
inferno::Error from_protocol(const Error& error);

template <typename BodyT>
EnvelopeT envelope_object(std::uint32_t request, std::uint32_t run, std::uint32_t seq, BodyT body) {
  EnvelopeT envelope;
  envelope.request = request;
  envelope.run = run;
  envelope.seq = seq;
  envelope.body.Set(std::move(body));
  return envelope;
}

// A finished Envelope around a body of the object API. Note that the object API
// writes an empty string or vector as an absent one.
Bytes encode(const EnvelopeT& envelope);
template <typename BodyT>
Bytes make_envelope(std::uint32_t request, std::uint32_t run, std::uint32_t seq, BodyT body) {
  return encode(envelope_object(request, run, seq, std::move(body)));
}
Bytes make_error(std::uint32_t request, std::uint32_t run, const inferno::Error& error);

Bytes encode(const WorkerMessageT& message);
template <typename BodyT>
Bytes make_worker_message(std::uint32_t request, BodyT body) {
  WorkerMessageT message;
  message.request = request;
  message.body.Set(std::move(body));
  return encode(message);
}

// Makes `part`, a table inside the verified buffer `from`, usable as a child of what
// `builder` builds next: the whole of `from` is copied in as it is, so that nothing
// is lost or decoded.
flatbuffers::uoffset_t adopt(flatbuffers::FlatBufferBuilder& builder, std::span<const std::uint8_t> from,
                             const void* part);
template <typename Table>
flatbuffers::Offset<Table> adopt_table(flatbuffers::FlatBufferBuilder& builder, std::span<const std::uint8_t> from,
                                       const Table* part) {
  return part == nullptr ? flatbuffers::Offset<Table>() : flatbuffers::Offset<Table>(adopt(builder, from, part));
}

// The finished buffer that `builder` holds.
Bytes release(const flatbuffers::FlatBufferBuilder& builder);

// The same verified message with another request and run; `seq` is 0.
Bytes readdressed(std::span<const std::uint8_t> envelope, std::uint32_t request, std::uint32_t run);

}  // namespace inferno::protocol
