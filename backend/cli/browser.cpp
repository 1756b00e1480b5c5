#include "cli/browser.h"

#include <array>
#include <cstdlib>
#include <system_error>

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fmt/format.h>

#include "cli/machine.h"

extern char** environ;

namespace inferno::cli {

namespace fs = std::filesystem;

namespace {

Result<fs::path> write_page(const std::string& url) {
  const char* runtime = std::getenv("XDG_RUNTIME_DIR");
  std::error_code ec;
  const fs::path folder = runtime != nullptr && *runtime != '\0' ? fs::path(runtime) : fs::temp_directory_path(ec);
  std::string name = (folder / "inferno-XXXXXX.html").string();
  const int file = ::mkstemps(name.data(), 5);  // readable by its owner only
  const std::string page = fmt::format(
      "<!doctype html>\n<meta charset=\"utf-8\">\n<title>Inferno</title>\n"
      "<meta http-equiv=\"refresh\" content=\"0;url={}\">\n",
      url);
  const bool written = file >= 0 && ::write(file, page.data(), page.size()) == static_cast<ssize_t>(page.size());
  if (file >= 0) ::close(file);
  if (!written) return Error{ErrorCode::kInternal, "No page could be written for the browser to open.", {}};
  return fs::path(name);
}

// The program may run as long as the browser: a shell that ends at once leaves it to
// the system, so that nobody here has to wait for it.
bool spawn(const std::string& program, const std::string& argument) {
  std::string shell = "/bin/sh";
  std::string dash_c = "-c";
  std::string script = "\"$0\" \"$1\" >/dev/null 2>&1 &";
  std::string command = program;
  std::string page = argument;
  std::array<char*, 6> arguments{shell.data(), dash_c.data(), script.data(), command.data(), page.data(), nullptr};
  pid_t pid = 0;
  if (::posix_spawn(&pid, shell.c_str(), nullptr, nullptr, arguments.data(), environ) != 0) return false;
  int status = 0;
  return ::waitpid(pid, &status, 0) == pid && status == 0;
}

}  // namespace

Result<BrowserPage> BrowserPage::open(const std::string& url) {
  const auto opener = browser_opener();
  if (!opener) return Error{ErrorCode::kFileNotFound, "There is no xdg-open to open a browser with.", {}};
  auto file = write_page(url);
  if (!file) return file.error();
  BrowserPage page(std::move(*file));
  if (!spawn(*opener, page.file_.string())) return Error{ErrorCode::kInternal, "The browser could not be opened.", {}};
  return page;
}

BrowserPage::~BrowserPage() {
  std::error_code ignored;
  if (!file_.empty()) fs::remove(file_, ignored);
}

}  // namespace inferno::cli
