#include "engine/rpc.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <llama.h>
#include <netinet/in.h>
#include <signal.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <thread>
#include <vector>

#include "engine/model.h"
#include "engine/testing_models.h"

extern char** environ;

namespace inferno::engine {
namespace {

std::string server_program() {
  if (const char* named = std::getenv("INFERNO_RPC_SERVER_BIN")) return named;
  const std::string built = std::string(INFERNO_LLAMA_BIN_DIR) + "/rpc-server";
  return std::filesystem::exists(built) ? built : "";
}

// A listening socket on a free loopback port that answers nothing.
class SilentServer {
 public:
  SilentServer() : fd_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    if (::bind(fd_, reinterpret_cast<sockaddr*>(&address), size) != 0 || ::listen(fd_, 4) != 0) return;
    ::getsockname(fd_, reinterpret_cast<sockaddr*>(&address), &size);
    port_ = ntohs(address.sin_port);
  }
  ~SilentServer() { ::close(fd_); }
  std::string endpoint() const { return "127.0.0.1:" + std::to_string(port_); }
  int port() const { return port_; }

 private:
  int fd_;
  int port_ = 0;
};

int free_port() { return SilentServer().port(); }

// llama.cpp's rpc-server on loopback, ended with the object.
class RpcServer {
 public:
  explicit RpcServer(const std::string& program) : port_(free_port()) {
    const std::string port = std::to_string(port_);
    std::vector<const char*> arguments = {program.c_str(), "--threads", "1",          "--host",
                                          "127.0.0.1",     "--port",    port.c_str(), nullptr};
    if (::posix_spawn(&pid_, program.c_str(), nullptr, nullptr, const_cast<char**>(arguments.data()), environ) != 0)
      pid_ = -1;
  }
  ~RpcServer() {
    if (pid_ <= 0) return;
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }
  std::string endpoint() const { return "127.0.0.1:" + std::to_string(port_); }

  // Waits until it takes connections.
  bool wait() const {
    for (int i = 0; i < 100; ++i) {
      const int fd = ::socket(AF_INET, SOCK_STREAM, 0);
      sockaddr_in address{};
      address.sin_family = AF_INET;
      address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
      address.sin_port = htons(static_cast<std::uint16_t>(port_));
      const bool connected = ::connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
      ::close(fd);
      if (connected) return true;
      std::this_thread::sleep_for(std::chrono::milliseconds(50));
    }
    return false;
  }

 private:
  int port_;
  pid_t pid_ = -1;
};

std::vector<llama_token> greedy(const Model& model, int n) {
  std::vector<llama_token> ids;
  llama_token token = 1;
  for (int i = 0; i < n; ++i) {
    if (llama_decode(model.context(), llama_batch_get_one(&token, 1)) != 0) return {};
    const float* logits = llama_get_logits_ith(model.context(), -1);
    token = static_cast<llama_token>(std::max_element(logits, logits + model.tokens().size()) - logits);
    ids.push_back(token);
  }
  return ids;
}

TEST(Rpc, ServerThatIsNotThereIsNamed) {
  const std::string endpoint = "127.0.0.1:" + std::to_string(free_port());
  const auto devices = devices_for({endpoint});
  ASSERT_FALSE(devices.ok());
  EXPECT_NE(devices.error().message.find(endpoint), std::string::npos) << devices.error().message;
  EXPECT_NE(devices.error().hint.find("rpc-server"), std::string::npos);
}

TEST(Rpc, AddressThatIsNoneIsRefused) {
  for (const char* bad : {"localhost", ":50052", "localhost:"}) {
    const auto devices = devices_for({bad});
    ASSERT_FALSE(devices.ok()) << bad;
    EXPECT_EQ(devices.error().code, ErrorCode::kInvalidArgument) << bad;
  }
}

TEST(Rpc, ServerThatStaysSilentIsGivenUpInTime) {
  const SilentServer server;
  const auto start = std::chrono::steady_clock::now();
  const auto devices = devices_for({server.endpoint()});
  ASSERT_FALSE(devices.ok());
  EXPECT_EQ(devices.error().code, ErrorCode::kTimeout);
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(10));
}

// In a child process, because llama.cpp keeps its connection for the process's life.
TEST(RpcDeathTest, ModelOnAnRpcServerGivesTheSameTokens) {
  INFERNO_NEEDS_MODEL(path, "stories260K.gguf");
  const std::string program = server_program();
  if (program.empty()) GTEST_SKIP() << "there is no rpc-server beside llama.cpp; INFERNO_RPC_SERVER_BIN names one";
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  const auto run = [&] {
    const RpcServer server(program);
    if (!server.wait()) return 2;
    const auto local = Model::load(path, {.n_gpu_layers = 0}, {});
    const auto remote = Model::load(path, {.rpc_servers = {server.endpoint()}}, {});
    if (!local || !remote) {
      std::fprintf(stderr, "%s\n", (local ? remote : local).error().message.c_str());
      return 3;
    }
    if ((*remote)->info().devices.at(0).find(server.endpoint()) == std::string::npos) return 4;
    const std::vector<llama_token> expected = greedy(**local, 40);
    return !expected.empty() && greedy(**remote, 40) == expected ? 0 : 5;
  };
  EXPECT_EXIT(std::_Exit(run()), testing::ExitedWithCode(0), "");
}

}  // namespace
}  // namespace inferno::engine
