#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "base/result.h"

namespace inferno::server {

// As what a recording can be downloaded.
enum class ExportForm : unsigned char { kPage, kPortable, kJsonLines, kCsv };

// A file that is made while it is sent. Destroying it ends the making.
class ExportStream {
 public:
  using Next = std::function<void(Result<std::string>)>;

  virtual ~ExportStream() = default;
  // The next piece, of bounded size; empty at the end. One question at a time; it is
  // answered later, never inside the call.
  virtual void next(Next done) = 0;
};

struct Export {
  std::string name;  // of the file: a-z, 0-9, '-' and '.' alone
  std::unique_ptr<ExportStream> stream;
};

// Where downloads come from. All calls and answers on the server's thread, which an
// exporter must not keep waiting: the real one (joined in cli/) reads the recordings on
// a thread of its own.
class Exporter {
 public:
  using Opened = std::function<void(Result<Export>)>;

  virtual ~Exporter() = default;
  // The session of a run. Errors: kNoSuchRun; kWrongState for a run that is going on;
  // kTooLarge while too many exports are under way.
  virtual void open(std::uint32_t run, ExportForm form, Opened done) = 0;
};

}  // namespace inferno::server
