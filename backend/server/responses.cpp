#include "server/responses.h"

namespace inferno::server {

namespace {

constexpr char kContentSecurityPolicy[] =
    "default-src 'none'; script-src 'self'; style-src 'self'; font-src 'self'; "
    "img-src 'self' data:; connect-src 'self'; worker-src 'self'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'";

std::string escaped(std::string_view text) {
  std::string result;
  for (const char c : text) {
    switch (c) {
      case '&':
        result += "&amp;";
        break;
      case '<':
        result += "&lt;";
        break;
      case '>':
        result += "&gt;";
        break;
      case '"':
        result += "&quot;";
        break;
      default:
        result += c;
    }
  }
  return result;
}

std::string page(std::string_view title, std::string_view text) {
  return "<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n"
         "<meta name=\"viewport\" content=\"width=device-width\">\n"
         "<meta name=\"color-scheme\" content=\"light dark\">\n"
         "<title>" +
         escaped(title) + " \xC2\xB7 Inferno</title>\n<h1>" + escaped(title) + "</h1>\n<p>" + escaped(text) +
         "</p>\n</html>\n";
}

}  // namespace

void add_security_headers(Response& response) {
  response.headers.emplace_back("Content-Security-Policy", kContentSecurityPolicy);
  response.headers.emplace_back("X-Content-Type-Options", "nosniff");
  response.headers.emplace_back("Referrer-Policy", "no-referrer");
  response.headers.emplace_back("Cross-Origin-Opener-Policy", "same-origin");
  response.headers.emplace_back("Cross-Origin-Resource-Policy", "same-origin");
}

Response words(unsigned status, std::string_view title, std::string_view text, std::string_view accept) {
  Response response;
  response.status = status;
  const bool html = accept.find("text/html") != std::string_view::npos;
  response.headers.emplace_back("Content-Type", html ? "text/html; charset=utf-8" : "text/plain; charset=utf-8");
  response.headers.emplace_back("Cache-Control", "no-store");
  response.body = html ? page(title, text) : std::string(title) + ": " + std::string(text) + "\n";
  return response;
}

Response redirect(std::string_view location) {
  Response response;
  response.status = 303;
  response.headers.emplace_back("Location", location);
  response.headers.emplace_back("Cache-Control", "no-store");
  return response;
}

Response forwarding_page(std::string_view location) {
  Response response;
  response.headers.emplace_back("Content-Type", "text/html; charset=utf-8");
  response.headers.emplace_back("Cache-Control", "no-store");
  response.body =
      "<!doctype html>\n<meta charset=\"utf-8\">\n<title>Inferno</title>\n"
      "<meta http-equiv=\"refresh\" content=\"0;url=" +
      escaped(location) + "\">\n<a href=\"" + escaped(location) + "\">Open the studio</a>\n";
  return response;
}

}  // namespace inferno::server
