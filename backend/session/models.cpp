#include "session/models.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace inferno::session {

namespace {

using inferno::Error;
using inferno::ErrorCode;

std::string text(const flatbuffers::String* string) { return string == nullptr ? std::string() : string->str(); }

Bytes stop_message(std::uint32_t run) { return protocol::make_envelope(0, run, 0, protocol::StopT()); }

}  // namespace

Models::Models(EngineLauncher& launcher, ModelCatalog& catalog, Runs& runs, RunReaders& readers, Outlet& outlet)
    : launcher_(launcher),
      catalog_(catalog),
      runs_(runs),
      outlet_(outlet),
      branches_(readers, runs,
                {[this](std::uint32_t run) { on_branch_ready(run); },
                 [this](std::uint32_t run, const Error& error) { on_branch_failed(run, error); },
                 [this](std::uint32_t run, const std::deque<Bytes>& held) { on_branch_copied(run, held); }}) {}

Result<ModelSlot*> Models::find(std::uint32_t model) {
  const auto found = slots_.find(model);
  if (found != slots_.end()) return &found->second;
  return Error{ErrorCode::kNoSuchModel, fmt::format("No model {} is loaded.", model),
               "ListModels names the models that are; LoadModel loads one."};
}

Result<ModelSlot*> Models::find_ready(std::uint32_t model) {
  auto slot = find(model);
  if (!slot) return slot;
  switch ((*slot)->state) {
    case protocol::ModelState::Ready:
      return slot;
    case protocol::ModelState::Loading:
      return Error{ErrorCode::kWrongState, fmt::format("Model {} is still loading.", model), "Wait for ModelLoaded."};
    default:
      return *(*slot)->error;
  }
}

void Models::load(const Address& from, const protocol::LoadModel& request) {
  auto file = catalog_.find(text(request.path()));
  if (!file) return outlet_.reply_error(from, file.error());
  drop_dead(file->path);
  if (slots_.size() >= kMaxModels) {
    return outlet_.reply_error(
        from, {ErrorCode::kTooLarge, fmt::format("{} models are loaded already.", slots_.size()), "Unload some."});
  }
  const std::uint32_t id = ++last_model_;
  EnginePort::Events events;
  events.on_envelope = [this, id](auto bytes) { on_envelope(id, bytes); };
  events.on_worker_message = [this, id](auto bytes) { on_worker_message(id, bytes); };
  events.on_death = [this, id](const Error& error) { die(slots_.at(id), error); };
  auto engine = launcher_.launch(std::move(events));
  if (!engine) return outlet_.reply_error(from, engine.error());

  ModelSlot& slot = slots_[id];
  slot.id = id;
  slot.file = std::move(*file);
  slot.engine = std::move(*engine);
  slot.loader = from;
  slot.load_request = slot.pending.add(from);
  protocol::LoadModelT message;
  request.UnPackTo(&message);
  message.path = slot.file.path;
  slot.engine->send(protocol::make_envelope(slot.load_request, 0, 0, std::move(message)));
  notify_list();
}

Result<void> Models::cancel_load(std::uint32_t model) {
  auto slot = find(model);
  if (!slot) return slot.error();
  if ((*slot)->state != protocol::ModelState::Loading) {
    return Error{ErrorCode::kWrongState, fmt::format("Model {} is not loading any more.", model),
                 "UnloadModel ends a loaded model."};
  }
  on_load_failed(**slot, {ErrorCode::kCancelled, "Loading was cancelled.", ""});
  return {};
}

Result<void> Models::unload(std::uint32_t model) {
  auto slot = find(model);
  if (!slot) return slot.error();
  refuse_waiting(**slot, {ErrorCode::kCancelled, "The model was unloaded.", "Load it again."});
  finish_runs(**slot, protocol::FinishReason::Stopped, std::nullopt);
  slots_.erase(model);
  notify_list();
  return {};
}

Result<void> Models::ask(const Address& from, std::uint32_t model, std::span<const std::uint8_t> envelope) {
  auto slot = find_ready(model);
  if (!slot) return slot.error();
  const protocol::Body body = protocol::envelope_of(envelope).body_type();
  const bool is_long = body == protocol::Body::Explore || body == protocol::Body::ExpandTree;
  (*slot)->engine->send(protocol::readdressed(envelope, (*slot)->pending.add(from, 0, is_long), 0));
  return {};
}

bool Models::stop_asking(std::uint64_t client, std::optional<std::uint32_t> request) {
  bool was_asked = false;
  for (auto& [id, slot] : slots_) {
    if (slot.engine == nullptr) continue;
    for (const std::uint32_t number : slot.pending.long_ones_of(client, request)) {
      protocol::StopT stop;
      stop.request = number;
      slot.engine->send(protocol::make_envelope(0, 0, 0, stop));
      was_asked = true;
    }
  }
  return was_asked;
}

Result<std::uint32_t> Models::loaded_from(const std::string& name, std::uint32_t rather) {
  const auto fits = [&](const ModelSlot& slot) {
    return slot.state == protocol::ModelState::Ready && slot.file.name == name;
  };
  const auto preferred = slots_.find(rather);
  if (preferred != slots_.end() && fits(preferred->second)) return rather;
  const auto found = std::find_if(slots_.begin(), slots_.end(), [&](const auto& entry) { return fits(entry.second); });
  if (found != slots_.end()) return found->first;
  return Error{ErrorCode::kWrongState, fmt::format("{} is not loaded.", name),
               "Load it, or name a loaded model with the same vocabulary."};
}

Result<void> Models::check_vocabulary(std::uint32_t model, std::uint32_t n_vocab) {
  const auto slot = find_ready(model);
  if (!slot) return slot.error();
  if ((*slot)->info().n_vocab() == n_vocab) return {};
  return Error{ErrorCode::kInvalidArgument,
               fmt::format("The run's tokens are of a vocabulary of {}, {} has {}.", n_vocab, (*slot)->file.name,
                           (*slot)->info().n_vocab()),
               "Name a model with the same vocabulary."};
}

Result<CatalogFile> Models::ready_for_run(std::uint32_t model) {
  auto found = find_ready(model);
  if (!found) return found.error();
  const ModelSlot& slot = **found;
  const auto* capabilities = slot.info().capabilities();
  if (capabilities == nullptr || !capabilities->generate()) {
    return Error{ErrorCode::kVocabularyOnly,
                 fmt::format("{} cannot generate: it has no weights or no decoder.", slot.file.name),
                 "It can still tokenize. Load a model with weights to run it."};
  }
  if (slot.queue.size() >= kMaxQueuedRuns) {
    return Error{ErrorCode::kTooLarge, fmt::format("{} runs wait for this model already.", slot.queue.size()),
                 "Wait for some to end, or stop them."};
  }
  return slot.file;
}

std::uint32_t Models::n_ahead(std::uint32_t model) const {
  const auto& slot = slots_.at(model);
  return static_cast<std::uint32_t>(slot.queue.size()) + (slot.active_run ? 1 : 0);
}

void Models::enqueue(Run& run, bool first) {
  ModelSlot& slot = slots_.at(run.model());
  first ? slot.queue.push_front(run.id()) : slot.queue.push_back(run.id());
  if (!run.is_complete()) branches_.prepare(run, slot.info().n_vocab(), slot.file.name);
  if (first && !run.finished()) stop_active(slot);
  if (!slot.active_run) start_next(slot);
  notify_list();
  stop_too_large();
}

void Models::stop_active(ModelSlot& slot) {
  if (!slot.active_run) return;
  const auto run = runs_.find(*slot.active_run);
  if (!run || (*run)->finished()) return;
  if ((*run)->is_complete()) return slot.engine->send(stop_message(*slot.active_run));
  slot.active_run.reset();
  runs_.finish(**run, protocol::FinishReason::Stopped, std::nullopt);
}

void Models::start_next(ModelSlot& slot) {
  if (slot.queue.empty()) return;
  slot.active_run = slot.queue.front();
  slot.queue.pop_front();
  const Run& run = **runs_.find(*slot.active_run);
  if (run.is_complete()) slot.engine->send(run.start_message());
}

void Models::on_branch_ready(std::uint32_t id) {
  const Run& run = **runs_.find(id);
  const ModelSlot& slot = slots_.at(run.model());
  if (slot.active_run == id) slot.engine->send(run.start_message());
}

void Models::on_branch_failed(std::uint32_t id, const Error& error) {
  Run& run = **runs_.find(id);
  ModelSlot& slot = slots_.at(run.model());
  branches_.forget(id);
  std::erase(slot.queue, id);
  runs_.finish(run, protocol::FinishReason::Failed, error);
  if (slot.active_run == id) {
    // Once it runs, its engine has the last word.
    if (run.log().last_seq() > 1) return slot.engine->send(stop_message(id));
    slot.active_run.reset();
    start_next(slot);
  }
  notify_list();
}

void Models::on_branch_copied(std::uint32_t id, const std::deque<Bytes>& held) {
  const auto run = runs_.find(id);
  if (!run) return;
  const auto slot = slots_.find((*run)->model());
  for (const Bytes& message : held) {
    if (slot == slots_.end() || slot->second.active_run != id) return;
    on_run_message(slot->second, message);
  }
}

Result<void> Models::control(const Address& from, Run& run, std::span<const std::uint8_t> envelope) {
  ModelSlot& slot = slots_.at(run.model());
  if (slot.active_run == run.id() && run.is_complete()) {
    slot.engine->send(protocol::readdressed(envelope, slot.pending.add(from, run.id()), run.id()));
    return {};
  }
  if (protocol::envelope_of(envelope).body_type() != protocol::Body::Stop) {
    return Error{ErrorCode::kWrongState, fmt::format("Run {} has not started: it waits for its model.", run.id()),
                 "It can be stopped; everything else has to wait for RunStarted."};
  }
  branches_.forget(run.id());
  std::erase(slot.queue, run.id());
  runs_.finish(run, protocol::FinishReason::Stopped, std::nullopt);
  if (slot.active_run == run.id()) {
    slot.active_run.reset();
    start_next(slot);
  }
  notify_list();
  return {};
}

Bytes Models::list(std::uint32_t request, bool with_files) const {
  flatbuffers::FlatBufferBuilder builder;
  std::vector<flatbuffers::Offset<protocol::LoadedModel>> loaded;
  for (const auto& [id, slot] : slots_) loaded.push_back(slot.describe(builder));
  std::vector<flatbuffers::Offset<protocol::ModelFile>> files;
  if (with_files) {
    for (const auto& file : catalog_.files()) {
      files.push_back(protocol::CreateModelFileDirect(builder, file.path.c_str(), file.name.c_str(), file.size_bytes,
                                                      file.modified_s));
    }
  }
  const auto files_at = with_files ? builder.CreateVector(files) : 0;
  const auto loaded_at = builder.CreateVector(loaded);
  const auto folders_at = builder.CreateVectorOfStrings(catalog_.folders());
  const auto body = protocol::CreateModelList(builder, files_at, loaded_at, folders_at);
  builder.Finish(protocol::CreateEnvelope(builder, protocol::kProtocolVersion, request, 0, 0, protocol::Body::ModelList,
                                          body.Union()),
                 protocol::EnvelopeIdentifier());
  return protocol::release(builder);
}

void Models::on_envelope(std::uint32_t model, std::span<const std::uint8_t> bytes) {
  ModelSlot& slot = slots_.at(model);
  const auto& envelope = protocol::envelope_of(bytes);
  if (envelope.run() != 0 && envelope.seq() != 0) return on_run_message(slot, bytes);
  if (const auto* progress = envelope.body_as_LoadProgress()) return on_progress(slot, *progress);
  if (envelope.body_type() == protocol::Body::ModelLoaded) return on_loaded(slot, bytes);
  const auto* error = envelope.body_as_Error();
  if (error != nullptr && slot.state == protocol::ModelState::Loading && envelope.request() == slot.load_request) {
    return on_load_failed(slot, protocol::from_protocol(*error));
  }
  const auto from = slot.pending.take(envelope.request());
  if (from) outlet_.reply(*from, protocol::readdressed(bytes, from->request, envelope.run()));
}

void Models::on_worker_message(std::uint32_t model, std::span<const std::uint8_t> bytes) {
  const auto& message = *protocol::GetWorkerMessage(bytes.data());
  if (const auto* hello = message.body_as_EngineHello()) engine_build_ = text(hello->engine_build());
  if (const auto* heartbeat = message.body_as_Heartbeat()) slots_.at(model).rss_bytes = heartbeat->rss_bytes();
}

void Models::on_run_message(ModelSlot& slot, std::span<const std::uint8_t> bytes) {
  const auto& envelope = protocol::envelope_of(bytes);
  if (slot.active_run != envelope.run()) {
    return end_faulty(slot, fmt::format("it sent a message of run {}, which it is not working on", envelope.run()));
  }
  if (branches_.hold(envelope.run(), bytes)) return;
  const bool is_last = envelope.body_type() == protocol::Body::Finished;
  const auto run = runs_.find(envelope.run());
  // A run that was ended over the engine's head may have more to say, and may even
  // have been forgotten; only its end still matters.
  if (run && !(*run)->finished()) {
    const auto completed = branches_.completed(envelope);
    const auto appended =
        runs_.append_from_engine(**run, completed ? std::span<const std::uint8_t>(*completed) : bytes);
    if (!appended) return end_faulty(slot, appended.error().message);
    if (envelope.body_type() == protocol::Body::RunStarted) branches_.started(envelope.run());
  }
  if (is_last) on_run_over(slot);
  stop_too_large();
}

void Models::on_run_over(ModelSlot& slot) {
  branches_.forget(*slot.active_run);
  slot.pending.forget_run(*slot.active_run);
  slot.active_run.reset();
  start_next(slot);
  notify_list();
}

void Models::on_progress(const ModelSlot& slot, const protocol::LoadProgress& progress) {
  protocol::LoadProgressT out;
  progress.UnPackTo(&out);
  out.model = slot.id;
  outlet_.notify(fmt::format("load {}", slot.id), protocol::make_envelope(0, 0, 0, std::move(out)));
}

void Models::on_loaded(ModelSlot& slot, std::span<const std::uint8_t> bytes) {
  const auto* body = protocol::envelope_of(bytes).body_as_ModelLoaded();
  if (slot.state != protocol::ModelState::Loading || body->info() == nullptr) {
    return end_faulty(slot, "it told of a loaded model at the wrong time or without saying which");
  }
  slot.loaded.assign(bytes.begin(), bytes.end());
  slot.state = protocol::ModelState::Ready;
  slot.pending.take(slot.load_request);
  flatbuffers::FlatBufferBuilder builder(bytes.size() + 256);
  const auto info = protocol::adopt_table(builder, slot.loaded, &slot.info());
  const auto reply = protocol::CreateModelLoaded(builder, slot.id, info);
  builder.Finish(protocol::CreateEnvelope(builder, protocol::kProtocolVersion, slot.loader.request, 0, 0,
                                          protocol::Body::ModelLoaded, reply.Union()),
                 protocol::EnvelopeIdentifier());
  outlet_.reply(slot.loader, protocol::release(builder));
  notify_list();
}

void Models::on_load_failed(ModelSlot& slot, const Error& error) {
  refuse_waiting(slot, error);
  slots_.erase(slot.id);  // ends the engine
  notify_list();
}

void Models::stop_too_large() {
  Run* run = runs_.too_large();
  if (run == nullptr) return;
  ModelSlot& slot = slots_.at(run->model());
  if (std::erase(slot.queue, run->id()) > 0) notify_list();
  if (slot.active_run == run->id()) slot.engine->send(stop_message(run->id()));
  runs_.finish(
      *run, protocol::FinishReason::Failed,
      Error{ErrorCode::kTooLarge, "The run was stopped: what it recorded no longer fits the memory set aside for runs.",
            "Record fewer candidates per step, generate fewer tokens, or allow runs more memory."});
}

void Models::end_faulty(ModelSlot& slot, const std::string& fault) {
  die(slot, {ErrorCode::kEngineDied, fmt::format("The engine was ended because {}.", fault), "Load the model again."});
}

void Models::die(ModelSlot& slot, const Error& error) {
  slot.engine.reset();
  slot.state = protocol::ModelState::Dead;
  slot.error = error;
  slot.rss_bytes.reset();
  slot.loaded.clear();
  refuse_waiting(slot, error);
  finish_runs(slot, protocol::FinishReason::EngineDied, error);
  notify_list();
}

void Models::finish_runs(ModelSlot& slot, protocol::FinishReason reason, const std::optional<Error>& error) {
  if (slot.active_run) slot.queue.push_front(*slot.active_run);
  slot.active_run.reset();
  for (const std::uint32_t id : std::exchange(slot.queue, {})) {
    const auto run = runs_.find(id);
    branches_.forget(id);
    if (run) runs_.finish(**run, reason, error);
  }
}

void Models::refuse_waiting(ModelSlot& slot, const Error& error) {
  for (const auto& from : slot.pending.take_all()) outlet_.reply_error(from, error);
}

void Models::drop_dead(const std::string& path) {
  const auto is_dead = [](const auto& entry) { return entry.second.state == protocol::ModelState::Dead; };
  std::erase_if(slots_, [&](const auto& entry) { return is_dead(entry) && entry.second.file.path == path; });
  while (std::count_if(slots_.begin(), slots_.end(), is_dead) >= static_cast<std::ptrdiff_t>(kMaxDeadModels)) {
    slots_.erase(std::find_if(slots_.begin(), slots_.end(), is_dead));
  }
}

}  // namespace inferno::session
