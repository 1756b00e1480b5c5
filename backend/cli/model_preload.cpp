#include "cli/model_preload.h"

#include <cstdio>

#include <fmt/format.h>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>

#include "protocol/message.h"

namespace inferno::cli {

namespace {

constexpr std::uint32_t kRequest = 1;

}  // namespace

ModelPreload::ModelPreload(boost::asio::io_context& io, session::Hub& hub, const std::string& path,
                           const pb::EngineOptionsT& options)
    : io_(io), path_(path), client_(hub.connect(*this)) {
  pb::LoadModelT load;
  load.path = path;
  load.options = std::make_unique<pb::EngineOptionsT>(options);
  client_->receive(pb::make_envelope(kRequest, 0, 0, std::move(load)));
  wake();
}

ModelPreload::~ModelPreload() { *alive_ = false; }

void ModelPreload::wake() {
  if (drain_posted_) return;
  drain_posted_ = true;
  boost::asio::post(io_, [this, alive = alive_] {
    if (*alive) drain();
  });
}

void ModelPreload::drain() {
  drain_posted_ = false;
  while (client_) {
    const session::SharedBytes bytes = client_->next();
    if (!bytes) return;
    const pb::Envelope& envelope = pb::envelope_of(*bytes);
    if (envelope.request() != kRequest) continue;
    if (const auto* error = envelope.body_as_Error()) {
      const Error words = pb::from_protocol(*error);
      fmt::print(stderr, "inferno: {} could not be loaded: {} {}\n", path_, words.message, words.hint);
    } else if (envelope.body_type() != pb::Body::ModelLoaded) {
      continue;
    }
    client_.reset();  // the model stays; news of it is for the page
  }
}

}  // namespace inferno::cli
