#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "inferno_generated.h"

namespace CLI {
class App;
}

namespace inferno::cli {

// The options by which a prompt is given: text, file, chat messages or token ids.
class PromptOptions {
 public:
  void add_to(CLI::App& app);

  // Errors: kInvalidArgument (none or several kinds given, a bad id), kFileNotFound.
  Result<std::unique_ptr<protocol::PromptT>> prompt() const;
  // Whether any prompt was given.
  bool given() const { return text_ || file_ || !messages_.empty() || !ids_.empty() || !system_.empty(); }
  // The same options around another text; of a chat, as the newest message.
  PromptOptions with_text(std::string text) const;

 private:
  Result<std::string> text() const;
  Result<void> add_messages(protocol::PromptT& prompt) const;

  std::optional<std::string> text_;
  std::optional<std::string> file_;
  bool chat_ = false;
  std::string system_;
  std::vector<std::string> messages_;
  std::string ids_;
  bool special_ = false;
  std::optional<bool> bos_;
  std::string template_file_;
};

// "1,2,3" as token ids. Error: kInvalidArgument.
Result<std::vector<std::int32_t>> parse_ids(const std::string& text);

}  // namespace inferno::cli
