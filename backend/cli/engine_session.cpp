#include "cli/engine_session.h"

#include <csignal>
#include <cstdlib>
#include <optional>
#include <utility>

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/signal_set.hpp>

#include "cli/engine_options.h"
#include "cli/progress_bar.h"
#include "cli/requests.h"
#include "supervisor/engine_process.h"

namespace inferno::cli {

namespace {

using Span = std::span<const std::uint8_t>;

Error cancelled() { return Error{ErrorCode::kCancelled, "Interrupted.", {}}; }

Error unexpected(pb::Body type) {
  return Error{
      ErrorCode::kInternal, std::string("The engine answered with an unexpected ") + pb::EnumNameBody(type) + ".", {}};
}

}  // namespace

struct EngineSession::Impl {
  Impl() : signals(io, SIGINT, SIGTERM) { watch_signals(); }

  void watch_signals() {
    signals.async_wait([this](const boost::system::error_code& ec, int signal) {
      if (ec) return;
      terminated |= signal == SIGTERM;
      if (interrupted) std::_Exit(kInterrupted);
      interrupted = true;
      if (on_interrupt) on_interrupt();
      watch_signals();
    });
  }

  // Runs callbacks until `done`, the engine's death, or an interrupt nobody handles.
  template <typename Condition>
  Result<void> wait(const Condition& done) {
    while (!done()) {
      if (death) return *death;
      if (interrupted && !on_interrupt) return cancelled();
      if (io.stopped()) io.restart();
      io.run_one();
    }
    return {};
  }

  // Sends a request and waits for the reply, which must be of this type.
  template <typename BodyT>
  Result<BodyT> ask(std::uint32_t request, const pb::Bytes& message, const EnvelopeHandler& on_other) {
    std::optional<Result<BodyT>> answer;
    on_envelope = [&](Span bytes) {
      const pb::Envelope& envelope = pb::envelope_of(bytes);
      if (envelope.request() != request) return;
      if (envelope.body_type() == pb::BodyTraits<typename BodyT::TableType>::enum_value) {
        BodyT body;
        static_cast<const typename BodyT::TableType*>(envelope.body())->UnPackTo(&body);
        answer.emplace(std::move(body));
      } else if (const auto* error = envelope.body_as_Error()) {
        answer.emplace(pb::from_protocol(*error));
      } else if (on_other) {
        on_other(bytes);
      } else {
        answer.emplace(unexpected(envelope.body_type()));
      }
    };
    process->send(message);
    const auto waited = wait([&] { return answer.has_value(); });
    on_envelope = nullptr;
    if (!waited) return waited.error();
    return std::move(*answer);
  }

  // Sends a request that is answered by worker messages, the last of them BenchDone.
  Result<pb::BenchDoneT> measure(const pb::Bytes& message, const EnvelopeHandler& on_other,
                                 const WorkerHandler& on_told) {
    std::optional<Result<pb::BenchDoneT>> end;
    on_envelope = [&](Span bytes) {
      const auto* error = pb::envelope_of(bytes).body_as_Error();
      if (error != nullptr) end.emplace(pb::from_protocol(*error));
      on_other(bytes);
    };
    on_worker_message = [&](const pb::WorkerMessage& worker_message) {
      on_told(worker_message);
      if (const auto* done = worker_message.body_as_BenchDone()) done->UnPackTo(&*end.emplace(pb::BenchDoneT()));
    };
    process->send(message);
    const auto waited = wait([&] { return end.has_value(); });
    on_envelope = nullptr;
    on_worker_message = nullptr;
    if (!waited) return waited.error();
    return std::move(*end);
  }

  boost::asio::io_context io{1};
  boost::asio::signal_set signals;
  bool interrupted = false;
  bool terminated = false;
  std::function<void()> on_interrupt;
  std::function<void(Span)> on_envelope;
  std::function<void(const pb::WorkerMessage&)> on_worker_message;
  std::optional<pb::EngineHelloT> hello;
  std::optional<Error> death;
  std::uint32_t last_request = 0;
  std::uint32_t last_run = 0;
  std::unique_ptr<supervisor::EngineProcess> process;
};

EngineSession::EngineSession(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
EngineSession::~EngineSession() = default;

Result<std::unique_ptr<EngineSession>> EngineSession::start(const Program& program) {
  if (auto there = require_engine(program.paths); !there) return there.error();
  auto impl = std::make_unique<Impl>();
  Impl* self = impl.get();  // outlives the process, which it owns
  supervisor::EngineProcess::Events events;
  events.on_envelope = [self](Span bytes) {
    if (self->on_envelope) self->on_envelope(bytes);
  };
  events.on_worker_message = [self](Span bytes) {
    const auto& message = *pb::GetWorkerMessage(bytes.data());
    if (const auto* hello = message.body_as_EngineHello()) {
      hello->UnPackTo(&self->hello.emplace());
    } else if (self->on_worker_message) {
      self->on_worker_message(message);
    }
  };
  events.on_death = [self](const Error& error) { self->death = error; };
  auto process = supervisor::EngineProcess::start(impl->io, engine_process_options(program), std::move(events));
  if (!process) return process.error();
  impl->process = std::move(*process);
  if (auto waited = impl->wait([self] { return self->hello.has_value(); }); !waited) return waited.error();
  return std::unique_ptr<EngineSession>(new EngineSession(std::move(impl)));
}

std::uint32_t EngineSession::new_run() { return ++impl_->last_run; }
std::uint32_t EngineSession::new_request() { return ++impl_->last_request; }
void EngineSession::send(const pb::Bytes& message) { impl_->process->send(message); }

Result<void> EngineSession::listen(const std::function<bool(Span)>& take, const std::function<void()>& on_interrupt) {
  bool done = false;
  impl_->on_envelope = [&](Span bytes) { done = done || take(bytes); };
  impl_->on_interrupt = [&] {
    impl_->interrupted = false;
    on_interrupt();
  };
  auto waited = impl_->wait([&] { return done; });
  impl_->on_interrupt = nullptr;
  impl_->on_envelope = nullptr;
  return waited;
}

EngineSession::Readiness EngineSession::wait_readable(int fd) {
  boost::asio::posix::stream_descriptor input(impl_->io);
  boost::system::error_code ec;
  input.assign(fd, ec);
  if (ec) return Readiness::kReadable;  // a file: always
  bool readable = false;
  input.async_wait(boost::asio::posix::descriptor_base::wait_read, [&](const boost::system::error_code& error) {
    // A file cannot be waited for, and need not be.
    readable |= error != boost::asio::error::operation_aborted;
  });
  bool interrupted = false;
  impl_->on_interrupt = [&] {
    impl_->interrupted = false;
    interrupted = true;
  };
  while (!readable && !interrupted) {
    if (impl_->io.stopped()) impl_->io.restart();
    impl_->io.run_one();
  }
  impl_->on_interrupt = nullptr;
  input.release();
  impl_->io.poll();  // lets the wait that was given up end while what it refers to is there
  if (impl_->terminated) return Readiness::kTerminated;
  return readable ? Readiness::kReadable : Readiness::kInterrupted;
}

const pb::EngineHelloT& EngineSession::hello() const { return *impl_->hello; }
bool EngineSession::interrupted() const { return impl_->interrupted; }
boost::asio::io_context& EngineSession::io() { return impl_->io; }

Result<pb::ModelInfoT> EngineSession::load(const std::string& path, const pb::EngineOptionsT& options) {
  pb::LoadModelT body;
  body.path = path;
  body.options = std::make_unique<pb::EngineOptionsT>(options);
  const std::uint32_t request = ++impl_->last_request;
  ProgressBar bar(true);
  auto loaded =
      impl_->ask<pb::ModelLoadedT>(request, pb::make_envelope(request, 0, 0, std::move(body)), [&bar](Span bytes) {
        const auto* progress = pb::envelope_of(bytes).body_as_LoadProgress();
        if (progress == nullptr) return;
        bar.update(progress->fraction(), progress->stage() != nullptr ? progress->stage()->str() : "loading");
      });
  if (!loaded) return loaded.error();
  return std::move(*loaded->info);
}

Result<pb::ModelInfoT> EngineSession::inspect(const std::string& path, const pb::EngineOptionsT& options,
                                              bool with_tensors) {
  pb::InspectModelT body;
  body.path = path;
  body.options = std::make_unique<pb::EngineOptionsT>(options);
  body.with_tensors = with_tensors;
  const std::uint32_t request = ++impl_->last_request;
  return impl_->ask<pb::ModelInfoT>(request, pb::make_envelope(request, 0, 0, std::move(body)), nullptr);
}

Result<pb::TokensT> EngineSession::tokenize(std::unique_ptr<pb::PromptT> prompt) {
  pb::TokenizeT body;
  body.prompt = std::move(prompt);
  const std::uint32_t request = ++impl_->last_request;
  return impl_->ask<pb::TokensT>(request, encode_tokenize(request, body), nullptr);
}

Result<pb::ExploredT> EngineSession::explore(pb::ExploreT question) {
  const std::uint32_t request = ++impl_->last_request;
  return impl_->ask<pb::ExploredT>(request, pb::make_envelope(request, 0, 0, std::move(question)), nullptr);
}

Result<pb::TreeT> EngineSession::expand(pb::ExpandTreeT question) {
  const std::uint32_t request = ++impl_->last_request;
  return impl_->ask<pb::TreeT>(request, pb::make_envelope(request, 0, 0, std::move(question)), nullptr);
}

Result<pb::FinishedT> EngineSession::run(const pb::StartRunT& start, const EnvelopeHandler& on_message) {
  const std::uint32_t request = ++impl_->last_request;
  const std::uint32_t run = ++impl_->last_run;
  std::optional<Result<pb::FinishedT>> end;
  impl_->on_envelope = [&](Span bytes) {
    const pb::Envelope& envelope = pb::envelope_of(bytes);
    const auto* error = envelope.body_as_Error();
    if (error != nullptr && envelope.request() == request) end.emplace(pb::from_protocol(*error));
    if (envelope.run() != run) return;
    if (on_message) on_message(bytes);
    if (const auto* finished = envelope.body_as_Finished()) {
      pb::FinishedT body;
      finished->UnPackTo(&body);
      end.emplace(std::move(body));
    }
  };
  // The run's own Finished then says that it was stopped.
  impl_->on_interrupt = [&] { impl_->process->send(pb::make_envelope(0, run, 0, pb::StopT())); };
  impl_->process->send(encode_start_run(request, run, start));
  const auto waited = impl_->wait([&] { return end.has_value(); });
  impl_->on_interrupt = nullptr;
  impl_->on_envelope = nullptr;
  if (!waited) return waited.error();
  return std::move(*end);
}

Result<pb::BenchDoneT> EngineSession::bench(pb::BenchT bench, const EnvelopeHandler& on_envelope,
                                            const WorkerHandler& on_worker_message) {
  bench.run = ++impl_->last_run;
  const auto of_run = [&](Span bytes) {
    if (on_envelope && pb::envelope_of(bytes).run() == bench.run) on_envelope(bytes);
  };
  return impl_->measure(pb::make_worker_message(++impl_->last_request, bench), of_run, on_worker_message);
}

Result<pb::BenchDoneT> EngineSession::bench_branches(pb::BenchBranchesT bench, const WorkerHandler& on_worker_message) {
  return impl_->measure(
      pb::make_worker_message(++impl_->last_request, std::move(bench)), [](Span) {}, on_worker_message);
}

}  // namespace inferno::cli
