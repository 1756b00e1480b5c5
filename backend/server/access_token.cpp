#include "server/access_token.h"

#include <array>
#include <cstdint>
#include <cstdlib>

#if defined(__linux__)
#include <sys/random.h>
#endif

namespace inferno::server {

namespace {

constexpr std::size_t kRandomBytes = 32;

bool fill_random(std::array<std::uint8_t, kRandomBytes>& bytes) {
#if defined(__linux__)
  return getrandom(bytes.data(), bytes.size(), 0) == static_cast<ssize_t>(bytes.size());
#else
  arc4random_buf(bytes.data(), bytes.size());
  return true;
#endif
}

char lower(char c) { return c >= 'A' && c <= 'F' ? static_cast<char>(c - 'A' + 'a') : c; }

bool is_hex(char c) { return (c >= '0' && c <= '9') || (lower(c) >= 'a' && lower(c) <= 'f'); }

}  // namespace

Result<AccessToken> AccessToken::random() {
  std::array<std::uint8_t, kRandomBytes> bytes{};
  if (!fill_random(bytes)) {
    return Error{ErrorCode::kInternal, "The system gave no random bytes for the access token.",
                 "Set INFERNO_TOKEN to at least 32 hex digits of your own."};
  }
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string hex;
  hex.reserve(2 * bytes.size());
  for (const std::uint8_t byte : bytes) {
    hex.push_back(kDigits[byte >> 4]);
    hex.push_back(kDigits[byte & 15]);
  }
  return AccessToken(std::move(hex));
}

Result<AccessToken> AccessToken::parse(std::string_view hex) {
  bool good = hex.size() >= kMinDigits && hex.size() <= kMaxDigits;
  std::string digits;
  for (const char c : hex) {
    good = good && is_hex(c);
    digits.push_back(lower(c));
  }
  if (!good) {
    return Error{ErrorCode::kInvalidArgument, "The access token is not 32 to 128 hex digits.",
                 "Make one with: head -c 32 /dev/urandom | od -An -tx1 | tr -d ' \\n'"};
  }
  return AccessToken(std::move(digits));
}

bool AccessToken::matches(std::string_view presented) const {
  // Every presented character is looked at, whether or not an earlier one differed.
  unsigned difference = presented.size() == hex_.size() ? 0 : 1;
  for (std::size_t i = 0; i < presented.size(); ++i) {
    const auto mine = static_cast<unsigned char>(hex_[i % hex_.size()]);
    difference |= static_cast<unsigned char>(lower(presented[i])) ^ mine;
  }
  return difference == 0;
}

}  // namespace inferno::server
