#include <cstdio>
#include <optional>

#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include "cli/engine_session.h"
#include "cli/option_helpers.h"
#include "cli/paths.h"
#include "cli/terminal.h"
#include "cli/text_input.h"
#include "cli/utf8_holder.h"
#include "cli/verb.h"
#include "protocol/json.h"

namespace inferno::cli {

namespace {

std::string shown(const pb::TokenT& token) {
  if (!token.text.empty()) {
    std::string line;
    for (const char c : token.text)
      line += c == '\n' ? std::string("\\n") : c == '\t' ? std::string("\\t") : std::string(1, c);
    return "\"" + without_controls(line) + "\"";
  }
  std::string bytes;
  for (const auto byte : token.bytes) bytes += fmt::format("\\x{:02X}", byte);
  return "\"" + bytes + "\"";
}

class TokenizeVerb final : public Verb {
 public:
  std::string name() const override { return "tokenize"; }
  std::string about() const override { return "Show the tokens that a model makes of a text"; }
  std::vector<std::string_view> sections() const override { return {"models"}; }

  std::string help_footer() const override {
    return "Examples:\n"
           "  inferno tokenize model.gguf \"Hello world\"\n"
           "  inferno tokenize model.gguf --file text.txt --ids\n"
           "  inferno tokenize model.gguf \"What is a token?\" --chat     through the chat template\n"
           "  inferno tokenize model.gguf \"<|im_end|>\" --special        as the control token it names\n"
           "\n"
           "Every line is a token: its id, its text or bytes, and what kind it is unless an ordinary\n"
           "one. With --json the output is one line: the Tokens message (in its Envelope) of protocol/inferno.fbs.";
  }

  void add_options(CLI::App& app) override {
    app.add_option("model", model_, "A GGUF file, or its name in one of the model folders")
        ->required()
        ->type_name("MODEL");
    app.add_option("text", text_, "The text; -: standard input")->type_name("TEXT");
    app.add_option("-f,--file", file_, "File with the text; -: standard input")->type_name("FILE");
    app.add_flag("--special", special_, "Names of control tokens in the text become those tokens");
    app.add_flag("--chat", chat_, "The text is a user's message, put into the model's chat template");
    add_choice_flag(app, "--bos,!--no-bos", bos_, "Begin with the BOS token, or not (default: as the model says)");
    app.add_flag("--ids", ids_, "Only the ids, on one line");
    app.add_flag("--json", json_, "As JSON");
  }

  int run(const Program& program) override {
    auto prompt = make_prompt();
    if (!prompt) {
      fail(prompt.error());
      return kUsage;
    }
    auto path = find_model(model_, program.settings.models, program.paths);
    if (!path) return fail(path.error());
    auto session = EngineSession::start(program);
    if (!session) return fail(session.error());
    pb::EngineOptionsT options;
    options.n_ctx = kContext;  // nothing is decoded: no memory needs to be set aside
    if (auto info = (*session)->load(*path, options); !info) return fail(info.error());
    auto tokens = (*session)->tokenize(std::move(*prompt));
    if (!tokens) return fail(tokens.error());
    print(*tokens);
    return kOk;
  }

 private:
  static constexpr std::uint32_t kContext = 64;

  Result<std::unique_ptr<pb::PromptT>> make_prompt() const {
    if (text_.has_value() == file_.has_value()) {
      return Error{ErrorCode::kInvalidArgument, "Give either a text or --file.",
                   "For example: inferno tokenize model.gguf \"Hello world\""};
    }
    auto text = file_ ? read_text_file(*file_) : *text_ == "-" ? read_text_file("-") : Result<std::string>(*text_);
    if (!text) return text.error();
    auto prompt = std::make_unique<pb::PromptT>();
    prompt->parse_special = special_;
    prompt->add_bos = bos_;
    if (chat_) {
      prompt->messages.push_back(std::make_unique<pb::ChatMessageT>());
      prompt->messages.back()->role = "user";
      prompt->messages.back()->content = std::move(*text);
    } else {
      prompt->text = std::move(*text);
    }
    return prompt;
  }

  void print(pb::TokensT& tokens) const {
    if (json_) {
      fmt::print("{}\n", pb::to_json(pb::make_envelope(0, 0, 0, std::move(tokens))));
      return;
    }
    for (const auto& warning : tokens.warnings) {
      // The small context is ours, not the user's.
      if (warning->code != "over_context") fmt::print(stderr, "inferno: {}\n", warning->message);
    }
    const Terminal terminal = Terminal::of(stdout, ColourChoice::kAuto);
    for (std::size_t i = 0; i < tokens.tokens.size(); ++i) {
      const pb::TokenT& token = *tokens.tokens[i];
      if (ids_) {
        fmt::print("{}{}", i == 0 ? "" : " ", token.id);
        continue;
      }
      const bool plain = token.kind == pb::TokenKind::Normal;
      fmt::print("{:>8}  {}{}\n", token.id, shown(token),
                 plain ? "" : "  " + terminal.dim(pb::EnumNameTokenKind(token.kind)));
    }
    if (ids_)
      fmt::print("\n");
    else
      fmt::print(stderr, "{}\n", terminal.dim(fmt::format("{} tokens", tokens.tokens.size())));
  }

  std::string model_;
  std::optional<std::string> text_;
  std::optional<std::string> file_;
  bool special_ = false;
  bool chat_ = false;
  std::optional<bool> bos_;
  bool ids_ = false;
  bool json_ = false;
};

}  // namespace

std::unique_ptr<Verb> make_tokenize_verb() { return std::make_unique<TokenizeVerb>(); }

}  // namespace inferno::cli
