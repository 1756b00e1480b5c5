#pragma once

#include <gtest/gtest.h>

#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "server/web_socket_client.h"

namespace inferno::cli::testing {

// `inferno serve` as a process of its own, on a free port, and the line it prints.
class ServerProcess {
 public:
  explicit ServerProcess(const std::vector<std::string>& flags) {
    std::vector<std::string> words = {"inferno", "serve", "--port", "0", "--no-browser"};
    words.insert(words.end(), flags.begin(), flags.end());
    std::array<int, 2> out{};
    EXPECT_EQ(::pipe(out.data()), 0);
    pid_ = ::fork();
    if (pid_ == 0) {
      ::dup2(out[1], STDOUT_FILENO);
      ::close(out[0]);
      std::vector<char*> arguments;
      for (std::string& word : words) arguments.push_back(word.data());
      arguments.push_back(nullptr);
      ::execv(INFERNO_BIN_DIR "/inferno", arguments.data());
      ::_exit(127);
    }
    ::close(out[1]);
    std::FILE* stream = ::fdopen(out[0], "r");
    std::array<char, 512> line{};
    if (std::fgets(line.data(), line.size(), stream) != nullptr) line_ = line.data();
    ::fclose(stream);
  }
  ~ServerProcess() { stop(SIGKILL); }
  ServerProcess(const ServerProcess&) = delete;
  ServerProcess& operator=(const ServerProcess&) = delete;

  const std::string& line() const { return line_; }
  // Its exit status; -1 where it did not exit by itself.
  int stop(int signal) {
    if (pid_ <= 0) return -1;
    ::kill(pid_, signal);
    int status = 0;
    ::waitpid(pid_, &status, 0);
    pid_ = -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }

 private:
  pid_t pid_ = -1;
  std::string line_;
};

// A client of it that speaks JSON.
class JsonClient {
 public:
  explicit JsonClient(const ServerProcess& server) {
    const std::string& line = server.line();
    EXPECT_TRUE(line.starts_with("Inferno is ready: http://127.0.0.1:")) << line;
    if (::testing::Test::HasFailure()) return;
    server::WebSocketClient::Options options;
    options.port = static_cast<std::uint16_t>(std::stoi(line.substr(line.rfind(':') + 1)));
    options.subprotocols = "inferno.v1.json, inferno.token." + line.substr(line.find("token=") + 6, 64);
    auto client = server::WebSocketClient::connect(options);
    EXPECT_TRUE(client) << client.error().message;
    if (client) client_ = std::move(*client);
  }

  void say(const std::string& json) { EXPECT_TRUE(client_ != nullptr && client_->write_text(json)); }
  // Empty once the server is gone.
  std::string hear() {
    if (client_ == nullptr) return {};
    const auto message = client_->read();
    return message ? std::string(message->begin(), message->end()) : std::string();
  }
  // The next message with this in it.
  std::string hear_of(const std::string& part) {
    while (true) {
      std::string message = hear();
      if (message.empty() || message.find(part) != std::string::npos) return message;
    }
  }

 private:
  std::unique_ptr<server::WebSocketClient> client_;
};

}  // namespace inferno::cli::testing
