#pragma once

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "protocol/message.h"
#include "worker/pipe.h"

namespace inferno::worker {

namespace pb = protocol;

inline std::optional<std::string> model_path(const char* name) {
  const char* folder = std::getenv("INFERNO_TEST_MODELS");
  const std::filesystem::path path =
      std::filesystem::path(folder != nullptr ? folder : INFERNO_SOURCE_DIR "/../shared/models") / name;
  if (!std::filesystem::exists(path)) return std::nullopt;
  return path.string();
}

#define NEED_MODEL(variable, name)        \
  const auto variable = model_path(name); \
  if (!variable) GTEST_SKIP() << "needs the test model " << name << ", which is not here"

// An inferno-engine of our own, ended with the test.
class Engine {
 public:
  Engine() {
    std::array<int, 2> to{};
    std::array<int, 2> from{};
    EXPECT_EQ(::pipe(to.data()), 0);
    EXPECT_EQ(::pipe(from.data()), 0);
    pid_ = ::fork();
    if (pid_ == 0) {
      ::dup2(to[0], STDIN_FILENO);
      ::dup2(from[1], STDOUT_FILENO);
      for (const int fd : {to[0], to[1], from[0], from[1]}) ::close(fd);
      ::execl(INFERNO_BIN_DIR "/inferno-engine", "inferno-engine", nullptr);
      ::_exit(127);
    }
    ::close(to[0]);
    ::close(from[1]);
    in_ = to[1];
    out_ = from[0];
    pipe_.emplace(out_, in_);
  }
  ~Engine() {
    if (pid_ > 0) ::kill(pid_, SIGKILL);
    wait();
    close_input();
    ::close(out_);
  }

  template <typename T>
  void send(T body, std::uint32_t run = 0, std::uint32_t request = 1) {
    ASSERT_TRUE(pipe_->write(pb::make_envelope(request, run, 0, std::move(body))));
  }

  // The next message for clients, verified; heartbeats and the like are passed over.
  std::optional<pb::EnvelopeT> next() {
    while (const auto frame = pipe_->read()) {
      if (pb::root_of(*frame) != pb::Root::kEnvelope) continue;
      EXPECT_TRUE(pb::verify_envelope(*frame, pb::kMaxFrameBytes).ok());
      return std::move(*std::unique_ptr<pb::EnvelopeT>(pb::GetEnvelope(frame->data())->UnPack()));
    }
    return std::nullopt;
  }
  std::optional<pb::EnvelopeT> next(pb::Body kind) {
    while (auto envelope = next()) {
      if (envelope->body.type == kind) return envelope;
      EXPECT_NE(envelope->body.type, pb::Body::Error) << envelope->body.AsError()->message;
      if (envelope->body.type == pb::Body::Finished) {
        const auto& error = envelope->body.AsFinished()->error;
        ADD_FAILURE() << "the run finished instead: " << (error ? error->message : "");
        return std::nullopt;
      }
    }
    return std::nullopt;
  }

  void load(const std::string& path) {
    pb::LoadModelT load;
    load.path = path;
    send(std::move(load));
    ASSERT_TRUE(next(pb::Body::ModelLoaded).has_value());
  }

  void close_input() {
    if (in_ >= 0) ::close(in_);
    in_ = -1;
  }
  int wait() {
    int status = 0;
    if (pid_ > 0) ::waitpid(pid_, &status, 0);
    pid_ = -1;
    return status;
  }

 private:
  pid_t pid_ = -1;
  int in_ = -1;
  int out_ = -1;
  std::optional<Pipe> pipe_;
};

inline pb::StartRunT story(std::uint32_t n_predict) {
  pb::StartRunT start;
  start.prompt = std::make_unique<pb::PromptT>();
  start.prompt->text = "Once upon a time";
  start.limits = std::make_unique<pb::LimitsT>();
  start.limits->n_predict = n_predict;
  start.limits->ignore_eos = true;
  auto greedy = std::make_unique<pb::SamplerStageT>();
  greedy->kind = pb::StageKind::Greedy;
  start.sampler.push_back(std::move(greedy));
  return start;
}

}  // namespace inferno::worker
