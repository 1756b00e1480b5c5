#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>

#include <boost/asio/io_context.hpp>

#include "server/exporter.h"

namespace inferno::cli {

// The recordings as downloads: each export reads them through a connection of its own, on
// the one thread that all exports share, a piece at a time as its client takes them. The
// server and the recorder wait for none of it.
//
// Made and used on the server's thread; answers are posted to `io` (borrowed).
class StoreExporter final : public server::Exporter {
 public:
  // `data` is the folder of recordings, `page` the studio's page for one.
  StoreExporter(boost::asio::io_context& io, std::filesystem::path data, std::filesystem::path page);
  // Waits for the piece in the making; answers nobody any more.
  ~StoreExporter() override;

  void open(std::uint32_t run, server::ExportForm form, Opened done) override;

  static constexpr int kMaxExports = 8;

 private:
  class Stream;
  class Worker;
  struct Source;

  Result<std::unique_ptr<Source>> source_of(std::uint32_t run, server::ExportForm form) const;

  boost::asio::io_context& io_;
  std::filesystem::path data_;
  std::filesystem::path page_;
  std::shared_ptr<Worker> worker_;  // a stream may be the last to hold it
  std::shared_ptr<int> n_open_ = std::make_shared<int>(0);
};

}  // namespace inferno::cli
