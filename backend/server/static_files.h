#pragma once

#include <filesystem>
#include <optional>
#include <string_view>

#include "server/messages.h"

namespace inferno::server {

// The studio's files in one folder. Gives only regular files that lie in it after
// links are followed. Reads from disk at every request: files are few and small,
// and a rebuilt page shows at once. No listing of folders. Any thread.
class StaticFiles {
 public:
  static constexpr std::size_t kMaxFileBytes = 32u << 20;

  explicit StaticFiles(const std::filesystem::path& root);

  // True if there is a studio to serve at all.
  bool present() const;
  // The answer for a decoded path beginning with '/', or nothing if there is no
  // such file.
  std::optional<Response> find(std::string_view path) const;

 private:
  std::filesystem::path root_;  // canonical; empty when there is none
};

// Decodes %XX. Nothing for a bad escape, a NUL, a backslash, or a path with an
// empty, hidden, "." or ".." segment.
std::optional<std::string> decode_path(std::string_view path);

}  // namespace inferno::server
