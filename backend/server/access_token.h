#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace inferno::server {

// The secret that admits a client: hex digits, 256 random bits unless chosen by the
// user. Compared in constant time. Immutable; any thread.
class AccessToken {
 public:
  static constexpr std::size_t kMinDigits = 32;
  static constexpr std::size_t kMaxDigits = 128;

  // 256 bits from the kernel. Error: kInternal if the kernel gives none.
  static Result<AccessToken> random();
  // Error: kInvalidArgument unless it is 32 to 128 hex digits.
  static Result<AccessToken> parse(std::string_view hex);

  // Lower case.
  const std::string& hex() const { return hex_; }
  // The time taken depends on the length presented only.
  bool matches(std::string_view presented) const;

 private:
  explicit AccessToken(std::string hex) : hex_(std::move(hex)) {}

  std::string hex_;
};

}  // namespace inferno::server
