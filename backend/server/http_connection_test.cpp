#include <gtest/gtest.h>

#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include "server/testing/server_fixture.h"

namespace inferno::server {
namespace {

// A TCP connection that sends bytes as they are.
class RawConnection {
 public:
  explicit RawConnection(std::uint16_t port) : socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(::connect(socket_, reinterpret_cast<sockaddr*>(&address), sizeof(address)), 0);
    timeval patience{3, 0};
    ::setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
  }
  ~RawConnection() { ::close(socket_); }
  RawConnection(const RawConnection&) = delete;
  RawConnection& operator=(const RawConnection&) = delete;

  void send(const std::string& bytes) const { (void)!::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL); }
  // Everything until the server closes.
  std::string read_all() const {
    std::string all;
    char buffer[4096];
    for (ssize_t n = 0; (n = ::recv(socket_, buffer, sizeof(buffer), 0)) > 0;)
      all.append(buffer, static_cast<std::size_t>(n));
    return all;
  }

 private:
  int socket_;
};

class HttpConnectionTest : public testing::ServerTest {
 protected:
  std::string answer(const std::string& bytes) const {
    const RawConnection connection(port_);
    connection.send(bytes);
    return connection.read_all();
  }
  // A request that ends the connection; `headers` come after Host.
  std::string get(const std::string& target, const std::string& headers = {}, const std::string& method = "GET") const {
    return answer(method + " " + target + " HTTP/1.1\r\nHost: " + authority() + "\r\nConnection: close\r\n" + headers +
                  "\r\n");
  }
  static std::string bearer() { return std::string("Authorization: Bearer ") + kToken + "\r\n"; }
  static std::string status_of(const std::string& answer) {
    return answer.substr(0, answer.find("\r\n")).substr(0, 12);
  }
};

TEST_F(HttpConnectionTest, ServesTheStudioWithAStrictPolicy) {
  const std::string page = get("/", bearer());
  EXPECT_EQ(status_of(page), "HTTP/1.1 200");
  EXPECT_NE(page.find("<p>studio</p>"), std::string::npos);
  EXPECT_NE(page.find("Content-Security-Policy: default-src 'none'; script-src 'self'"), std::string::npos);
  for (const char* header : {"X-Content-Type-Options: nosniff", "Referrer-Policy: no-referrer",
                             "Cross-Origin-Opener-Policy: same-origin", "Cross-Origin-Resource-Policy: same-origin"}) {
    EXPECT_NE(page.find(header), std::string::npos) << header;
  }
  EXPECT_EQ(page.find("Access-Control"), std::string::npos);
}

TEST_F(HttpConnectionTest, AnswersHeadWithoutABody) {
  const std::string head = get("/", bearer(), "HEAD");
  EXPECT_NE(head.find("Content-Length: 13\r\n"), std::string::npos);
  EXPECT_TRUE(head.ends_with("\r\n\r\n"));
}

TEST_F(HttpConnectionTest, SaysThatItIsUpWithoutAToken) {
  EXPECT_NE(get("/health").find("{\"status\":\"ok\"}"), std::string::npos);
}

TEST_F(HttpConnectionTest, AnswersPipelinedRequestsInOrder) {
  const std::string host = "Host: " + authority() + "\r\n";
  const std::string both =
      answer("GET /health HTTP/1.1\r\n" + host + "\r\nGET / HTTP/1.1\r\n" + host + "Connection: close\r\n\r\n");
  const auto first = both.find("HTTP/1.1 200");
  const auto second = both.find("HTTP/1.1 401");
  ASSERT_NE(first, std::string::npos);
  ASSERT_NE(second, std::string::npos);
  EXPECT_LT(first, second);
}

TEST_F(HttpConnectionTest, RefusesWhatIsMalformedOrTooLarge) {
  const std::string host = "Host: " + authority() + "\r\n";
  const std::string start = "GET /health HTTP/1.1\r\n" + host;
  EXPECT_EQ(status_of(answer("nonsense\r\n\r\n")), "HTTP/1.1 400");
  EXPECT_EQ(status_of(answer("GET /health HTTP/1.1\r\n\r\n")), "HTTP/1.1 400");
  EXPECT_EQ(status_of(answer(start + host + "\r\n")), "HTTP/1.1 400");
  EXPECT_EQ(status_of(answer(start + "Content-Length: -1\r\n\r\n")), "HTTP/1.1 400");
  EXPECT_EQ(status_of(answer(start + "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n")), "HTTP/1.1 400");
  EXPECT_EQ(status_of(answer(start + "Content-Length: 99999999\r\n\r\n")), "HTTP/1.1 413");
  EXPECT_EQ(status_of(answer(start + "X: " + std::string(9000, 'a') + "\r\n\r\n")), "HTTP/1.1 431");
  EXPECT_EQ(status_of(get("/../../etc/passwd", bearer())), "HTTP/1.1 400");
  EXPECT_EQ(status_of(get("/", bearer(), "DELETE")), "HTTP/1.1 405");
}

TEST_F(HttpConnectionTest, CutsASlowHeaderWithoutAnAnswer) {
  const auto begun = std::chrono::steady_clock::now();
  EXPECT_EQ(answer("GET /health HT"), "");
  EXPECT_LT(std::chrono::steady_clock::now() - begun, std::chrono::seconds(2));
}

TEST_F(HttpConnectionTest, TakesNoPortThatIsTaken) {
  boost::asio::io_context io;
  Options options;
  options.port = port_;
  const auto second = Server::start(io, *AccessToken::parse(kToken), options, nullptr);
  ASSERT_FALSE(second);
  EXPECT_NE(second.error().hint.find("--port"), std::string::npos);
}

TEST_F(HttpConnectionTest, ListensToOtherMachinesOnlyWhenAsked) {
  boost::asio::io_context io;
  Options options;
  options.port = 0;
  options.host = "0.0.0.0";
  EXPECT_FALSE(Server::start(io, *AccessToken::parse(kToken), options, nullptr));
  options.allow_remote = true;
  const auto server = Server::start(io, *AccessToken::parse(kToken), options, nullptr);
  ASSERT_TRUE(server);
  EXPECT_FALSE((*server)->is_loopback());
  options.host = "not-an-address";
  EXPECT_FALSE(Server::start(io, *AccessToken::parse(kToken), options, nullptr));
}

}  // namespace
}  // namespace inferno::server
