#include "session/folder_catalog.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <cctype>
#include <optional>
#include <utility>

#include "base/utf8.h"

namespace inferno::session {

namespace {

namespace fs = std::filesystem;

// "model-00002-of-00003.gguf" is shard 2 of 3, and begins "model-".
struct Shard {
  std::string stem;
  unsigned index = 0;
  unsigned count = 0;
};

std::optional<unsigned> five_digits(std::string_view text) {
  if (text.size() != 5 || !std::all_of(text.begin(), text.end(), [](unsigned char c) { return std::isdigit(c) != 0; }))
    return std::nullopt;
  return static_cast<unsigned>(std::stoul(std::string(text)));
}

std::optional<Shard> shard_of(const std::string& file_name) {
  constexpr std::size_t kTail = sizeof("00001-of-00003.gguf") - 1;
  if (file_name.size() <= kTail) return std::nullopt;
  const std::string_view tail = std::string_view(file_name).substr(file_name.size() - kTail);
  const auto index = five_digits(tail.substr(0, 5)), count = five_digits(tail.substr(9, 5));
  if (!index || !count || tail.substr(5, 4) != "-of-") return std::nullopt;
  return Shard{file_name.substr(0, file_name.size() - kTail), *index, *count};
}

std::optional<struct ::stat> regular_file(const fs::path& path) {
  struct ::stat status {};
  if (::stat(path.c_str(), &status) != 0 || !S_ISREG(status.st_mode)) return std::nullopt;
  return status;
}

std::uint64_t size_of_all_shards(const fs::path& path, std::uint64_t own_size) {
  const auto shard = shard_of(path.filename().string());
  if (!shard) return own_size;
  std::uint64_t sum = 0;
  for (unsigned i = 1; i <= shard->count; ++i) {
    const auto part =
        regular_file(path.parent_path() / fmt::format("{}{:05}-of-{:05}.gguf", shard->stem, i, shard->count));
    if (part) sum += static_cast<std::uint64_t>(part->st_size);
  }
  return sum;
}

bool is_listed(const fs::path& path) {
  const auto shard = shard_of(path.filename().string());
  return path.extension() == ".gguf" && is_utf8(path.native()) && (!shard || shard->index == 1);
}

}  // namespace

FolderCatalog::FolderCatalog(const std::vector<std::string>& folders, std::vector<NamedModel> named)
    : named_(std::move(named)) {
  for (const auto& folder : folders) {
    std::error_code failed;
    const fs::path resolved = fs::canonical(folder, failed);
    // A folder that is not there may appear later.
    folders_.push_back(failed ? fs::absolute(folder).lexically_normal() : resolved);
  }
}

std::vector<std::string> FolderCatalog::folders() const {
  std::vector<std::string> out;
  for (const auto& folder : folders_) out.push_back(folder.string());
  return out;
}

std::string FolderCatalog::name_of(const fs::path& file) const {
  std::error_code failed;
  for (const auto& model : named_) {
    if (fs::weakly_canonical(model.path, failed) == file) return model.name;
  }
  for (const auto& folder : folders_) {
    const fs::path relative = file.lexically_relative(folder);
    if (!relative.empty() && *relative.begin() != "..") return relative.string();
  }
  return file.filename().string();
}

std::vector<CatalogFile> FolderCatalog::files() {
  std::vector<CatalogFile> out;
  for (const auto& folder : folders_) {
    std::error_code failed;
    fs::recursive_directory_iterator it(folder, fs::directory_options::skip_permission_denied, failed), end;
    for (; !failed && it != end && out.size() < kMaxFiles; it.increment(failed)) {
      if (it.depth() >= kMaxDepth) it.disable_recursion_pending();
      if (!is_listed(it->path())) continue;
      const auto status = regular_file(it->path());
      if (!status) continue;
      out.push_back({it->path().string(), name_of(it->path()),
                     size_of_all_shards(it->path(), static_cast<std::uint64_t>(status->st_size)), status->st_mtime});
    }
  }
  for (const auto& model : named_) {
    if (auto found = find(model.path.string())) out.push_back(std::move(*found));
  }
  std::sort(out.begin(), out.end(), [](const auto& a, const auto& b) { return a.path < b.path; });
  out.erase(std::unique(out.begin(), out.end(), [](const auto& a, const auto& b) { return a.path == b.path; }),
            out.end());
  return out;
}

Result<CatalogFile> FolderCatalog::find(const std::string& path) {
  if (path.empty()) return Error{ErrorCode::kInvalidArgument, "No model was named.", "Give the path of a GGUF file."};
  if (path.find('\0') != std::string::npos)
    return Error{ErrorCode::kInvalidArgument, "The path contains a zero byte.", ""};
  std::vector<fs::path> candidates;
  if (fs::path(path).is_relative()) {
    for (const auto& folder : folders_) candidates.push_back(folder / path);
  }
  for (const auto& model : named_) {
    if (path == model.name) candidates.push_back(model.path);
  }
  candidates.emplace_back(path);
  for (const auto& candidate : candidates) {
    std::error_code failed;
    const fs::path resolved = fs::canonical(candidate, failed);
    if (failed) continue;
    const auto status = regular_file(resolved);
    if (!status) {
      return Error{ErrorCode::kInvalidArgument, fmt::format("{} is not a file.", resolved.string()),
                   "Give the path of a GGUF file."};
    }
    return CatalogFile{resolved.string(), name_of(resolved),
                       size_of_all_shards(resolved, static_cast<std::uint64_t>(status->st_size)), status->st_mtime};
  }
  return Error{ErrorCode::kFileNotFound, fmt::format("There is no file {}.", path),
               "Check the path; ListModels names the files in the configured folders."};
}

}  // namespace inferno::session
