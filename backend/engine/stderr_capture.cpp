#include "engine/stderr_capture.h"

#include <cstdio>

#ifdef __linux__
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>
#endif

namespace inferno::engine {

namespace {
std::mutex g_capturing;
}

#ifdef __linux__

StderrCapture::StderrCapture() : alone_(g_capturing) {
  std::fflush(stderr);
  file_ = memfd_create("stderr", MFD_CLOEXEC);
  if (file_ < 0) return;
  saved_ = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3);
  if (saved_ >= 0) dup2(file_, STDERR_FILENO);
}

void StderrCapture::restore() {
  if (saved_ < 0) return;
  std::fflush(stderr);
  dup2(saved_, STDERR_FILENO);
  close(saved_);
  saved_ = -1;
}

std::string StderrCapture::take() {
  if (saved_ < 0) return {};
  restore();
  const off_t size = lseek(file_, 0, SEEK_END);
  std::string text(size > 0 ? static_cast<std::size_t>(size) : 0, '\0');
  const ssize_t n = pread(file_, text.data(), text.size(), 0);
  text.resize(n > 0 ? static_cast<std::size_t>(n) : 0);
  return text;
}

StderrCapture::~StderrCapture() {
  const std::string rest = take();
  if (!rest.empty()) std::fwrite(rest.data(), 1, rest.size(), stderr);
  if (file_ >= 0) close(file_);
}

#else

StderrCapture::StderrCapture() : alone_(g_capturing) {}
StderrCapture::~StderrCapture() = default;
void StderrCapture::restore() {}
std::string StderrCapture::take() { return {}; }

#endif

}  // namespace inferno::engine
