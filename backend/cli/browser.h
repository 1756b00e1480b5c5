#pragma once

#include <filesystem>
#include <string>

#include "base/result.h"

namespace inferno::cli {

// Opens an address with a secret in it in the person's browser. The address itself
// must not stand on a command line, which every user of the machine can read: a
// file that only its owner can read leads there. The file goes with the object.
class BrowserPage {
 public:
  // Errors: kFileNotFound (nothing to open pages with), kInternal.
  static Result<BrowserPage> open(const std::string& url);
  BrowserPage(BrowserPage&& other) noexcept : file_(std::move(other.file_)) { other.file_.clear(); }
  BrowserPage& operator=(BrowserPage&&) = delete;
  ~BrowserPage();

 private:
  explicit BrowserPage(std::filesystem::path file) : file_(std::move(file)) {}
  std::filesystem::path file_;
};

}  // namespace inferno::cli
