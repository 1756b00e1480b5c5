#include "session/model_slot.h"

namespace inferno::session {

const protocol::ModelInfo& ModelSlot::info() const {
  return *protocol::envelope_of(loaded).body_as_ModelLoaded()->info();
}

flatbuffers::Offset<protocol::LoadedModel> ModelSlot::describe(flatbuffers::FlatBufferBuilder& builder) const {
  flatbuffers::Offset<protocol::ModelInfo> info_at;
  if (state == protocol::ModelState::Ready) info_at = protocol::adopt_table(builder, loaded, &info());
  flatbuffers::Offset<protocol::Error> error_at;
  if (error) {
    const auto object = protocol::to_protocol(*error);
    error_at = protocol::Error::Pack(builder, &object);
  }
  const auto path = builder.CreateString(file.path), name = builder.CreateString(file.name);
  protocol::LoadedModelBuilder out(builder);
  out.add_model(id);
  out.add_path(path);
  out.add_name(name);
  out.add_state(state);
  out.add_info(info_at);
  out.add_error(error_at);
  out.add_n_queued(static_cast<std::uint32_t>(queue.size()));
  if (active_run) out.add_active_run(*active_run);
  if (rss_bytes) out.add_rss_bytes(*rss_bytes);
  return out.Finish();
}

}  // namespace inferno::session
