#include "protocol/message.h"

#include <fmt/format.h>

#include <cstring>

#include "protocol/schema.h"
#include "protocol/structure_check.h"

namespace inferno::protocol {

namespace {

// The two enums are written twice, once for those who know the wire and once for
// those who don't; here is where they must agree.
#define INFERNO_SAME_CODE(name) \
  static_assert(static_cast<int>(inferno::ErrorCode::k##name) == static_cast<int>(ErrorCode::name))
INFERNO_SAME_CODE(Internal);
INFERNO_SAME_CODE(MalformedMessage);
INFERNO_SAME_CODE(UnknownMessage);
INFERNO_SAME_CODE(UnsupportedVersion);
INFERNO_SAME_CODE(InvalidArgument);
INFERNO_SAME_CODE(FileNotFound);
INFERNO_SAME_CODE(NotGguf);
INFERNO_SAME_CODE(TruncatedFile);
INFERNO_SAME_CODE(InvalidModel);
INFERNO_SAME_CODE(UnsupportedArchitecture);
INFERNO_SAME_CODE(VocabularyOnly);
INFERNO_SAME_CODE(NotEnoughMemory);
INFERNO_SAME_CODE(ContextFull);
INFERNO_SAME_CODE(UnknownSampler);
INFERNO_SAME_CODE(BadGrammar);
INFERNO_SAME_CODE(BadTemplate);
INFERNO_SAME_CODE(NoSuchModel);
INFERNO_SAME_CODE(NoSuchRun);
INFERNO_SAME_CODE(WrongState);
INFERNO_SAME_CODE(NonFiniteLogits);
INFERNO_SAME_CODE(EngineDied);
INFERNO_SAME_CODE(Cancelled);
INFERNO_SAME_CODE(TooLarge);
INFERNO_SAME_CODE(Gone);
INFERNO_SAME_CODE(Timeout);
#undef INFERNO_SAME_CODE
static_assert(static_cast<int>(ErrorCode::MAX) == static_cast<int>(inferno::ErrorCode::kTimeout));

constexpr std::size_t kIdentifierEnd = 8;  // after the root offset and the four letters

inferno::Error malformed(std::string message) {
  return {inferno::ErrorCode::kMalformedMessage, std::move(message),
          "Messages are FlatBuffers of the published schema."};
}

Result<void> verify_structure(std::span<const std::uint8_t> buffer, Root root, std::size_t max_bytes, bool check_text) {
  if (buffer.size() > max_bytes) {
    return inferno::Error{inferno::ErrorCode::kTooLarge,
                          fmt::format("The message has {} bytes; {} are allowed.", buffer.size(), max_bytes), ""};
  }
  if (root_of(buffer) != root) {
    return malformed(fmt::format("The message has {} bytes and does not begin as a FlatBuffer with the identifier {}.",
                                 buffer.size(),
                                 root == Root::kEnvelope ? EnvelopeIdentifier() : WorkerMessageIdentifier()));
  }
  const Schema& schema = Schema::get();
  return StructureCheck(buffer, kMaxDepth, check_text)
      .run(root == Root::kEnvelope ? schema.envelope() : schema.worker_message());
}

flatbuffers::Verifier verifier_of(std::span<const std::uint8_t> buffer) {
  flatbuffers::Verifier::Options options;
  options.max_depth = kMaxDepth * 2;  // it counts vectors, too
  options.max_tables = static_cast<flatbuffers::uoffset_t>(buffer.size() / 4);
  return flatbuffers::Verifier(buffer.data(), buffer.size(), options);
}

}  // namespace

Root root_of(std::span<const std::uint8_t> buffer) {
  if (buffer.size() < kIdentifierEnd) return Root::kUnknown;
  if (flatbuffers::BufferHasIdentifier(buffer.data(), EnvelopeIdentifier())) return Root::kEnvelope;
  if (flatbuffers::BufferHasIdentifier(buffer.data(), WorkerMessageIdentifier())) return Root::kWorkerMessage;
  return Root::kUnknown;
}

Result<const Envelope*> verify_envelope(std::span<const std::uint8_t> buffer, std::size_t max_bytes, bool check_text) {
  if (auto sound = verify_structure(buffer, Root::kEnvelope, max_bytes, check_text); !sound) return sound.error();
  auto verifier = verifier_of(buffer);
  if (!VerifyEnvelopeBuffer(verifier)) return malformed("The message is not a sound FlatBuffer.");
  const Envelope* envelope = GetEnvelope(buffer.data());
  if (envelope->body() == nullptr) return malformed("The message has no body.");
  return envelope;
}

Result<const WorkerMessage*> verify_worker_message(std::span<const std::uint8_t> buffer) {
  if (auto sound = verify_structure(buffer, Root::kWorkerMessage, kMaxFrameBytes, false); !sound) return sound.error();
  auto verifier = verifier_of(buffer);
  if (!VerifyWorkerMessageBuffer(verifier)) return malformed("The message is not a sound FlatBuffer.");
  const WorkerMessage* message = GetWorkerMessage(buffer.data());
  if (message->body() == nullptr) return malformed("The message has no body.");
  return message;
}

ErrorT to_protocol(const inferno::Error& error) {
  ErrorT out;
  out.code = static_cast<ErrorCode>(error.code);
  out.message = error.message;
  out.hint = error.hint;
  out.stage = error.stage ? flatbuffers::Optional<std::uint8_t>(*error.stage) : flatbuffers::nullopt;
  out.offset = error.offset ? flatbuffers::Optional<std::uint32_t>(*error.offset) : flatbuffers::nullopt;
  return out;
}

inferno::Error from_protocol(const Error& error) {
  const auto text = [](const flatbuffers::String* string) { return string == nullptr ? std::string() : string->str(); };
  // A code of a newer version is still an error.
  const auto code = error.code() > ErrorCode::MAX ? ErrorCode::Internal : error.code();
  inferno::Error out{static_cast<inferno::ErrorCode>(code), text(error.message()), text(error.hint())};
  if (error.stage()) out.stage = *error.stage();
  if (error.offset()) out.offset = *error.offset();
  return out;
}

Bytes release(const flatbuffers::FlatBufferBuilder& builder) {
  const auto* data = builder.GetBufferPointer();
  return {data, data + builder.GetSize()};
}

Bytes encode(const EnvelopeT& envelope) {
  flatbuffers::FlatBufferBuilder builder;
  builder.Finish(Envelope::Pack(builder, &envelope), EnvelopeIdentifier());
  return release(builder);
}

Bytes encode(const WorkerMessageT& message) {
  flatbuffers::FlatBufferBuilder builder;
  builder.Finish(WorkerMessage::Pack(builder, &message), WorkerMessageIdentifier());
  return release(builder);
}

Bytes make_error(std::uint32_t request, std::uint32_t run, const inferno::Error& error) {
  return make_envelope(request, run, 0, to_protocol(error));
}

flatbuffers::uoffset_t adopt(flatbuffers::FlatBufferBuilder& builder, std::span<const std::uint8_t> from,
                             const void* part) {
  // A builder grows towards lower addresses and measures from the end; offsets inside
  // `from` are relative and stay right wherever it lands on the same alignment.
  constexpr std::size_t kAlignment = 8;
  static constexpr std::uint8_t kZeros[kAlignment] = {};
  const auto position = static_cast<std::size_t>(static_cast<const std::uint8_t*>(part) - from.data());
  builder.Align(kAlignment);
  builder.PushBytes(kZeros, (kAlignment - from.size() % kAlignment) % kAlignment);
  builder.PushBytes(from.data(), from.size());
  return builder.GetSize() - static_cast<flatbuffers::uoffset_t>(position);
}

Bytes readdressed(std::span<const std::uint8_t> envelope, std::uint32_t request, std::uint32_t run) {
  const Envelope& old = envelope_of(envelope);
  flatbuffers::FlatBufferBuilder builder(envelope.size() + 128);
  const flatbuffers::Offset<void> body(adopt(builder, envelope, old.body()));
  builder.Finish(CreateEnvelope(builder, old.version(), request, run, 0, old.body_type(), body), EnvelopeIdentifier());
  return release(builder);
}

}  // namespace inferno::protocol
