#pragma once

#include <concepts>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace inferno::cli {

// Writes one JSON object, for the results of verbs that are no protocol message.
// Numbers that are not finite, and absent values, become null.
class JsonObject {
 public:
  JsonObject& add(std::string_view key, std::string_view text);
  JsonObject& add(std::string_view key, const char* text) { return add(key, std::string_view(text)); }
  JsonObject& add(std::string_view key, double number);
  JsonObject& add(std::string_view key, bool value) { return add_raw(key, value ? "true" : "false"); }
  template <std::integral T>
  requires(!std::same_as<T, bool>) JsonObject& add(std::string_view key, T number) {
    return add_raw(key, std::to_string(number));
  }
  template <typename T>
  JsonObject& add(std::string_view key, const std::optional<T>& value) {
    return value ? add(key, *value) : add_raw(key, "null");
  }
  // `json` is JSON already.
  JsonObject& add_raw(std::string_view key, std::string_view json);

  std::string text() const { return "{" + body_ + "}"; }

 private:
  std::string body_;
};

// The text in quotes. What is not UTF-8 becomes U+FFFD.
std::string json_string(std::string_view text);

}  // namespace inferno::cli
