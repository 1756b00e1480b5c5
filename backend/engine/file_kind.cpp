#include "engine/file_kind.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string_view>

#include "engine/printable.h"

namespace inferno::engine {
namespace {

constexpr std::size_t kHeaderBytes = 24;  // magic, version, two counts
constexpr std::uint32_t kVersion = 3;

Error not_gguf(const std::string& path, const std::string& what, const std::string& hint) {
  return {ErrorCode::kNotGguf, fmt::format("{} is not a GGUF file: {}", path, what), hint};
}

Error cannot_open(const std::string& path, int reason) {
  if (reason == ENOENT || reason == ENOTDIR) {
    return {ErrorCode::kFileNotFound, fmt::format("there is no file {}", path), "Check the path."};
  }
  return {ErrorCode::kFileNotFound, fmt::format("{} cannot be opened: {}", path, std::strerror(reason)),
          reason == EACCES ? "Check the file's permissions." : ""};
}

Result<void> check_regular(const std::string& path, const struct stat& status) {
  if (S_ISREG(status.st_mode)) return {};
  const char* what = S_ISDIR(status.st_mode)    ? "a folder"
                     : S_ISFIFO(status.st_mode) ? "a named pipe"
                     : S_ISSOCK(status.st_mode) ? "a socket"
                                                : "a device";
  return Error{ErrorCode::kInvalidArgument, fmt::format("{} is {}, not a file", path, what),
               S_ISDIR(status.st_mode) ? "Name the .gguf file inside it." : "Name a .gguf file."};
}

bool starts_with_tag(std::string_view head, std::string_view tag) {
  const std::size_t start = head.find_first_not_of(" \t\r\n");
  return start != std::string_view::npos && head.substr(start, tag.size()) == tag;
}

// What the beginning of a file that lacks GGUF's magic looks like.
Error recognise(const std::string& path, std::string_view head) {
  const std::string convert =
      "Convert the model to GGUF with llama.cpp's convert_hf_to_gguf.py, or download its GGUF form.";
  if (head.substr(0, 4) == "FUGG") return not_gguf(path, "its magic is reversed (\"FUGG\")", convert);
  if (head.substr(0, 23) == "version https://git-lfs") {
    return not_gguf(path, "it is a Git LFS pointer, a stand-in for the real file",
                    "Run `git lfs pull` in its repository.");
  }
  if (starts_with_tag(head, "<!") || starts_with_tag(head, "<html") || starts_with_tag(head, "<HTML")) {
    return not_gguf(path, "it is a web page (HTML)", "The download link led to a page. Download the file itself.");
  }
  if (head.substr(0, 4) == std::string_view("PK\3\4", 4)) {
    return not_gguf(path, "it is a ZIP archive (PyTorch checkpoints are, too)", convert);
  }
  if (head.substr(0, 2) == "\x1f\x8b") return not_gguf(path, "it is compressed with gzip", "Unpack it first.");
  if (head.substr(0, 4) == "lmgg" || head.substr(0, 4) == "fmgg" || head.substr(0, 4) == "tjgg" ||
      head.substr(0, 4) == "algg") {
    return not_gguf(path, "it is of the old GGML formats from before GGUF", "Download the model's GGUF form.");
  }
  if (head.size() > 8 && head[8] == '{') return not_gguf(path, "it looks like a safetensors file", convert);
  if (starts_with_tag(head, "{")) return not_gguf(path, "it is JSON text", "Name the .gguf file.");
  return not_gguf(path, fmt::format("it starts with \"{}\" where \"GGUF\" should be", printable(head.substr(0, 4), 8)),
                  "Name a .gguf file.");
}

Result<void> check_version(const std::string& path, std::string_view head) {
  std::uint32_t version = 0;
  std::memcpy(&version, head.data() + 4, sizeof version);
  if (version == 2 || version == kVersion) return {};
  if (version == 1)
    return not_gguf(path, "it is of GGUF version 1, which llama.cpp no longer reads",
                    "Download a newer conversion of the model.");
  if ((version & 0xFFFF) == 0 && version != 0) {
    return not_gguf(path, "it is a GGUF file of the other byte order (big-endian)",
                    "Download the little-endian form of the model.");
  }
  return not_gguf(path, fmt::format("its version is {}, and versions 2 and 3 are known", version),
                  version > kVersion && version < 1000 ? "Update Inferno and llama.cpp."
                                                       : "The file is damaged. Download it again.");
}

Result<std::uint64_t> check_head(const std::string& path, std::string_view head, std::uint64_t size) {
  if (size == 0) return not_gguf(path, "it is empty", "Download or copy it again.");
  const std::string_view magic = head.substr(0, 4);
  if (magic != std::string_view("GGUF").substr(0, magic.size())) return recognise(path, head);
  if (head.size() < kHeaderBytes) {
    return Error{ErrorCode::kTruncatedFile, fmt::format("{} is cut off after {} bytes", path, size),
                 "The file is not complete. Download or copy it again."};
  }
  if (const Result<void> version = check_version(path, head); !version) return version.error();
  return size;
}

}  // namespace

Result<std::uint64_t> check_is_gguf(const std::string& path) {
  if (path.empty()) return Error{ErrorCode::kFileNotFound, "no model file is named", "Give the path of a .gguf file."};
  // Without O_NONBLOCK opening a named pipe would wait for its writer.
  const int fd = ::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
  if (fd < 0) return cannot_open(path, errno);
  struct stat status {};
  char bytes[64];
  const bool known = ::fstat(fd, &status) == 0;
  const Result<void> regular = known ? check_regular(path, status) : Result<void>(cannot_open(path, errno));
  const ssize_t n = regular ? ::pread(fd, bytes, sizeof bytes, 0) : 0;
  const int reason = errno;
  ::close(fd);
  if (!regular) return regular.error();
  if (n < 0) return cannot_open(path, reason);
  return check_head(path, {bytes, static_cast<std::size_t>(n)}, static_cast<std::uint64_t>(status.st_size));
}

}  // namespace inferno::engine
