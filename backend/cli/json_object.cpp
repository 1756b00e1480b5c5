#include "cli/json_object.h"

#include <cmath>

#include <fmt/format.h>

#include "cli/utf8_holder.h"

namespace inferno::cli {

std::string json_string(std::string_view text) {
  Utf8Holder holder;
  std::string utf8 = holder.push(text);
  utf8 += holder.flush();
  std::string result = "\"";
  for (const char c : utf8) {
    if (c == '"' || c == '\\') {
      result += '\\';
      result += c;
    } else if (static_cast<unsigned char>(c) < 0x20) {
      result += fmt::format("\\u{:04x}", static_cast<unsigned char>(c));
    } else {
      result += c;
    }
  }
  return result + "\"";
}

JsonObject& JsonObject::add(std::string_view key, std::string_view text) { return add_raw(key, json_string(text)); }

JsonObject& JsonObject::add(std::string_view key, double number) {
  return add_raw(key, std::isfinite(number) ? fmt::format("{}", number) : "null");
}

JsonObject& JsonObject::add_raw(std::string_view key, std::string_view json) {
  if (!body_.empty()) body_ += ',';
  body_ += json_string(key) + ":" + std::string(json);
  return *this;
}

}  // namespace inferno::cli
