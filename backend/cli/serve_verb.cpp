#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <optional>

#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>

#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include "cli/browser.h"
#include "cli/engine_options.h"
#include "cli/machine.h"
#include "cli/model_preload.h"
#include "cli/paths.h"
#include "cli/sampler_flags.h"
#include "cli/store_exporter.h"
#include "cli/store_recorder.h"
#include "cli/supervised_launcher.h"
#include "cli/verb.h"
#include "server/route_table.h"
#include "server/server.h"
#include "session/folder_catalog.h"
#include "session/hub.h"

namespace inferno::cli {

namespace asio = boost::asio;

namespace {

// Connections and engines get this long to end once the program is told to.
constexpr std::chrono::seconds kStopPatience{3};

Result<server::AccessToken> choose_token() {
  const char* token = std::getenv("INFERNO_TOKEN");
  if (token != nullptr && *token != '\0') return server::AccessToken::parse(token);
  return server::AccessToken::random();
}

// For scripts. Removed first, so that neither the rights nor the target of what was
// there matter.
Result<void> write_token_file(const std::string& path, const std::string& token) {
  ::unlink(path.c_str());
  const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, S_IRUSR | S_IWUSR);
  const std::string line = token + "\n";
  const bool written = fd >= 0 && ::write(fd, line.data(), line.size()) == static_cast<ssize_t>(line.size());
  const int reason = errno;
  if (fd >= 0) ::close(fd);
  if (written) return {};
  return Error{ErrorCode::kInvalidArgument,
               fmt::format("Cannot write the access token to {}: {}.", path, std::strerror(reason)),
               "Name a file in a folder that you may write to."};
}

void print_routes() {
  for (const server::Route& route : server::routes()) {
    fmt::print("{:<10} {:<8} {:<6} {}\n", route.methods, route.path,
               route.access == server::Access::kToken ? "token" : "open", route.meaning);
  }
}

std::vector<session::NamedModel> named_models(const Paths& paths) {
  if (paths.demo.empty()) return {};
  return {{kDemoName, paths.demo}};
}

// Null where recording is off, or does not work: that is said, and the server starts
// all the same.
std::unique_ptr<StoreRecorder> open_recorder(asio::io_context& io, const RecordingSettings& settings) {
  if (!settings.record) return nullptr;
  const store::Retention retention{std::uint64_t{settings.keep_mib} << 20,
                                   std::int64_t{settings.keep_days} * 24 * 60 * 60 * 1000};
  const auto folder = data_folder(settings);
  auto recorder = folder ? StoreRecorder::open(io, *folder, retention) : folder.error();
  if (recorder) return std::move(*recorder);
  fmt::print(stderr, "inferno: not recording: {}\n", recorder.error().message);
  if (!recorder.error().hint.empty()) fmt::print(stderr, "  {}\n", recorder.error().hint);
  return nullptr;
}

std::unique_ptr<StoreExporter> make_exporter(asio::io_context& io, const Program& program, bool is_recording) {
  const auto folder = data_folder(program.settings.recordings);
  if (!is_recording || !folder) return nullptr;
  return std::make_unique<StoreExporter>(io, *folder, program.paths.ui / kRecordingPage);
}

// What a running server consists of, in the order in which its parts need each other.
class Instance {
 public:
  explicit Instance(const Program& program)
      : launcher_(io_, engine_process_options(program)),
        catalog_(model_folders(program.settings.models), named_models(program.paths)),
        recorder_(open_recorder(io_, program.settings.recordings)),
        exporter_(make_exporter(io_, program, recorder_ != nullptr)),
        hub_(launcher_, catalog_, hub_options(program.settings.server, recorder_.get())),
        signals_(io_, SIGINT, SIGTERM),
        give_up_(io_) {}

  Result<void> start(const Program& program) {
    auto token = choose_token();
    if (!token) return token.error();
    const std::string hex = token->hex();
    server::Options options;
    options.host = program.settings.server.host;
    options.port = program.settings.server.port;
    options.allow_remote = program.settings.server.allow_remote;
    options.allowed_hosts = program.settings.server.allowed_hosts;
    options.ui_directory = program.paths.ui;
    options.exporter = exporter_.get();
    auto started = server::Server::start(io_, std::move(*token), std::move(options),
                                         [this](session::ClientSink& sink) { return hub_.connect(sink); });
    if (!started) return started.error();
    server_ = std::move(*started);
    const std::string& token_file = program.settings.server.token_file;
    return token_file.empty() ? Result<void>() : write_token_file(token_file, hex);
  }

  void preload(const std::string& path, const protocol::EngineOptionsT& options) {
    preload_ = std::make_unique<ModelPreload>(io_, hub_, path, options);
  }

  const server::Server& server() const { return *server_; }

  // Until a signal comes.
  void run() {
    signals_.async_wait([this](const boost::system::error_code& ec, int) {
      if (!ec) stop();
    });
    io_.run();
  }

 private:
  static session::HubOptions hub_options(const ServerSettings& settings, session::Recorder* recorder) {
    session::HubOptions options;
    if (settings.run_memory_mib) options.run_memory_bytes = std::size_t{*settings.run_memory_mib} << 20;
    options.build = INFERNO_VERSION;
    options.recorder = recorder;
    return options;
  }

  void stop() {
    preload_.reset();
    server_->stop();
    give_up_.expires_after(kStopPatience);
    give_up_.async_wait([this](const boost::system::error_code&) { io_.stop(); });
    wait_for_clients();
  }

  // The engines are the hub's; they end when it does, at the end of this object.
  void wait_for_clients() {
    if (server_->connections() == 0) return io_.stop();
    poll_.expires_after(std::chrono::milliseconds(20));
    poll_.async_wait([this](const boost::system::error_code&) { wait_for_clients(); });
  }

  asio::io_context io_{1};
  SupervisedLauncher launcher_;
  session::FolderCatalog catalog_;
  std::unique_ptr<StoreRecorder> recorder_;
  std::unique_ptr<StoreExporter> exporter_;
  session::Hub hub_;
  std::unique_ptr<server::Server> server_;
  std::unique_ptr<ModelPreload> preload_;
  asio::signal_set signals_;
  asio::steady_timer give_up_;
  asio::steady_timer poll_{io_};
};

class ServeVerb final : public Verb {
 public:
  std::string name() const override { return "serve"; }
  std::string about() const override { return "Start the studio and open it in a browser"; }
  std::vector<std::string_view> sections() const override { return {"server", "recordings", "models", "engine"}; }

  std::string help_footer() const override {
    return "Examples:\n"
           "  inferno serve                              open the demo model, or choose one in the page\n"
           "  inferno serve model.gguf                   load this one at once\n"
           "  inferno serve --model-dir ~/gguf --no-browser\n"
           "  inferno serve --no-record                  leave nothing on disk\n"
           "  inferno serve --print-routes               every address the server answers\n"
           "\n"
           "Standard output gets one line, with the address to open. The long number in it is the\n"
           "access token, a new one each start. Scripts may set their own in INFERNO_TOKEN, 32 or more\n"
           "hex digits, or read it from the --token-file, and send it as `Authorization: Bearer` or as\n"
           "the WebSocket subprotocol inferno.token.<hex>. Engine options given here hold for MODEL.\n"
           "To use it from another machine, best tunnel: ssh -L 7717:localhost:7717 this-machine";
  }

  void add_options(CLI::App& app) override {
    app.add_option("model", model_,
                   "A GGUF file to load at once, or its name in a model folder (default: the demo model)")
        ->type_name("MODEL");
    app.add_flag("--print-routes", print_routes_, "Print every address the server answers, and stop");
  }

  int run(const Program& program) override {
    if (print_routes_) return print_routes(), kOk;
    if (auto there = require_engine(program.paths); !there) return fail(there.error());
    auto path = model_to_open(program);
    if (!path) return fail(path.error());
    Instance instance(program);
    if (auto started = instance.start(program); !started) return fail(started.error());
    if (*path) instance.preload(**path, program.settings.engine);
    announce(instance.server(), program);
    std::optional<BrowserPage> page;
    if (program.settings.server.open && has_display()) {
      if (auto opened = BrowserPage::open(instance.server().url())) page.emplace(std::move(*opened));
    }
    instance.run();
    return kOk;
  }

 private:
  // The one that was named, or else the demo, unless folders were named to choose from.
  Result<std::optional<std::string>> model_to_open(const Program& program) const {
    const std::string& name = model_.empty() ? program.settings.models.default_model : model_;
    if (!name.empty()) {
      auto found = find_model(name, program.settings.models, program.paths);
      return found ? Result<std::optional<std::string>>(*found) : found.error();
    }
    if (!program.settings.models.folders.empty() || program.paths.demo.empty()) return std::optional<std::string>();
    if (has_demo(program.paths)) return std::optional(program.paths.demo.string());
    fmt::print(stderr, "inferno: the demo model is not there ({}); choose a model in the page.\n",
               program.paths.demo.string());
    return std::optional<std::string>();
  }

  static void announce(const server::Server& server, const Program& program) {
    if (!server.is_loopback()) {
      fmt::print(stderr, "inferno: other machines can reach this server at {}, port {}, without encryption.\n",
                 program.settings.server.host, server.port());
    }
    if (!program.settings.server.port && server.port() != server::Server::kDefaultPort) {
      fmt::print(stderr, "inferno: port {} is taken; this server took {}.\n", server::Server::kDefaultPort,
                 server.port());
    }
    if (!server.has_studio()) {
      fmt::print(stderr, "inferno: the studio's files are not in {}; build them with `make build`.\n",
                 program.paths.ui.string());
    }
    fmt::print("Inferno is ready: {}\n", server.url());
    std::fflush(stdout);
  }

  std::string model_;
  bool print_routes_ = false;
};

}  // namespace

std::unique_ptr<Verb> make_serve_verb() { return std::make_unique<ServeVerb>(); }

}  // namespace inferno::cli
