#include "engine/rpc.h"

#include <fmt/format.h>
#include <ggml-backend.h>
#include <ggml-rpc.h>
#include <netdb.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <memory>

namespace inferno::engine {
namespace {

constexpr int kTimeoutSeconds = 3;

// The greeting of llama.cpp's RPC protocol (ggml/src/ggml-rpc/ggml-rpc.cpp): a
// command byte, the request's length and 24 bytes of transport capabilities, of
// which none are asked for; answered by a length, three version numbers, a byte of
// padding and 24 bytes.
constexpr std::uint8_t kHello = 14;
constexpr std::size_t kCapabilitiesBytes = 24;
constexpr std::size_t kAnswerBytes = 4 + kCapabilitiesBytes;

struct Socket {
  int fd = -1;
  ~Socket() {
    if (fd >= 0) ::close(fd);
  }
};

Error not_reached(const std::string& server, const std::string& why) {
  return {ErrorCode::kTimeout, fmt::format("the RPC server {} {}", server, why),
          "Start llama.cpp's rpc-server there, of the same version as this build, and check address and port."};
}

struct FreeAddresses {
  void operator()(addrinfo* list) const { ::freeaddrinfo(list); }
};

Result<void> connect_to(Socket& socket, const std::string& server) {
  const std::size_t colon = server.rfind(':');
  if (colon == std::string::npos || colon == 0 || colon + 1 == server.size()) {
    return Error{ErrorCode::kInvalidArgument, fmt::format("\"{}\" is no RPC server's address", server),
                 "Write it as host:port."};
  }
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  const int failed = ::getaddrinfo(server.substr(0, colon).c_str(), server.substr(colon + 1).c_str(), &hints, &found);
  if (failed != 0) return not_reached(server, fmt::format("has no address: {}", ::gai_strerror(failed)));
  const std::unique_ptr<addrinfo, FreeAddresses> addresses(found);
  // The send timeout bounds connect(), too.
  const timeval limit{kTimeoutSeconds, 0};
  int reason = 0;
  for (const addrinfo* address = found; address != nullptr; address = address->ai_next) {
    Socket attempt{::socket(address->ai_family, address->ai_socktype | SOCK_CLOEXEC, address->ai_protocol)};
    ::setsockopt(attempt.fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
    ::setsockopt(attempt.fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    if (::connect(attempt.fd, address->ai_addr, address->ai_addrlen) == 0) {
      std::swap(socket.fd, attempt.fd);
      return {};
    }
    reason = errno;
  }
  return not_reached(server, fmt::format("cannot be reached: {}",
                                         reason == EINPROGRESS ? "no answer in time" : std::strerror(reason)));
}

bool receive(int fd, void* into, std::size_t size) {
  auto* at = static_cast<char*>(into);
  while (size > 0) {
    const ssize_t n = ::recv(fd, at, size, 0);
    if (n <= 0) return false;
    at += n;
    size -= static_cast<std::size_t>(n);
  }
  return true;
}

Result<void> greet(const std::string& server) {
  Socket socket;
  if (auto connected = connect_to(socket, server); !connected) return connected;

  std::array<std::uint8_t, 1 + sizeof(std::uint64_t) + kCapabilitiesBytes> request{};
  request[0] = kHello;
  const std::uint64_t length = kCapabilitiesBytes;
  std::memcpy(&request[1], &length, sizeof length);
  std::uint64_t answer_length = 0;
  std::array<std::uint8_t, kAnswerBytes> answer{};
  const bool answered =
      ::send(socket.fd, request.data(), request.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(request.size()) &&
      receive(socket.fd, &answer_length, sizeof answer_length) && answer_length == answer.size() &&
      receive(socket.fd, answer.data(), answer.size());
  if (!answered) return not_reached(server, "does not answer as llama.cpp's rpc-server");
  if (answer[0] != RPC_PROTO_MAJOR_VERSION || answer[1] > RPC_PROTO_MINOR_VERSION) {
    return not_reached(server, fmt::format("speaks version {}.{} of the RPC protocol, and this build {}.{}", answer[0],
                                           answer[1], RPC_PROTO_MAJOR_VERSION, RPC_PROTO_MINOR_VERSION));
  }
  return {};
}

using AddServer = ggml_backend_reg_t (*)(const char* endpoint);

AddServer add_server_function() {
  ggml_backend_reg_t rpc = ggml_backend_reg_by_name("RPC");
  if (rpc == nullptr) return nullptr;
  return reinterpret_cast<AddServer>(ggml_backend_reg_get_proc_address(rpc, "ggml_backend_rpc_add_server"));
}

void append_own_gpus(DeviceList& devices) {
  for (std::size_t i = 0; i < ggml_backend_dev_count(); ++i) {
    ggml_backend_dev_t device = ggml_backend_dev_get(i);
    const auto type = ggml_backend_dev_type(device);
    if (type == GGML_BACKEND_DEVICE_TYPE_GPU || type == GGML_BACKEND_DEVICE_TYPE_IGPU) devices.push_back(device);
  }
}

}  // namespace

Result<DeviceList> devices_for(const std::vector<std::string>& servers) {
  DeviceList devices;
  if (servers.empty()) return devices;
  const AddServer add_server = add_server_function();
  if (add_server == nullptr) {
    return Error{ErrorCode::kInvalidArgument, "this build of llama.cpp has no RPC backend",
                 "Build it with GGML_RPC=ON."};
  }
  for (const std::string& server : servers) {
    if (auto greeted = greet(server); !greeted) return greeted.error();
    ggml_backend_reg_t reg = add_server(server.c_str());
    if (reg == nullptr) return not_reached(server, "offers no devices");
    for (std::size_t i = 0; i < ggml_backend_reg_dev_count(reg); ++i)
      devices.push_back(ggml_backend_reg_dev_get(reg, i));
  }
  append_own_gpus(devices);
  devices.push_back(nullptr);
  return devices;
}

}  // namespace inferno::engine
