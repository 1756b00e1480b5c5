#include "server/router.h"

#include <gtest/gtest.h>

#include <optional>
#include <utility>

#include "server/testing/temporary_folder.h"

namespace inferno::server {
namespace {

constexpr char kToken[] = "00112233445566778899aabbccddeeff";
constexpr std::uint16_t kPort = 7717;

class RouterTest : public ::testing::Test {
 protected:
  RouterTest()
      : router_(OriginPolicy({}, kPort), *AccessToken::parse(kToken), kPort,
                StaticFiles((write_files(), folder_.path()))) {}

  void write_files() const {
    folder_.write("index.html", "studio");
    folder_.write("assets/app.js", "script");
  }

  static Request request(const std::string& target) {
    Request request;
    request.method = "GET";
    request.target = target;
    request.host = {"localhost:7717"};
    return request;
  }
  static Request with_token(const std::string& target) {
    Request result = request(target);
    result.cookie = {std::string("inferno_token_7717=") + kToken};
    return result;
  }

  unsigned status(const Request& request) const {
    const Outcome outcome = router_.handle(request);
    if (std::holds_alternative<Upgrade>(outcome)) return 101;
    if (std::holds_alternative<Download>(outcome)) return 200;  // it begins with that, where there is such a run
    return std::get<Response>(outcome).status;
  }
  std::string header(const Request& request, const std::string& name) const {
    const Outcome outcome = router_.handle(request);
    for (const auto& [key, value] : std::get<Response>(outcome).headers) {
      if (key == name) return value;
    }
    return {};
  }

  testing::TemporaryFolder folder_;
  Router router_;
};

// What each kind of request gets, for every route in the table.
TEST_F(RouterTest, ChecksHostOriginAndTokenOnEveryRoute) {
  const std::vector<std::vector<std::string>> bad_hosts{
      {}, {"evil.example:7717"}, {"localhost:1"}, {"localhost:7717", "localhost:7717"}, {"127.0.0.1.evil:7717"}};
  const std::vector<std::vector<std::string>> bad_origins{
      {"null"}, {"http://evil.example"}, {"http://localhost:5173"}, {"http://localhost:7717", "http://localhost:7717"}};
  const std::vector<std::vector<std::string>> good_origins{{}, {"http://localhost:7717"}, {"http://127.0.0.1:7717"}};

  for (const Route& route : routes()) {
    const std::string path = route.handler == Handler::kFile     ? "/assets/app.js"
                             : route.handler == Handler::kExport ? "/export/1.html"
                                                                 : std::string(route.path);
    for (const bool token : {false, true}) {
      Request base = token ? with_token(path) : request(path);
      if (route.handler == Handler::kWebSocket) {
        base.is_upgrade = true;
        base.subprotocols = {kBinaryProtocol};
      }
      for (const auto& host : bad_hosts) {
        Request bad = base;
        bad.host = host;
        EXPECT_EQ(status(bad), host.size() == 1 ? 403u : 400u) << path << " host " << host.size();
      }
      for (const auto& origin : bad_origins) {
        Request bad = base;
        bad.origin = origin;
        EXPECT_EQ(status(bad), 403u) << path << " origin " << origin.front();
      }
      for (const auto& origin : good_origins) {
        Request good = base;
        good.origin = origin;
        const bool admitted = token || route.access == Access::kAnyone;
        const unsigned wanted = !admitted ? 401 : route.handler == Handler::kWebSocket ? 101 : 200;
        EXPECT_EQ(status(good), wanted) << path << " token " << token;
      }
    }
  }
}

TEST_F(RouterTest, AnExportIsOfARunAndOneOfFourKinds) {
  const auto download = [&](const std::string& target) {
    const Outcome outcome = router_.handle(with_token(target));
    const auto* found = std::get_if<Download>(&outcome);
    return found == nullptr ? std::optional<Download>() : *found;
  };
  const std::vector<std::pair<std::string, ExportForm>> forms{{".html", ExportForm::kPage},
                                                              {".inferno", ExportForm::kPortable},
                                                              {".jsonl", ExportForm::kJsonLines},
                                                              {".csv", ExportForm::kCsv}};
  for (const auto& [ending, form] : forms) {
    const auto found = download("/export/12" + ending);
    ASSERT_TRUE(found) << ending;
    EXPECT_EQ(found->run, 12u);
    EXPECT_EQ(found->form, form);
  }
  for (const char* target : {"/export/", "/export/12", "/export/12.exe", "/export/-1.html", "/export/1x.html",
                             "/export/99999999999.html", "/export/1/2.html"}) {
    EXPECT_FALSE(download(target)) << target;
    EXPECT_EQ(status(with_token(target)), 404u) << target;
  }
}

TEST_F(RouterTest, TakesTheTokenInThreeWaysAndInNoOther) {
  Request bearer = request("/");
  bearer.authorization = {std::string("Bearer ") + kToken};
  EXPECT_EQ(status(bearer), 200u);
  Request subprotocol = request("/ws");
  subprotocol.is_upgrade = true;
  subprotocol.subprotocols = {std::string("inferno.token.") + kToken, kJsonProtocol};
  EXPECT_EQ(status(subprotocol), 101u);
  Request cookie = request("/");
  cookie.cookie = {std::string("a=b; inferno_token_7717=") + kToken + "; c=d"};
  EXPECT_EQ(status(cookie), 200u);

  Request basic = request("/");
  basic.authorization = {std::string("Basic ") + kToken};
  EXPECT_EQ(status(basic), 401u);
  Request other_port = request("/");
  other_port.cookie = {std::string("inferno_token_7718=") + kToken};
  EXPECT_EQ(status(other_port), 401u);
  Request wrong = request("/");
  wrong.cookie = {"inferno_token_7717=00112233445566778899aabbccddeefe"};
  EXPECT_EQ(status(wrong), 401u);
  EXPECT_EQ(status(request(std::string("/assets/app.js?token=") + kToken)), 401u);
}

TEST_F(RouterTest, ExchangesTheTokenForACookieAsOftenAsItIsPresented) {
  for (int i = 0; i < 2; ++i) {
    const Request exchange = request(std::string("/?token=") + kToken);
    EXPECT_EQ(status(exchange), 303u);
    EXPECT_EQ(header(exchange, "Location"), "/");
    EXPECT_EQ(header(exchange, "Set-Cookie"),
              std::string("inferno_token_7717=") + kToken + "; Path=/; HttpOnly; SameSite=Strict");
  }
  EXPECT_EQ(status(request("/?token=00112233445566778899aabbccddeefe")), 401u);
  EXPECT_EQ(status(request("/?token=")), 401u);
  EXPECT_EQ(header(request("/?token="), "Set-Cookie"), "");
}

// A browser leaves SameSite=Strict cookies out of a redirect that another site began.
TEST_F(RouterTest, LetsThePageItselfGoOnWhenTheLinkCameFromElsewhere) {
  Request exchange = request(std::string("/?token=") + kToken);
  exchange.fetch_site = "cross-site";
  EXPECT_EQ(status(exchange), 200u);
  EXPECT_NE(header(exchange, "Set-Cookie"), "");
  EXPECT_NE(std::get<Response>(router_.handle(exchange)).body.find("url=/"), std::string::npos);
}

TEST_F(RouterTest, RefusesMethodsThatWouldChangeSomething) {
  for (const char* method : {"POST", "PUT", "DELETE", "OPTIONS", "TRACE", "CONNECT", "PROPFIND"}) {
    for (const Route& route : routes()) {
      Request bad = with_token(route.path == "/*" ? "/assets/app.js" : std::string(route.path));
      bad.method = method;
      EXPECT_EQ(status(bad), 405u) << method << " " << route.path;
      EXPECT_EQ(header(bad, "Allow"), route.methods);
    }
  }
  Request post = request(std::string("/?token=") + kToken);
  post.method = "POST";
  EXPECT_EQ(status(post), 401u);
}

TEST_F(RouterTest, UpgradesToTheFirstSubprotocolItKnows) {
  Request upgrade = with_token("/ws");
  EXPECT_EQ(status(upgrade), 426u);
  upgrade.is_upgrade = true;
  EXPECT_EQ(status(upgrade), 400u);
  upgrade.subprotocols = {"chat", "inferno.v2.fbs"};
  EXPECT_EQ(status(upgrade), 400u);
  const std::string body = std::get<Response>(router_.handle(upgrade)).body;
  EXPECT_NE(body.find(kBinaryProtocol), std::string::npos);
  EXPECT_NE(body.find(kJsonProtocol), std::string::npos);
  upgrade.subprotocols = {"chat", kJsonProtocol, kBinaryProtocol};
  EXPECT_EQ(std::get<Upgrade>(router_.handle(upgrade)).encoding, Encoding::kJson);
}

TEST_F(RouterTest, TellsABrowserInWordsHowToGetIn) {
  Request page = request("/");
  page.accept = "text/html,*/*";
  const Response response = std::get<Response>(router_.handle(page));
  EXPECT_EQ(response.status, 401u);
  EXPECT_NE(response.body.find("terminal"), std::string::npos);
  EXPECT_NE(response.body.find("<h1>"), std::string::npos);
}

TEST_F(RouterTest, HasNothingElse) {
  EXPECT_EQ(status(with_token("/missing")), 404u);
  EXPECT_EQ(status(with_token("/assets")), 404u);
  EXPECT_EQ(status(with_token("/../etc/passwd")), 400u);
  EXPECT_EQ(status(with_token("http://localhost:7717/")), 400u);
}

}  // namespace
}  // namespace inferno::server
