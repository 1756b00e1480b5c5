#include "server/origin_policy.h"

#include <algorithm>

namespace inferno::server {

namespace {

constexpr std::uint16_t kHttpPort = 80;

std::string lower(std::string_view text) {
  std::string result(text);
  std::transform(result.begin(), result.end(), result.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  return result;
}

std::string bracketed(std::string_view name) {
  const bool bare_v6 = name.find(':') != std::string_view::npos && !name.starts_with('[');
  return bare_v6 ? "[" + lower(name) + "]" : lower(name);
}

}  // namespace

OriginPolicy::OriginPolicy(std::vector<std::string> names, std::uint16_t port) : port_(port) {
  names_ = {"localhost", "127.0.0.1", "[::1]"};
  for (const std::string& name : names) names_.push_back(bracketed(name));
}

bool OriginPolicy::host_is_ours(std::string_view host, std::string_view local_address) const {
  // Compared as a whole, so that no second parser of addresses can disagree with ours.
  const std::string given = lower(host);
  const std::string port = ":" + std::to_string(port_);
  const auto is = [&](const std::string& name) {
    return given == name + port || (port_ == kHttpPort && given == name);
  };
  return std::any_of(names_.begin(), names_.end(), is) || (!local_address.empty() && is(bracketed(local_address)));
}

bool OriginPolicy::origin_is_ours(std::string_view origin, std::string_view local_address) const {
  static constexpr std::string_view kScheme = "http://";
  return origin.starts_with(kScheme) && host_is_ours(origin.substr(kScheme.size()), local_address);
}

}  // namespace inferno::server
