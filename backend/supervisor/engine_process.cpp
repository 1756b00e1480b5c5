#include "supervisor/engine_process.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>
#include <sys/wait.h>

#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>
#include <csignal>
#include <deque>
#include <utility>

#include "protocol/message.h"
#include "supervisor/child.h"
#include "supervisor/frame_splitter.h"
#include "supervisor/log_tail.h"
#include "supervisor/watchdog.h"

namespace inferno::supervisor {

namespace asio = boost::asio;

namespace {

using ErrorCondition = boost::system::error_code;
using std::chrono::milliseconds;
using Clock = std::chrono::steady_clock;

constexpr std::size_t kMaxUnreadBytes = std::size_t{64} << 20;
constexpr std::size_t kReadBytes = 256 * 1024;
constexpr milliseconds kWatchInterval{50};
// How long after its end an engine's last output may still arrive: its pipes can be
// held open by a process it started.
constexpr milliseconds kDrainTime{100};
// An engine that closed its output is of no more use, even if it does not end.
constexpr milliseconds kEndAfterClosing{100};

std::vector<std::uint8_t> framed(std::span<const std::uint8_t> buffer) {
  std::vector<std::uint8_t> out;
  out.reserve(buffer.size() + 4);
  for (int shift = 0; shift < 32; shift += 8) out.push_back(static_cast<std::uint8_t>(buffer.size() >> shift));
  out.insert(out.end(), buffer.begin(), buffer.end());
  return out;
}

// Writing to an engine that has just died must be an error code, not the end of us.
void ignore_broken_pipes() {
  struct sigaction current {};
  ::sigaction(SIGPIPE, nullptr, &current);
  if (current.sa_handler == SIG_DFL) ::signal(SIGPIPE, SIG_IGN);
}

}  // namespace

// The process and everything that watches it. Kept alive by its own pending
// operations, so that it outlives the EngineProcess until the child is reaped.
class EngineProcess::Impl : public std::enable_shared_from_this<Impl> {
 public:
  Impl(asio::io_context& io, const EngineProcessOptions& options, Events events, Child child)
      : options_(options),
        events_(std::move(events)),
        pid_(child.pid),
        input_(io, child.input.release()),
        output_(io, child.output.release()),
        errors_(io, child.errors.release()),
        process_(io),
        watch_timer_(io),
        stop_timer_(io),
        drain_timer_(io),
        splitter_(protocol::kMaxFrameBytes),
        watchdog_({options.startup_timeout, options.silence_timeout, options.progress_timeout}, Clock::now()),
        output_buffer_(kReadBytes) {
    if (child.process.is_open()) process_.assign(child.process.release());
  }

  ~Impl() {
    if (exited_) return;
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }

  void begin() {
    read_output();
    read_errors();
    watch();
    if (process_.is_open()) await_exit();
  }

  void send(std::span<const std::uint8_t> buffer) {
    if (exited_ || stopping_ || !input_.is_open()) return;
    unwritten_bytes_ += buffer.size();
    if (unwritten_bytes_ > kMaxUnreadBytes) return fail("it does not read what it is sent", SIGKILL);
    unwritten_.push_back(framed(buffer));
    if (unwritten_.size() == 1) write();
  }

  // The owner is gone: no more callbacks; the engine is asked, then made to end.
  void abandon() {
    attached_ = false;
    if (exited_) return;
    ErrorCondition ignored;
    input_.close(ignored);  // end of input ends an engine
    if (!stopping_) end_after(options_.stop_grace, SIGTERM);
    stopping_ = true;
  }

  int pid() const { return pid_; }

 private:
  void read_output() {
    output_.async_read_some(asio::buffer(output_buffer_),
                            [self = shared_from_this()](ErrorCondition ec, std::size_t n) {
                              if (ec) return self->on_output_end();
                              self->on_output({self->output_buffer_.data(), n});
                            });
  }

  void on_output(std::span<const std::uint8_t> bytes) {
    // An abandoned engine is read on, so that it is not held up on its way out; what a
    // faulty one still says is of no use.
    if (attached_) {
      const auto fed = splitter_.feed(bytes, [this](auto frame) {
        on_frame(frame);
        return attached_ && failure_.empty();
      });
      if (!fed) fail("it broke the protocol: " + fed.error().message, SIGKILL);
    }
    if (failure_.empty()) return read_output();
    on_output_end();
  }

  void on_frame(std::span<const std::uint8_t> frame) {
    if (!attached_) return;
    watchdog_.saw_message(Clock::now());
    if (protocol::root_of(frame) == protocol::Root::kWorkerMessage) return on_worker_message(frame);
    const auto envelope = protocol::verify_envelope(frame, protocol::kMaxFrameBytes, false);
    if (!envelope) return fail("it broke the protocol: " + envelope.error().message, SIGKILL);
    if (!greeted_) return fail("it broke the protocol: its first message is not its greeting", SIGKILL);
    if (events_.on_envelope) events_.on_envelope(frame);
  }

  void on_worker_message(std::span<const std::uint8_t> frame) {
    const auto message = protocol::verify_worker_message(frame);
    if (!message) return fail("it broke the protocol: " + message.error().message, SIGKILL);
    if (const auto* hello = (*message)->body_as_EngineHello()) {
      if (hello->version() != protocol::kPipeVersion) {
        return fail(fmt::format("it speaks version {} of the pipe protocol, not {}: it belongs to another build",
                                hello->version(), protocol::kPipeVersion),
                    SIGKILL);
      }
      greeted_ = true;
      watchdog_.saw_hello(Clock::now());
    } else if (const auto* heartbeat = (*message)->body_as_Heartbeat()) {
      watchdog_.saw_heartbeat(heartbeat->progress(), heartbeat->busy(), Clock::now());
    } else if (const auto* dying = (*message)->body_as_Dying(); dying != nullptr && dying->reason() != nullptr) {
      last_message_ = dying->reason()->str();
    }
    if (events_.on_worker_message) events_.on_worker_message(frame);
  }

  void on_output_end() {
    output_ended_ = true;
    cut_off_ = splitter_.in_frame();
    if (!exited_ && !stopping_) {
      stopping_ = true;
      end_after(kEndAfterClosing, SIGKILL, "it closed its output");
    }
    report_if_over();
  }

  void read_errors() {
    errors_.async_read_some(
        asio::buffer(errors_buffer_), [self = shared_from_this()](ErrorCondition ec, std::size_t n) {
          if (ec) {
            self->errors_ended_ = true;
            return self->report_if_over();
          }
          self->log_.add({self->errors_buffer_.data(), n},
                         [&](std::string_view line) { spdlog::debug("engine {}: {}", self->pid_, line); });
          self->read_errors();
        });
  }

  void write() {
    asio::async_write(input_, asio::buffer(unwritten_.front()),
                      [self = shared_from_this()](ErrorCondition ec, std::size_t) {
                        // A broken pipe: the end of the process will tell more.
                        if (ec) return;
                        self->unwritten_bytes_ -= self->unwritten_.front().size() - 4;
                        self->unwritten_.pop_front();
                        if (!self->unwritten_.empty()) self->write();
                      });
  }

  void watch() {
    watch_timer_.expires_after(kWatchInterval);
    watch_timer_.async_wait([self = shared_from_this()](ErrorCondition ec) {
      if (ec || self->exited_) return;
      if (!self->process_.is_open()) self->reap();
      if (self->exited_) return;
      const auto verdict = self->stopping_ ? std::nullopt : self->watchdog_.verdict(Clock::now());
      if (verdict) self->fail(*verdict, SIGTERM);
      self->watch();
    });
  }

  void await_exit() {
    process_.async_wait(asio::posix::stream_descriptor::wait_read, [self = shared_from_this()](ErrorCondition ec) {
      if (ec) return;
      self->reap();
      if (!self->exited_) self->await_exit();
    });
  }

  void reap() {
    int status = 0;
    if (exited_ || ::waitpid(pid_, &status, WNOHANG) != pid_) return;
    exited_ = true;
    exit_ = describe_exit(status);
    watch_timer_.cancel();
    stop_timer_.cancel();
    ErrorCondition ignored;
    process_.close(ignored);
    input_.close(ignored);
    drain_timer_.expires_after(kDrainTime);
    drain_timer_.async_wait([self = shared_from_this()](ErrorCondition ec) {
      if (!ec) self->report();
    });
    report_if_over();
  }

  // Ends the engine for a fault of its own; its owner is told when it has ended.
  void fail(std::string reason, int signal) {
    if (stopping_ || exited_) return;
    failure_ = std::move(reason);
    stopping_ = true;
    ::kill(pid_, signal);
    if (signal != SIGKILL) end_after(options_.stop_grace, SIGKILL);
  }

  void end_after(milliseconds grace, int signal, std::string reason = {}) {
    stop_timer_.expires_after(grace);
    stop_timer_.async_wait([self = shared_from_this(), signal, reason](ErrorCondition ec) {
      if (ec || self->exited_) return;
      if (!reason.empty()) self->failure_ = reason;
      ::kill(self->pid_, signal);
      if (signal != SIGKILL) self->end_after(self->options_.stop_grace, SIGKILL);
    });
  }

  void report_if_over() {
    if (exited_ && output_ended_ && errors_ended_) report();
  }

  void report() {
    if (std::exchange(reported_, true)) return;
    drain_timer_.cancel();
    ErrorCondition ignored;
    output_.close(ignored);
    errors_.close(ignored);
    const Error error{ErrorCode::kEngineDied, cause(), "Load the model again; the other models are not affected."};
    spdlog::debug("engine {}: {}", pid_, error.message);
    if (attached_ && events_.on_death) events_.on_death(error);
  }

  std::string cause() const {
    if (!failure_.empty()) return fmt::format("The engine was ended because {}.", failure_);
    if (!last_message_.empty()) return fmt::format("The engine {}. It said: {}", exit_, last_message_);
    const std::string words = log_.last_words();
    return fmt::format("The engine {}{}.{}", exit_, cut_off_ ? " in the middle of a message" : "",
                       words.empty() ? "" : " Its last words: " + words);
  }

  const EngineProcessOptions options_;
  const Events events_;
  const int pid_;
  asio::posix::stream_descriptor input_, output_, errors_, process_;
  asio::steady_timer watch_timer_, stop_timer_, drain_timer_;

  FrameSplitter splitter_;
  Watchdog watchdog_;
  LogTail log_;
  std::vector<std::uint8_t> output_buffer_;
  std::array<char, 4096> errors_buffer_{};
  std::deque<std::vector<std::uint8_t>> unwritten_;
  std::size_t unwritten_bytes_ = 0;

  bool attached_ = true;  // the owner still wants to hear
  bool greeted_ = false;
  bool stopping_ = false;  // a signal was sent or will be
  bool output_ended_ = false;
  bool errors_ended_ = false;
  bool cut_off_ = false;
  bool exited_ = false;  // and reaped: the pid is no longer ours
  bool reported_ = false;
  std::string failure_;       // why we ended it
  std::string last_message_;  // its Dying message
  std::string exit_;          // how it ended, in words
};

EngineProcess::EngineProcess(std::shared_ptr<Impl> impl) : impl_(std::move(impl)) {}

EngineProcess::~EngineProcess() { impl_->abandon(); }

Result<std::unique_ptr<EngineProcess>> EngineProcess::start(asio::io_context& io, const EngineProcessOptions& options,
                                                            Events events) {
  ignore_broken_pipes();
  auto child = start_child(options.executable, options.arguments);
  if (!child) return child.error();
  auto impl = std::make_shared<Impl>(io, options, std::move(events), std::move(*child));
  impl->begin();
  return std::unique_ptr<EngineProcess>(new EngineProcess(std::move(impl)));
}

void EngineProcess::send(std::span<const std::uint8_t> buffer) { impl_->send(buffer); }

int EngineProcess::pid() const { return impl_->pid(); }

}  // namespace inferno::supervisor
