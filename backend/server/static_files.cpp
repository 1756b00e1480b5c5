#include "server/static_files.h"

#include <algorithm>
#include <array>
#include <fstream>
#include <string>
#include <system_error>
#include <utility>

namespace inferno::server {

namespace fs = std::filesystem;

namespace {

constexpr std::array<std::pair<std::string_view, std::string_view>, 16> kContentTypes{{
    {".html", "text/html; charset=utf-8"},
    {".js", "text/javascript; charset=utf-8"},
    {".mjs", "text/javascript; charset=utf-8"},
    {".css", "text/css; charset=utf-8"},
    {".json", "application/json"},
    {".map", "application/json"},
    {".webmanifest", "application/manifest+json"},
    {".svg", "image/svg+xml"},
    {".png", "image/png"},
    {".jpg", "image/jpeg"},
    {".webp", "image/webp"},
    {".ico", "image/x-icon"},
    {".woff2", "font/woff2"},
    {".woff", "font/woff"},
    {".wasm", "application/wasm"},
    {".txt", "text/plain; charset=utf-8"},
}};

std::string_view content_type(const fs::path& file) {
  const std::string extension = file.extension().string();
  for (const auto& [name, type] : kContentTypes) {
    if (name == extension) return type;
  }
  return "application/octet-stream";
}

// Vite names what it builds into assets/ by content: such a file never changes.
std::string_view cache_control(std::string_view path) {
  return path.starts_with("/assets/") ? "private, max-age=31536000, immutable" : "no-cache";
}

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

bool lies_in(const fs::path& file, const fs::path& folder) {
  const auto [in_folder, in_file] = std::mismatch(folder.begin(), folder.end(), file.begin(), file.end());
  return in_folder == folder.end();
}

std::optional<std::string> percent_decoded(std::string_view text) {
  std::string result;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      result += text[i];
      continue;
    }
    if (i + 2 >= text.size()) return std::nullopt;
    const int high = hex_value(text[i + 1]);
    const int low = hex_value(text[i + 2]);
    if (high < 0 || low < 0) return std::nullopt;
    result += static_cast<char>(high * 16 + low);
    i += 2;
  }
  return result;
}

}  // namespace

std::optional<std::string> decode_path(std::string_view path) {
  if (!path.starts_with('/')) return std::nullopt;
  std::optional<std::string> decoded = percent_decoded(path);
  if (!decoded || decoded->find('\\') != std::string::npos || decoded->find('\0') != std::string::npos) {
    return std::nullopt;
  }
  std::size_t at = 1;
  while (at < decoded->size()) {
    // An empty segment and one that begins with a dot ("..", ".git") are refused alike.
    if ((*decoded)[at] == '/' || (*decoded)[at] == '.') return std::nullopt;
    const std::size_t slash = decoded->find('/', at);
    if (slash == std::string::npos) break;
    at = slash + 1;
  }
  return decoded;
}

StaticFiles::StaticFiles(const fs::path& root) {
  std::error_code ec;
  if (!root.empty()) root_ = fs::canonical(root, ec);
  if (ec) root_.clear();
}

bool StaticFiles::present() const {
  std::error_code ec;
  return !root_.empty() && fs::is_regular_file(root_ / "index.html", ec);
}

std::optional<Response> StaticFiles::find(std::string_view path) const {
  if (root_.empty() || path.size() < 2) return std::nullopt;
  std::error_code ec;
  const fs::path file = fs::canonical(root_ / path.substr(1), ec);
  if (ec || !lies_in(file, root_) || !fs::is_regular_file(file, ec)) return std::nullopt;
  const std::uintmax_t size = fs::file_size(file, ec);
  if (ec || size > kMaxFileBytes) return std::nullopt;

  std::ifstream stream(file, std::ios::binary);
  Response response;
  response.body.resize(static_cast<std::size_t>(size));
  stream.read(response.body.data(), static_cast<std::streamsize>(size));
  if (!stream) return std::nullopt;
  response.headers.emplace_back("Content-Type", content_type(file));
  response.headers.emplace_back("Cache-Control", cache_control(path));
  return response;
}

}  // namespace inferno::server
