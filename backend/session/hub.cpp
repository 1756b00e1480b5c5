#include "session/hub.h"

#include <fmt/format.h>

#include <array>
#include <map>
#include <utility>

#include "session/branch_request.h"
#include "session/compare_runs.h"
#include "session/explorations.h"
#include "session/hub_client.h"
#include "session/inspector.h"
#include "session/models.h"
#include "session/run_past.h"
#include "session/start_run_check.h"

namespace inferno::session {

namespace {

using inferno::Error;
using inferno::ErrorCode;
using protocol::Body;

constexpr std::size_t kNBodies = static_cast<std::size_t>(Body::MAX) + 1;

}  // namespace

// Joins the parts: finds the handler of each message, and carries what the parts have
// to say to the clients.
class Hub::State final : public Outlet, public ClientHost {
 public:
  State(EngineLauncher& launcher, ModelCatalog& catalog, HubOptions options)
      : options_(std::move(options)),
        runs_(options_.run_memory_bytes, options_.recorder, [this](std::uint32_t run) { run_grew(run); }),
        models_(launcher, catalog, runs_, readers_, *this),
        explorations_(readers_, runs_, models_, *this),
        inspector_(launcher, catalog, *this) {}

  std::unique_ptr<Client> connect(ClientSink& sink) {
    const std::uint64_t id = ++last_client_;
    auto client = std::make_unique<HubClient>(id, *this, runs_, sink, options_.client_queue_bytes);
    clients_[id] = client.get();
    return client;
  }

  void reply(const Address& to, Bytes message) override {
    const auto client = clients_.find(to.client);
    if (client != clients_.end()) client->second->reply(std::make_shared<const Bytes>(std::move(message)));
  }

  void notify(const std::string& key, Bytes message) override {
    const auto shared = std::make_shared<const Bytes>(std::move(message));
    for (const auto& [id, client] : clients_) client->notify(key, shared);
  }

  void models_changed() override {
    model_list_.reset();
    inspector_.forget();
    for (const auto& [id, client] : clients_) client->models_changed();
  }

  void leave(HubClient& client) override {
    clients_.erase(client.id());
    explorations_.client_left(client.id());
  }

  SharedBytes model_list() override {
    if (!model_list_) model_list_ = std::make_shared<const Bytes>(models_.list(0, false));
    return model_list_;
  }

  void dispatch(HubClient& client, std::span<const std::uint8_t> bytes) override {
    const Call call{client, protocol::envelope_of(bytes), bytes};
    if (const auto refused = refusal(call.envelope)) return reply_error(call.address(), *refused);
    const auto handler = handlers()[static_cast<std::size_t>(call.envelope.body_type())];
    (this->*handler)(call);
  }

 private:
  // One message of a client while it is being handled.
  struct Call {
    HubClient& client;
    const protocol::Envelope& envelope;
    std::span<const std::uint8_t> bytes;

    Address address() const { return {client.id(), envelope.request()}; }
  };
  using Handler = void (State::*)(const Call&);

  static const std::array<Handler, kNBodies>& handlers() {
    static const std::array<Handler, kNBodies> table = [] {
      std::array<Handler, kNBodies> out{};
      const auto set = [&](Body body, Handler handler) { out[static_cast<std::size_t>(body)] = handler; };
      set(Body::Hello, &State::on_hello);
      set(Body::ListModels, &State::on_list_models);
      set(Body::InspectModel, &State::on_inspect_model);
      set(Body::LoadModel, &State::on_load_model);
      set(Body::CancelLoad, &State::on_cancel_load);
      set(Body::UnloadModel, &State::on_unload_model);
      set(Body::Tokenize, &State::on_tokenize);
      set(Body::CheckSampler, &State::on_check_sampler);
      set(Body::StartRun, &State::on_start_run);
      for (const Body body : {Body::Pause, Body::Resume, Body::StepOnce, Body::Stop, Body::ForceToken, Body::BanTokens,
                              Body::SetSampler, Body::SetBreakpoints, Body::SetWatches})
        set(body, &State::on_control);
      set(Body::Subscribe, &State::on_subscribe);
      set(Body::Unsubscribe, &State::on_unsubscribe);
      set(Body::Ack, &State::on_ack);
      set(Body::ListRuns, &State::on_list_runs);
      set(Body::UpdateRun, &State::on_update_run);
      set(Body::DeleteRun, &State::on_delete_run);
      set(Body::SearchRuns, &State::on_search_runs);
      set(Body::CompareRuns, &State::on_compare_runs);
      set(Body::Explore, &State::on_explore);
      set(Body::ExpandTree, &State::on_explore);
      return out;
    }();
    return table;
  }

  static std::optional<Error> refusal(const protocol::Envelope& envelope) {
    if (envelope.version() < protocol::kMinProtocolVersion || envelope.version() > protocol::kProtocolVersion) {
      return Error{ErrorCode::kUnsupportedVersion,
                   fmt::format("The message has protocol version {}; this server speaks {} to {}.", envelope.version(),
                               protocol::kMinProtocolVersion, protocol::kProtocolVersion),
                   "Use a client and a server of the same release."};
    }
    const auto body = static_cast<std::size_t>(envelope.body_type());
    if (body >= kNBodies) {
      return Error{ErrorCode::kUnknownMessage, fmt::format("Message type {} is unknown to this server.", body),
                   "It may be of a newer version than the server."};
    }
    if (handlers()[body] == nullptr) {
      return Error{
          ErrorCode::kUnknownMessage,
          fmt::format("{} is a message that only the server sends.", protocol::EnumNameBody(envelope.body_type())), ""};
    }
    return std::nullopt;
  }

  // Ok, or the error.
  void conclude(const Call& call, const Result<void>& result) {
    result ? reply_ok(call.address()) : reply_error(call.address(), result.error());
  }

  void run_grew(std::uint32_t run) {
    for (const auto& [id, client] : clients_) client->run_grew(run);
    readers_.run_grew(run);
  }

  void on_hello(const Call& call) {
    protocol::WelcomeT welcome;
    welcome.version = protocol::kProtocolVersion;
    welcome.min_version = protocol::kMinProtocolVersion;
    welcome.build = options_.build;
    welcome.engine_build = models_.engine_build().empty() ? options_.engine_build : models_.engine_build();
    welcome.max_message_bytes = protocol::kMaxClientMessageBytes;
    reply(call.address(), protocol::make_envelope(call.envelope.request(), 0, 0, std::move(welcome)));
  }

  void on_list_models(const Call& call) { reply(call.address(), models_.list(call.envelope.request(), true)); }
  void on_inspect_model(const Call& call) { inspector_.inspect(call.address(), *call.envelope.body_as_InspectModel()); }
  void on_load_model(const Call& call) { models_.load(call.address(), *call.envelope.body_as_LoadModel()); }
  void on_cancel_load(const Call& call) {
    conclude(call, models_.cancel_load(call.envelope.body_as_CancelLoad()->model()));
  }
  void on_unload_model(const Call& call) {
    conclude(call, models_.unload(call.envelope.body_as_UnloadModel()->model()));
  }

  void on_tokenize(const Call& call) {
    const auto& request = *call.envelope.body_as_Tokenize();
    auto sent = check_prompt(request.prompt());
    if (sent) sent = models_.ask(call.address(), request.model(), call.bytes);
    if (!sent) reply_error(call.address(), sent.error());
  }

  void on_check_sampler(const Call& call) {
    const auto sent = models_.ask(call.address(), call.envelope.body_as_CheckSampler()->model(), call.bytes);
    if (!sent) reply_error(call.address(), sent.error());
  }

  void on_start_run(const Call& call) {
    const auto& request = *call.envelope.body_as_StartRun();
    const auto model = models_.ready_for_run(request.model());
    if (!model) return reply_error(call.address(), model.error());
    if (const auto sound = check_start_run(request); !sound) return reply_error(call.address(), sound.error());
    if (request.fork() != nullptr) {
      const auto parent = runs_.summary(request.fork()->run());
      const auto forks = parent ? check_fork(request, *parent) : parent.error();
      if (!forks) return reply_error(call.address(), forks.error());
    }
    if (request.subscribe() && !call.client.may_subscribe(0))
      return reply_error(call.address(), too_many_subscriptions());

    Run& run = runs_.create(call.bytes, *model, models_.engine_build());
    protocol::RunQueuedT queued;
    queued.run = run.id();
    queued.n_ahead = request.stop_active() ? 0 : models_.n_ahead(request.model());
    reply(call.address(), protocol::make_envelope(call.envelope.request(), 0, 0, queued));
    if (request.subscribe()) call.client.subscribe(Subscription(run.id(), 0, std::nullopt));
    models_.enqueue(run, request.stop_active());
  }

  void on_explore(const Call& call) { explorations_.ask(call.address(), call.bytes); }

  void on_control(const Call& call) {
    const auto* stop = call.envelope.body_as_Stop();
    if (stop != nullptr && stop->request() != 0)
      return conclude(call, explorations_.stop({call.client.id(), stop->request()}));
    const auto run = runs_.find(call.envelope.run());
    if (!run) return reply_error(call.address(), run.error());
    if ((*run)->finished()) {
      return reply_error(call.address(),
                         {ErrorCode::kWrongState, fmt::format("Run {} has ended.", (*run)->id()), "Start a new run."});
    }
    conclude(call, models_.control(call.address(), **run, call.bytes));
  }

  void on_subscribe(const Call& call) {
    const auto& request = *call.envelope.body_as_Subscribe();
    const auto found = runs_.last_seq(request.run());
    if (!found) return reply_error(call.address(), found.error());
    const std::uint32_t last = *found;
    if (request.after() > last) {
      return reply_error(call.address(), {ErrorCode::kInvalidArgument,
                                          fmt::format("Run {} has {} messages; there is none after {}.", request.run(),
                                                      last, request.after()),
                                          "Name the last message that was received, or 0."});
    }
    if (request.credits() == 0u) {
      return reply_error(call.address(), {ErrorCode::kInvalidArgument, "With 0 credits nothing could ever be sent.",
                                          "Leave credits out, or give at least 1."});
    }
    if (!call.client.may_subscribe(request.run())) return reply_error(call.address(), too_many_subscriptions());
    reply_ok(call.address());
    const auto credits = request.credits();
    call.client.subscribe(
        Subscription(request.run(), request.after(), credits ? std::optional(*credits) : std::nullopt));
  }

  void on_unsubscribe(const Call& call) {
    const auto run = call.envelope.body_as_Unsubscribe()->run();
    conclude(call, call.client.unsubscribe(run) ? Result<void>() : Result<void>(not_subscribed(run)));
  }

  // Answered only where a reply was asked for: it is sent often.
  void on_ack(const Call& call) {
    const auto& request = *call.envelope.body_as_Ack();
    const bool subscribed = call.client.acknowledge(request.run(), request.seq());
    if (call.envelope.request() == 0) return;
    conclude(call, subscribed ? Result<void>() : Result<void>(not_subscribed(request.run())));
  }

  void on_list_runs(const Call& call) {
    reply(call.address(), protocol::make_envelope(call.envelope.request(), 0, 0, runs_.list()));
  }

  // Answers a request whose result comes later.
  Recorder::Done concluding(const Address& to) {
    return [this, to](const Result<void>& done) { done ? reply_ok(to) : reply_error(to, done.error()); };
  }

  void on_update_run(const Call& call) {
    const auto& request = *call.envelope.body_as_UpdateRun();
    RunLabel label;
    if (request.title() != nullptr) label.title = request.title()->str();
    if (request.note() != nullptr) label.note = request.note()->str();
    if (request.tags() != nullptr) {
      label.tags.emplace();
      for (const auto* tag : *request.tags()) label.tags->push_back(tag->str());
    }
    runs_.label(request.run(), label, concluding(call.address()));
  }

  void on_delete_run(const Call& call) {
    const std::uint32_t run = call.envelope.body_as_DeleteRun()->run();
    if (models_.need(run)) {
      return reply_error(call.address(), {ErrorCode::kWrongState, fmt::format("A branch of run {} is being made.", run),
                                          "Delete it when the branch has started."});
    }
    runs_.remove(run, concluding(call.address()));
  }

  void on_search_runs(const Call& call) {
    const auto& request = *call.envelope.body_as_SearchRuns();
    const auto text = [](const flatbuffers::String* string) {
      return string == nullptr ? std::string() : string->str();
    };
    runs_.search({text(request.text()), text(request.tag()), request.in_generated()},
                 [this, to = call.address()](Result<protocol::RunListT> found) {
                   if (!found) return reply_error(to, found.error());
                   reply(to, protocol::make_envelope(to.request, 0, 0, std::move(*found)));
                 });
  }

  void on_compare_runs(const Call& call) {
    compare_runs(readers_, runs_, *call.envelope.body_as_CompareRuns(),
                 [this, to = call.address()](Result<protocol::RunsComparedT> compared) {
                   if (!compared) return reply_error(to, compared.error());
                   reply(to, protocol::make_envelope(to.request, 0, 0, std::move(*compared)));
                 });
  }

  static Error not_subscribed(std::uint32_t run) {
    return {ErrorCode::kWrongState, fmt::format("This connection is not subscribed to run {}.", run),
            "Subscribe first."};
  }
  static Error too_many_subscriptions() {
    return {ErrorCode::kTooLarge, fmt::format("A connection may follow {} runs at once.", HubClient::kMaxSubscriptions),
            "Unsubscribe from some."};
  }

  HubOptions options_;
  std::map<std::uint64_t, HubClient*> clients_;
  std::uint64_t last_client_ = 0;
  RunReaders readers_;
  Runs runs_;
  Models models_;
  Explorations explorations_;
  Inspector inspector_;
  SharedBytes model_list_;  // null: to be made anew
};

Hub::Hub(EngineLauncher& launcher, ModelCatalog& catalog, HubOptions options)
    : state_(std::make_unique<State>(launcher, catalog, std::move(options))) {}

Hub::~Hub() = default;

std::unique_ptr<Client> Hub::connect(ClientSink& sink) { return state_->connect(sink); }

}  // namespace inferno::session
