#include "server/router.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include "server/responses.h"

namespace inferno::server {

namespace {

constexpr std::string_view kTokenParameter = "token=";

std::string_view trimmed(std::string_view text) {
  while (text.starts_with(' ') || text.starts_with('\t')) text.remove_prefix(1);
  while (text.ends_with(' ') || text.ends_with('\t')) text.remove_suffix(1);
  return text;
}

// The value of ?token= in a query, if it is there.
std::optional<std::string_view> presented_token(std::string_view query) {
  while (!query.empty()) {
    const std::size_t ampersand = query.find('&');
    const std::string_view part = query.substr(0, ampersand);
    if (part.starts_with(kTokenParameter)) return part.substr(kTokenParameter.size());
    query = ampersand == std::string_view::npos ? std::string_view{} : query.substr(ampersand + 1);
  }
  return std::nullopt;
}

Response health() {
  Response response;
  response.headers.emplace_back("Content-Type", "application/json");
  response.headers.emplace_back("Cache-Control", "no-store");
  response.body = "{\"status\":\"ok\"}\n";
  return response;
}

Response method_not_allowed(const Route& route, const Request& request) {
  Response response = words(405, "Method not allowed",
                            "This address takes " + std::string(route.methods) +
                                ". Everything that changes something goes through the WebSocket /ws.",
                            request.accept);
  response.headers.emplace_back("Allow", route.methods);
  return response;
}

constexpr std::string_view kExportFolder = "/export/";
constexpr std::array<std::pair<std::string_view, ExportForm>, 4> kExportForms{{
    {".html", ExportForm::kPage},
    {".inferno", ExportForm::kPortable},
    {".jsonl", ExportForm::kJsonLines},
    {".csv", ExportForm::kCsv},
}};

}  // namespace

Router::Router(OriginPolicy origins, AccessToken token, std::uint16_t port, StaticFiles files)
    : origins_(std::move(origins)),
      token_(std::move(token)),
      cookie_name_("inferno_token_" + std::to_string(port)),
      files_(std::move(files)) {}

Outcome Router::handle(const Request& request) const {
  if (auto refused = refuse_site(request)) return *refused;
  const std::string_view target = request.target;
  const std::size_t question = target.find('?');
  const auto path = decode_path(target.substr(0, question));
  if (!path) return words(400, "Bad request", "The address is not one this server could have.", request.accept);

  const Route& route = route_for(*path);
  if (route.handler == Handler::kStudio && question != std::string_view::npos && allows(route, request.method)) {
    if (const auto presented = presented_token(target.substr(question + 1))) {
      return exchange_token(request, *presented);
    }
  }
  if (route.access == Access::kToken && !has_token(request)) return unauthorized(request);
  if (!allows(route, request.method)) return method_not_allowed(route, request);
  switch (route.handler) {
    case Handler::kStudio:
      return studio(request);
    case Handler::kFile:
      return file(request, *path);
    case Handler::kHealth:
      return health();
    case Handler::kWebSocket:
      return upgrade(request);
    case Handler::kExport:
      return download(request, *path);
  }
  return words(404, "Not found", "There is nothing at this address.", request.accept);
}

std::optional<Response> Router::refuse_site(const Request& request) const {
  if (request.host.size() != 1) {
    return words(400, "Bad request", "A request needs exactly one Host header.", request.accept);
  }
  if (!origins_.host_is_ours(request.host.front(), request.local_address)) {
    return words(403, "Forbidden",
                 "This server does not answer to that host name. Open it as http://localhost with its "
                 "port, or allow the name with --allow-host.",
                 request.accept);
  }
  const bool origins_ours = request.origin.size() <= 1 &&
                            std::all_of(request.origin.begin(), request.origin.end(), [&](const std::string& origin) {
                              return origins_.origin_is_ours(origin, request.local_address);
                            });
  if (!origins_ours) {
    return words(403, "Forbidden", "Pages of other origins may not use this server.", request.accept);
  }
  return std::nullopt;
}

bool Router::has_token(const Request& request) const {
  static constexpr std::string_view kBearer = "Bearer ";
  const auto any = [](const std::vector<std::string>& values, auto holds) {
    return std::any_of(values.begin(), values.end(), holds);
  };
  return any(request.cookie, [&](std::string_view value) { return cookie_holds_token(value); }) ||
         any(request.authorization,
             [&](std::string_view value) {
               return value.starts_with(kBearer) && token_.matches(trimmed(value.substr(kBearer.size())));
             }) ||
         any(request.subprotocols, [&](std::string_view value) {
           static constexpr std::string_view kPrefix = kTokenProtocolPrefix;
           return value.starts_with(kPrefix) && token_.matches(value.substr(kPrefix.size()));
         });
}

bool Router::cookie_holds_token(std::string_view cookie) const {
  const std::string name = cookie_name_ + "=";
  while (!cookie.empty()) {
    const std::size_t semicolon = cookie.find(';');
    const std::string_view pair = trimmed(cookie.substr(0, semicolon));
    if (pair.starts_with(name) && token_.matches(pair.substr(name.size()))) return true;
    cookie = semicolon == std::string_view::npos ? std::string_view{} : cookie.substr(semicolon + 1);
  }
  return false;
}

Response Router::exchange_token(const Request& request, std::string_view presented) const {
  if (!token_.matches(presented)) return unauthorized(request);
  // A browser that follows a link from another site's page (or from a file) does not
  // send a Strict cookie along with the redirect: it would meet a 401.
  const bool from_elsewhere = request.fetch_site == "cross-site" || request.fetch_site == "same-site";
  Response response = from_elsewhere ? forwarding_page("/") : redirect("/");
  response.headers.emplace_back("Set-Cookie",
                                cookie_name_ + "=" + token_.hex() + "; Path=/; HttpOnly; SameSite=Strict");
  return response;
}

Response Router::unauthorized(const Request& request) const {
  Response response = words(401, "This page needs its token",
                            "Open the address that Inferno printed in the terminal when it started; it "
                            "begins with http:// and ends with ?token= and a long number. Each start has "
                            "a new one, so an address from an earlier start does not work any more.",
                            request.accept);
  response.headers.emplace_back("WWW-Authenticate", "Bearer realm=\"Inferno\"");
  return response;
}

Outcome Router::upgrade(const Request& request) const {
  if (!request.is_upgrade) {
    Response response = words(426, "Upgrade required", "This address speaks WebSocket.", request.accept);
    response.headers.emplace_back("Upgrade", "websocket");
    return response;
  }
  for (const std::string& name : request.subprotocols) {
    if (name == kBinaryProtocol) return Upgrade{Encoding::kBinary};
    if (name == kJsonProtocol) return Upgrade{Encoding::kJson};
  }
  return words(400, "Bad request", "Name a subprotocol: inferno.v1.fbs (binary FlatBuffers) or inferno.v1.json (text).",
               request.accept);
}

Outcome Router::download(const Request& request, std::string_view path) {
  const std::string_view name = path.substr(kExportFolder.size());
  for (const auto& [ending, form] : kExportForms) {
    if (!name.ends_with(ending)) continue;
    const std::string_view number = name.substr(0, name.size() - ending.size());
    Download download{0, form};
    const auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), download.run);
    if (error == std::errc() && end == number.data() + number.size() && download.run != 0) return download;
  }
  return words(404, "Not found", "Name a run and a kind of file, as in /export/12.html.", request.accept);
}

Response Router::studio(const Request& request) const {
  if (!files_.present()) {
    return words(503, "The studio is not built",
                 "The server runs, but the files of its page are missing. Build them with `make build`, or "
                 "name their folder with --ui.",
                 request.accept);
  }
  auto found = files_.find("/index.html");
  return found ? std::move(*found) : words(404, "Not found", "The studio's page could not be read.", request.accept);
}

Response Router::file(const Request& request, std::string_view path) const {
  auto found = files_.find(path);
  return found ? std::move(*found) : words(404, "Not found", "There is nothing at this address.", request.accept);
}

}  // namespace inferno::server
