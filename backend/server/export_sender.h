#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>

#include "server/exporter.h"
#include "server/stream.h"

namespace inferno::server {

// Writes an export to a connection, chunk by chunk: the next piece is asked for when the
// last one has been taken, so a slow client makes the export slow and nothing else. A
// fault in the middle ends the connection without the last chunk, by which the client
// knows that the file is not whole. `stream` is borrowed; `done` keeps it alive.
class ExportSender final : public std::enable_shared_from_this<ExportSender> {
 public:
  using Done = std::function<void(bool is_whole)>;

  ExportSender(Stream& stream, std::unique_ptr<ExportStream> pieces, std::chrono::milliseconds write_deadline,
               Done done);
  void send() { ask(); }

 private:
  void ask();
  void write();
  void write_end();

  // One write, and what a client that stops reading may hold back.
  static constexpr std::size_t kWriteBytes = 64 * 1024;

  Stream& stream_;
  std::unique_ptr<ExportStream> pieces_;
  std::chrono::milliseconds write_deadline_;
  Done done_;
  std::string piece_;
  std::size_t n_written_ = 0;  // of piece_
};

}  // namespace inferno::server
