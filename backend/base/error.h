#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace inferno {

// What kind of failure it was, for programs. The values are those of the
// protocol's ErrorCode (protocol/error_convert.cpp checks that they stay equal).
enum class ErrorCode : std::uint8_t {
  kInternal = 0,
  kMalformedMessage,
  kUnknownMessage,
  kUnsupportedVersion,
  kInvalidArgument,
  kFileNotFound,
  kNotGguf,
  kTruncatedFile,
  kInvalidModel,
  kUnsupportedArchitecture,
  kVocabularyOnly,
  kNotEnoughMemory,
  kContextFull,
  kUnknownSampler,
  kBadGrammar,
  kBadTemplate,
  kNoSuchModel,
  kNoSuchRun,
  kWrongState,
  kNonFiniteLogits,
  kEngineDied,
  kCancelled,
  kTooLarge,
  kGone,
  kTimeout,
};

// An expected failure: `message` says what was wrong, `hint` what to do about it.
// Both are sentences for a person; `hint` may be empty. A fault in a sampler chain
// also says where, for editors.
struct Error {
  ErrorCode code = ErrorCode::kInternal;
  std::string message;
  std::string hint;
  std::optional<std::uint8_t> stage;    // index into the chain as it was asked for
  std::optional<std::uint32_t> offset;  // into that stage's grammar or schema, in bytes
};

}  // namespace inferno
