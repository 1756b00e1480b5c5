#include "worker/worker.h"

#include <fmt/format.h>

#include <utility>

#include "engine/bench_loop.h"
#include "engine/platform.h"
#include "engine/prompt.h"
#include "protocol/message.h"
#include "worker/confinement.h"
#include "worker/convert.h"
#include "worker/convert_debug.h"

namespace inferno::worker {

namespace {

namespace pb = protocol;

template <typename T>
pb::EnvelopeT reply(std::uint32_t request, T body) {
  return pb::envelope_object(request, 0, 0, std::move(body));
}

template <typename T>
pb::WorkerMessageT worker_reply(std::uint32_t request, T body) {
  pb::WorkerMessageT message;
  message.request = request;
  message.body.Set(std::move(body));
  return message;
}

Error no_model() { return {ErrorCode::kNoSuchModel, "This engine holds no model yet.", "Load a model first."}; }

Error busy() { return {ErrorCode::kWrongState, "This engine is busy with a run.", ""}; }

std::string path_of(const flatbuffers::String* path) { return path == nullptr ? std::string() : path->str(); }

}  // namespace

Worker::Worker(Inbox& inbox, Outbox& outbox, Writer& writer, Pulse& pulse, Responder& responder)
    : inbox_(inbox), outbox_(outbox), writer_(writer), pulse_(pulse), responder_(responder), explorations_(outbox) {}

Worker::~Worker() = default;

void Worker::run() {
  say_hello();
  while (true) {
    const bool can_advance = active_ && active_->runnable();
    pulse_.busy = can_advance;
    if (auto frame = can_advance ? inbox_.try_pop() : inbox_.pop()) {
      pulse_.busy = true;
      handle(*frame);
    } else {
      active_->advance();
    }
    ++pulse_.progress;
    if (active_ && active_->finished()) {
      const std::lock_guard lock(interrupt_mutex_);
      interruptible_ = nullptr;
      active_.reset();
    }
  }
}

void Worker::foresee(std::span<const std::uint8_t> frame) {
  if (pb::root_of(frame) != pb::Root::kEnvelope) return;
  const auto* envelope = pb::GetEnvelope(frame.data());
  if (envelope->body_type() != pb::Body::Stop) return;
  if (const auto request = envelope->body_as_Stop()->request(); request != 0)
    return explorations_.foresee_stop(request);
  const std::lock_guard lock(interrupt_mutex_);
  if (interruptible_ != nullptr && interruptible_run_ == envelope->run()) interruptible_->request_abort();
}

void Worker::handle(const Inbox::Frame& frame) {
  if (pb::root_of(frame) == pb::Root::kEnvelope) {
    handle_envelope(*pb::GetEnvelope(frame.data()));
  } else {
    handle_worker_message(*pb::GetWorkerMessage(frame.data()));
  }
}

void Worker::handle_envelope(const pb::Envelope& envelope) {
  switch (envelope.body_type()) {
    case pb::Body::LoadModel:
      return load(envelope.request(), *envelope.body_as_LoadModel());
    case pb::Body::InspectModel:
      return inspect(envelope.request(), *envelope.body_as_InspectModel());
    case pb::Body::Tokenize:
    case pb::Body::CheckSampler:
      // Those that came before the model was there; the others are the Responder's.
      return model_ ? outbox_.post(Responder::answer(envelope, *model_)) : reply_error(envelope.request(), no_model());
    case pb::Body::StartRun:
      return start_run(envelope);
    case pb::Body::Explore:
    case pb::Body::ExpandTree:
      return explore(envelope);
    case pb::Body::Pause:
    case pb::Body::Resume:
    case pb::Body::StepOnce:
    case pb::Body::Stop:
    case pb::Body::ForceToken:
    case pb::Body::BanTokens:
    case pb::Body::SetSampler:
    case pb::Body::SetBreakpoints:
    case pb::Body::SetWatches:
      return control_run(envelope);
    default:
      return reply_error(
          envelope.request(),
          {ErrorCode::kUnknownMessage,
           fmt::format("An engine does not take {} messages.", pb::EnumNameBody(envelope.body_type())), ""});
  }
}

void Worker::handle_worker_message(const pb::WorkerMessage& message) {
  if (message.body_type() == pb::WorkerBody::Bench) {
    return bench(message.request(), *message.body_as_Bench());
  }
  if (message.body_type() == pb::WorkerBody::BenchBranches) {
    if (!model_) return reply_error(message.request(), no_model());
    if (active_) return reply_error(message.request(), busy());
    return explorations_.bench(message.request(), *message.body_as_BenchBranches());
  }
  reply_error(message.request(), {ErrorCode::kUnknownMessage, "This message only ever comes from an engine.", ""});
}

Result<void> Worker::confine(const std::string& path, const pb::EngineOptions* options) {
  if (!confined_to_) {
    const auto* machines = options == nullptr ? nullptr : options->rpc_servers();
    confine_to_model(path, machines != nullptr && machines->size() > 0);
    confined_to_ = path;
  }
  if (*confined_to_ == path || !can_be_confined()) return {};
  return Error{ErrorCode::kWrongState, fmt::format("This engine may read {} and no other file.", *confined_to_),
               "Start another engine: one engine reads one model."};
}

void Worker::load(std::uint32_t request, const pb::LoadModel& message) {
  if (model_) {
    return reply_error(request, {ErrorCode::kWrongState, "This engine already holds a model.",
                                 "Start another engine: one engine holds one model."});
  }
  const std::string path = path_of(message.path());
  if (auto fit = confine(path, message.options()); !fit) return reply_error(request, fit.error());
  const auto progress = [&](float fraction, const std::string& stage) {
    pb::LoadProgressT told;
    told.path = path;
    told.fraction = fraction;
    told.stage = stage;
    outbox_.post(reply(request, std::move(told)));
    ++pulse_.progress;
    return true;  // a load is cancelled by ending this process
  };
  auto model = engine::Model::load(path, to_options(message.options()), progress);
  // Without weights there is still a tokenizer to ask; its capabilities say the rest.
  if (!model && model.error().code == ErrorCode::kVocabularyOnly) model = engine::Model::load_vocabulary(path);
  if (!model) return reply_error(request, model.error());
  model_ = std::move(*model);
  outbox_.flush();
  writer_.set_tokens(model_->tokens());
  pb::ModelLoadedT loaded;
  loaded.info = from_info(model_->info(), &model_->tokens());
  outbox_.post(reply(request, std::move(loaded)));
  pulse_.model = model_.get();
  responder_.serve(*model_);
  explorations_.serve(*model_);
}

void Worker::inspect(std::uint32_t request, const pb::InspectModel& message) {
  const std::string path = path_of(message.path());
  if (auto fit = confine(path, message.options()); !fit) return reply_error(request, fit.error());
  auto info = engine::inspect(path, to_options(message.options()), message.with_tensors());
  if (!info) return reply_error(request, info.error());
  auto told = from_info(*info, nullptr);
  // A file whose metadata can be read may still have no readable vocabulary: then
  // its special tokens are told by id alone.
  auto vocabulary = engine::Model::load_vocabulary(info->path);
  if (vocabulary) told = from_info(*info, &(*vocabulary)->tokens());
  outbox_.post(reply(request, std::move(*told)));
}

void Worker::start_run(const pb::Envelope& envelope) {
  if (!model_) return reply_error(envelope.request(), no_model());
  if (active_) {
    return reply_error(envelope.request(), {ErrorCode::kWrongState, "This engine is busy with another run.", ""});
  }
  explorations_.run_starts();
  active_ = ActiveRun::start(envelope.run(), *envelope.body_as_StartRun(), *model_, outbox_);
  if (!active_) return;
  const std::lock_guard lock(interrupt_mutex_);
  interruptible_ = model_.get();
  interruptible_run_ = active_->run();
}

void Worker::control_run(const pb::Envelope& envelope) {
  const bool stop = envelope.body_type() == pb::Body::Stop;
  if (stop && envelope.body_as_Stop()->request() != 0)
    return explorations_.stop_seen(envelope.body_as_Stop()->request());
  // Whatever became of the run, its Stop has now been seen: the next run starts clean.
  if (stop && model_) model_->clear_abort();
  if (!active_ || active_->run() != envelope.run()) {
    return reply_error(envelope.request(),
                       {ErrorCode::kWrongState, "The run is not active in this engine.", "It may have just ended."});
  }
  if (stop) return active_->stop();
  const Result<void> done = active_->control(envelope);
  if (!done) reply_error(envelope.request(), done.error());
}

void Worker::explore(const pb::Envelope& envelope) {
  if (!model_) return reply_error(envelope.request(), no_model());
  if (active_ && active_->runnable()) {
    return reply_error(envelope.request(), {ErrorCode::kWrongState, "The model is busy with a run.",
                                            "Pause the run, or wait for its end, to look at what could come."});
  }
  explorations_.answer(envelope);
}

void Worker::bench(std::uint32_t request, const pb::Bench& message) {
  if (!model_) return reply_error(request, no_model());
  if (active_) return reply_error(request, busy());
  auto prompt = engine::tokenize(*model_, to_prompt(message.prompt()));
  if (!prompt) return reply_error(request, prompt.error());
  engine::BenchSpec spec;
  spec.prompt = prompt->ids;
  spec.sampler = to_sampler(message.sampler());
  spec.seed = message.seed();
  spec.n_tokens = message.n_tokens();
  spec.n_rounds = message.n_rounds();
  spec.capture = to_capture(message.capture());
  spec.breakpoints = to_breakpoints(message.breakpoints());
  outbox_.begin_run(message.run(), spec.capture.n_candidates + 1, spec.sampler.size());
  const auto on_round = [&](const engine::BenchRound& round) {
    pb::BenchRoundT told;
    told.round = round.round;
    told.captured = round.kind != engine::BenchKind::kBare;
    told.armed = round.kind == engine::BenchKind::kArmed;
    told.n_tokens = round.n_tokens;
    told.total_us = round.total_us;
    told.decode_us = round.decode_us;
    told.sample_us = round.sample_us;
    told.capture_us = round.capture_us;
    outbox_.post(worker_reply(request, told));
    ++pulse_.progress;
    return true;
  };
  auto result = engine::run_bench(*model_, spec, outbox_, on_round);
  if (!result) return reply_error(request, result.error());
  pb::BenchDoneT done;
  done.prompt_tokens_per_s = result->prompt_tokens_per_s;
  outbox_.post(worker_reply(request, done));
}

void Worker::reply_error(std::uint32_t request, const Error& error) {
  outbox_.post(reply(request, std::move(*from_error(error))));
}

void Worker::say_hello() {
  pb::EngineHelloT hello;
  hello.version = pb::kPipeVersion;
  hello.build = INFERNO_VERSION;
  const engine::Platform platform = engine::platform();
  hello.engine_build = platform.llama_build;
  hello.features = platform.features;
  hello.jinja = platform.jinja;
  hello.backends = platform.backends;
  for (const auto& device : platform.devices) {
    auto out = std::make_unique<pb::DeviceInfoT>();
    out->name = device.name;
    out->description = device.description;
    out->type = device.type;
    out->memory_free = device.memory_free;
    out->memory_total = device.memory_total;
    hello.devices.push_back(std::move(out));
  }
  outbox_.post(worker_reply(0, std::move(hello)));
}

}  // namespace inferno::worker
