#include "server/export_sender.h"

#include <algorithm>
#include <utility>

#include <boost/asio/buffer.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/http/chunk_encode.hpp>

namespace inferno::server {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using boost::system::error_code;

ExportSender::ExportSender(Stream& stream, std::unique_ptr<ExportStream> pieces,
                           std::chrono::milliseconds write_deadline, Done done)
    : stream_(stream), pieces_(std::move(pieces)), write_deadline_(write_deadline), done_(std::move(done)) {}

void ExportSender::ask() {
  stream_.expires_never();  // the recordings may take their time
  pieces_->next([self = shared_from_this()](Result<std::string> piece) {
    if (!piece) return self->done_(false);
    if (piece->empty()) return self->write_end();
    self->piece_ = std::move(*piece);
    self->n_written_ = 0;
    self->write();
  });
}

void ExportSender::write() {
  const std::size_t size = std::min(kWriteBytes, piece_.size() - n_written_);
  stream_.expires_after(write_deadline_);
  asio::async_write(stream_, http::make_chunk(asio::buffer(piece_.data() + n_written_, size)),
                    [self = shared_from_this(), size](error_code ec, std::size_t) {
                      if (ec) return self->done_(false);
                      self->n_written_ += size;
                      self->n_written_ < self->piece_.size() ? self->write() : self->ask();
                    });
}

void ExportSender::write_end() {
  stream_.expires_after(write_deadline_);
  asio::async_write(stream_, http::make_chunk_last(),
                    [self = shared_from_this()](error_code ec, std::size_t) { self->done_(!ec); });
}

}  // namespace inferno::server
