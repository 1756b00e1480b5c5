#include <gtest/gtest.h>

#include "server/testing/server_fixture.h"

namespace inferno::server {
namespace {

using testing::FakeClient;

class WebSocketConnectionTest : public testing::ServerTest {
 protected:
  static pb::Bytes hello() { return pb::make_envelope(7, 0, 0, pb::HelloT()); }
  static std::string text_of(const std::vector<std::uint8_t>& bytes) { return {bytes.begin(), bytes.end()}; }
};

TEST_F(WebSocketConnectionTest, SpeaksBinary) {
  auto client = connect(kBinaryProtocol);
  ASSERT_TRUE(client) << client.error().message;
  EXPECT_EQ((*client)->subprotocol(), kBinaryProtocol);
  ASSERT_TRUE((*client)->write_binary(hello()));
  const auto answer = (*client)->read();
  ASSERT_TRUE(answer);
  const auto envelope = pb::verify_envelope(*answer);
  ASSERT_TRUE(envelope);
  EXPECT_EQ((*envelope)->request(), 7u);
  ASSERT_NE((*envelope)->body_as_Welcome(), nullptr);
}

TEST_F(WebSocketConnectionTest, SpeaksJson) {
  auto client = connect(kJsonProtocol);
  ASSERT_TRUE(client) << client.error().message;
  EXPECT_EQ((*client)->subprotocol(), kJsonProtocol);
  ASSERT_TRUE((*client)->write_text(R"({"request":7,"body_type":"Hello","body":{}})"));
  const auto answer = (*client)->read();
  ASSERT_TRUE(answer);
  EXPECT_NE(text_of(*answer).find("\"body_type\":\"Welcome\""), std::string::npos) << text_of(*answer);
  EXPECT_NE(text_of(*answer).find("\"request\":7"), std::string::npos);
}

TEST_F(WebSocketConnectionTest, RefusesUpgradesThatArePolicy) {
  WebSocketClient::Options options;
  options.port = port_;
  options.subprotocols = std::string(kBinaryProtocol) + ", " + kTokenProtocolPrefix + kToken;
  options.origin = "http://evil.example";
  const auto from_elsewhere = WebSocketClient::connect(options);
  ASSERT_FALSE(from_elsewhere);
  EXPECT_NE(from_elsewhere.error().message.find("403"), std::string::npos);
  options.origin = "http://" + authority();
  EXPECT_TRUE(WebSocketClient::connect(options));
  options.host = "evil.example:" + std::to_string(port_);
  EXPECT_FALSE(WebSocketClient::connect(options));
  options.host.clear();
  options.subprotocols = kBinaryProtocol;
  const auto without_token = WebSocketClient::connect(options);
  ASSERT_FALSE(without_token);
  EXPECT_NE(without_token.error().message.find("401"), std::string::npos);
  options.cookie = "inferno_token_" + std::to_string(port_) + "=" + kToken;
  EXPECT_TRUE(WebSocketClient::connect(options));
  options.subprotocols = "chat";
  const auto unknown = WebSocketClient::connect(options);
  ASSERT_FALSE(unknown);
  EXPECT_NE(unknown.error().message.find("400"), std::string::npos);
}

TEST_F(WebSocketConnectionTest, AnswersMalformedMessagesAndClosesWhenThereAreTooMany) {
  auto client = connect(kJsonProtocol);
  ASSERT_TRUE(client);
  for (const char* text : {"{", R"({"request":3,"body_type":"NoSuch","body":{}})", "[]"}) {
    ASSERT_TRUE((*client)->write_text(text));
    const auto answer = (*client)->read();
    ASSERT_TRUE(answer) << answer.error().message;
    EXPECT_NE(text_of(*answer).find("\"Error\""), std::string::npos) << text_of(*answer);
  }
  const auto end = (*client)->read();
  ASSERT_FALSE(end);
  EXPECT_EQ(end.error().message, "closed 1008 Too many malformed messages.");
  EXPECT_TRUE(soon([&] { return observed_.clients == 0; }));
}

TEST_F(WebSocketConnectionTest, AnswersMessagesOfTheWrongKind) {
  auto binary = connect(kBinaryProtocol);
  ASSERT_TRUE(binary);
  ASSERT_TRUE((*binary)->write_text("{}"));
  ASSERT_TRUE((*binary)->read());
  ASSERT_TRUE((*binary)->write_binary(std::vector<std::uint8_t>(100, 0xFF)));
  ASSERT_TRUE((*binary)->read());
  EXPECT_EQ(observed_.malformed, 2);
  ASSERT_TRUE((*binary)->write_binary(hello()));
  EXPECT_TRUE((*binary)->read());
}

TEST_F(WebSocketConnectionTest, CutsAReaderThatTakesNothingAndHoldsLittleForIt) {
  auto stuck = connect(kBinaryProtocol, 4096);
  ASSERT_TRUE(stuck);
  ASSERT_TRUE((*stuck)->write_binary(pb::make_envelope(1, 0, 0, pb::ListModelsT())));
  auto other = connect(kBinaryProtocol);
  ASSERT_TRUE(other);
  ASSERT_TRUE(soon([&] { return observed_.bytes_pulled > 0; }));
  // Another client does not notice.
  ASSERT_TRUE((*other)->write_binary(hello()));
  EXPECT_TRUE((*other)->read());
  EXPECT_TRUE(soon([&] { return observed_.clients == 1; }));
  EXPECT_LT(observed_.bytes_pulled, 5u << 20);
  ASSERT_TRUE((*other)->write_binary(hello()));
  EXPECT_TRUE((*other)->read());
}

TEST_F(WebSocketConnectionTest, GivesAReaderThatTakesAll) {
  auto reader = connect(kBinaryProtocol);
  ASSERT_TRUE(reader);
  ASSERT_TRUE((*reader)->write_binary(pb::make_envelope(1, 0, 0, pb::ListModelsT())));
  for (int i = 0; i < 100; ++i) ASSERT_TRUE((*reader)->read()) << i;
  EXPECT_GE(observed_.bytes_pulled, 100 * FakeClient::kFloodBytes);
}

// Frames from a client are masked; with a mask of zeros the bytes stay as they are.
std::vector<std::uint8_t> frame(std::uint8_t first, const std::string& payload) {
  std::vector<std::uint8_t> bytes{first, static_cast<std::uint8_t>(0x80 | payload.size()), 0, 0, 0, 0};
  for (const char c : payload) bytes.push_back(static_cast<std::uint8_t>(c));
  return bytes;
}

TEST_F(WebSocketConnectionTest, ClosesOnFramesThatBreakTheRules) {
  const std::vector<std::vector<std::uint8_t>> bad{
      {0x82, 0x01, 'x'},                                                         // not masked
      frame(0xC2, "x"),                                                          // a reserved bit
      frame(0x83, "x"),                                                          // a reserved opcode
      frame(0x80, "x"),                                                          // continues nothing
      frame(0x09, "x"),                                                          // a control frame in pieces
      frame(0x81, "\xFF"),                                                       // text that is not UTF-8
      {0x82, 0xFF, 0x7F, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0, 0, 0, 0},  // 2^63 bytes
  };
  for (std::size_t i = 0; i < bad.size(); ++i) {
    auto client = connect(kBinaryProtocol);
    ASSERT_TRUE(client) << i;
    ASSERT_TRUE((*client)->write_raw(bad[i]));
    EXPECT_FALSE((*client)->read()) << i;
  }
  EXPECT_TRUE(soon([&] { return observed_.clients == 0; }));
}

TEST_F(WebSocketConnectionTest, CutsAMessageThatNeverEnds) {
  auto client = connect(kBinaryProtocol);
  ASSERT_TRUE(client);
  ASSERT_TRUE((*client)->write_raw(frame(0x02, "begun")));
  EXPECT_FALSE((*client)->read());
}

TEST_F(WebSocketConnectionTest, CutsFloodsOfFramesThatCarryNothing) {
  for (const std::uint8_t continuing : {0x00, 0x8A}) {  // empty fragments; pongs
    auto client = connect(kBinaryProtocol);
    ASSERT_TRUE(client);
    std::vector<std::uint8_t> flood;
    if (continuing == 0x00) flood = frame(0x02, "");
    for (int i = 0; i < 16 * 1024; ++i) {
      const auto one = frame(continuing, "");
      flood.insert(flood.end(), one.begin(), one.end());
    }
    (void)!(*client)->write_raw(flood).ok();
    EXPECT_FALSE((*client)->read());
  }
  EXPECT_TRUE(soon([&] { return observed_.clients == 0; }));
}

TEST_F(WebSocketConnectionTest, KeepsAnIdleClientThatAnswersPings) {
  auto client = connect(kBinaryProtocol);
  ASSERT_TRUE(client);
  std::thread reader([&] { (void)!(*client)->read().ok(); });  // answers pings until something comes
  std::this_thread::sleep_for(std::chrono::milliseconds(1400));
  EXPECT_EQ(observed_.clients, 1);
  boost::asio::post(io_, [this] { server_->stop(); });
  reader.join();
}

TEST_F(WebSocketConnectionTest, SaysGoodbyeWhenTheServerStops) {
  auto client = connect(kBinaryProtocol);
  ASSERT_TRUE(client);
  ASSERT_TRUE(soon([&] { return observed_.clients == 1; }));
  boost::asio::post(io_, [this] { server_->stop(); });
  const auto end = (*client)->read();
  ASSERT_FALSE(end);
  EXPECT_EQ(end.error().message, "closed 1001 The server is stopping.");
}

}  // namespace
}  // namespace inferno::server
