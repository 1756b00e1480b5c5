#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <string>

namespace inferno::engine {

// A file of the folder with real models, which lies beside the checkout
// (INFERNO_TEST_MODELS names another), or the checkout's own models/demo.gguf. Empty
// where it is absent.
inline std::string test_model(const std::string& name) {
  if (name == "demo.gguf") return INFERNO_SOURCE_DIR "/models/demo.gguf";
  const char* folder = std::getenv("INFERNO_TEST_MODELS");
  const std::filesystem::path path =
      (folder != nullptr ? std::filesystem::path(folder)
                         : std::filesystem::path(INFERNO_SOURCE_DIR) / "../shared/models") /
      name;
  return std::filesystem::exists(path) ? path.string() : "";
}

}  // namespace inferno::engine

// Skips the test, saying so, where the real models are absent.
#define INFERNO_NEEDS_MODEL(variable, name)                         \
  const std::string variable = ::inferno::engine::test_model(name); \
  if (variable.empty()) GTEST_SKIP() << "there is no ../shared/models/" << (name)
