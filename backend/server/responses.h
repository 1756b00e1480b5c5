#pragma once

#include <string>
#include <string_view>

#include "server/messages.h"

namespace inferno::server {

// Adds the headers that every answer carries: the Content-Security-Policy and its
// kin. Nothing on a page of ours may load, run or send anything from elsewhere.
void add_security_headers(Response& response);

// An answer in plain words: a small page for a browser (`accept` names text/html),
// else a line of text. `title` and `text` may hold any characters.
Response words(unsigned status, std::string_view title, std::string_view text, std::string_view accept = {});

Response redirect(std::string_view location);

// A page of ours that goes to `location` by itself. Unlike a redirect it makes the
// next request one of our own site, whoever began.
Response forwarding_page(std::string_view location);

}  // namespace inferno::server
