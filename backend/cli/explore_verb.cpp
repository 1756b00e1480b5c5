#include <cstdio>
#include <map>
#include <optional>

#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include "cli/engine_session.h"
#include "cli/explore_view.h"
#include "cli/option_helpers.h"
#include "cli/paths.h"
#include "cli/prompt_options.h"
#include "cli/sampler_flags.h"
#include "cli/terminal.h"
#include "cli/verb.h"
#include "protocol/json.h"

namespace inferno::cli {

namespace {

namespace pb = protocol;

class ExploreVerb final : public Verb {
 public:
  std::string name() const override { return "explore"; }
  std::string about() const override { return "Show what could come after a prompt: branches, or a tree"; }
  std::vector<std::string_view> sections() const override { return {"engine", "sampling", "models"}; }

  std::string help_footer() const override {
    return "Examples:\n"
           "  inferno explore model.gguf -p \"Once upon a time\"\n"
           "  inferno explore model.gguf -p \"Once upon a time\" --branches 16 --tokens 40\n"
           "  inferno explore model.gguf -p \"The answer is\" --first 3,17 --sampled --temp 1.2 --seed 4\n"
           "  inferno explore model.gguf -p \"Once upon a time\" --tree --depth 4 --min-prob 0.02\n"
           "  inferno explore model.gguf -p \"Once\" --tree --json | jq .body.nodes\n"
           "\n"
           "Branches begin with the most probable tokens, each another one, and go on with the most\n"
           "probable, or as the sampler chain draws (--sampled). They are decoded together, which is much\n"
           "faster than one after the other. \"per token\" is the geometric mean of a branch's raw\n"
           "probabilities. The tree shows the most probable paths, whatever their length: raw probability\n"
           "of the path, and of the token given the path before it. With --json the output is one line:\n"
           "Explored or Tree (in its Envelope) of protocol/inferno.fbs.";
  }

  void add_options(CLI::App& app) override {
    app.add_option("model", model_, "A GGUF file, or its name in one of the model folders")
        ->required()
        ->type_name("MODEL");
    prompt_.add_to(app);
    const std::string branches = "Branches", tree = "Tree";
    app.add_option("--branches", explore_.n_branches, "How many, at most 64")
        ->capture_default_str()
        ->type_name("N")
        ->group(branches);
    app.add_option("-n,--tokens", explore_.n_tokens, "Tokens of each, at most 256")
        ->capture_default_str()
        ->type_name("N")
        ->group(branches);
    app.add_option("--first", first_, "Their first tokens, as ids, instead of the most probable")
        ->type_name("1,2,3")
        ->group(branches);
    app.add_flag("--sampled", explore_.sampled, "Draw with the sampler chain; the seed is 1 unless --seed is given")
        ->group(branches);
    app.add_option("--candidates", explore_.n_candidates, "Candidates told per step with --json")
        ->capture_default_str()
        ->type_name("K")
        ->group(branches);
    app.add_flag("--tree", tree_, "The most probable paths instead")->group(tree);
    app.add_option("--depth", expand_.max_depth, "Tokens of a path, at most 64")
        ->capture_default_str()
        ->type_name("N")
        ->group(tree);
    app.add_option("--min-prob", expand_.min_prob, "Leave out paths less probable than this")
        ->default_str("0.01")
        ->type_name("P")
        ->group(tree);
    app.add_option("--children", expand_.max_children, "Children of a node, at most 64")
        ->capture_default_str()
        ->type_name("N")
        ->group(tree);
    app.add_option("--nodes", expand_.max_nodes, "Nodes in all, at most 2000")
        ->capture_default_str()
        ->type_name("N")
        ->group(tree);
    app.add_flag("--json", json_, "As JSON");
    app.add_option("--color,--colour", colour_, "auto, always or never")
        ->transform(unsaid(CLI::CheckedTransformer(kColourChoices)))
        ->type_name("WHEN");
  }

  int run(const Program& program) override {
    auto prompt = prompt_.prompt();
    if (!prompt) return fail_with_usage(prompt.error());
    if (auto good = complete(program.settings); !good) return fail_with_usage(good.error());
    auto path = find_model(model_, program.settings.models, program.paths);
    if (!path) return fail(path.error());
    auto session = EngineSession::start(program);
    if (!session) return fail(session.error());
    if (auto info = (*session)->load(*path, program.settings.engine); !info) return fail(info.error());
    auto tokens = (*session)->tokenize(std::move(*prompt));
    if (!tokens) return fail(tokens.error());
    for (const auto& warning : tokens->warnings) fmt::print(stderr, "inferno: {}\n", warning->message);
    std::vector<std::int32_t> ids;
    for (const auto& token : tokens->tokens) ids.push_back(token->id);
    return tree_ ? show_tree(**session, std::move(ids)) : show_branches(**session, std::move(ids));
  }

 private:
  static inline const std::map<std::string, ColourChoice> kColourChoices{
      {"auto", ColourChoice::kAuto}, {"always", ColourChoice::kAlways}, {"never", ColourChoice::kNever}};

  Result<void> complete(const Settings& settings) {
    if (!first_.empty()) {
      auto ids = parse_ids(first_);
      if (!ids) return ids.error();
      explore_.tokens = std::move(*ids);
    }
    auto sampler = sampler_chain(settings.sampling);
    if (!sampler) return sampler.error();
    explore_.sampler = std::move(*sampler);
    explore_.seed = static_cast<std::uint32_t>(settings.sampling.seed.value_or(1));
    return {};
  }

  int show_branches(EngineSession& session, std::vector<std::int32_t> prompt) {
    explore_.n_prompt = static_cast<std::uint32_t>(prompt.size());
    explore_.prompt = std::move(prompt);
    auto explored = session.explore(std::move(explore_));
    if (!explored) return fail(explored.error());
    const pb::Bytes message = pb::make_envelope(0, 0, 0, std::move(*explored));
    if (json_) return print_json(message);
    const auto& body = *pb::envelope_of(message).body_as_Explored();
    print_branches(body, Terminal::of(stdout, colour_), stdout);
    std::size_t n_tokens = 0;
    for (const auto* branch : *body.branches()) n_tokens += branch->steps()->size();
    tell(fmt::format("{} tokens in {} branches: prompt {:.0f} ms, branches {:.0f} ms", n_tokens,
                     body.branches()->size(), body.prefix_ms(), body.decode_ms()));
    return kOk;
  }

  int show_tree(EngineSession& session, std::vector<std::int32_t> prompt) {
    expand_.prompt = std::move(prompt);
    auto tree = session.expand(std::move(expand_));
    if (!tree) return fail(tree.error());
    const pb::Bytes message = pb::make_envelope(0, 0, 0, std::move(*tree));
    if (json_) return print_json(message);
    const auto& body = *pb::envelope_of(message).body_as_Tree();
    print_tree(body, Terminal::of(stdout, colour_), stdout);
    tell(fmt::format("{} paths{}; {} positions computed in {:.0f} ms",
                     body.nodes() == nullptr ? 0 : body.nodes()->size(),
                     body.complete() ? "" : ", not all there are: --nodes allows more", body.n_decoded(), body.ms()));
    return kOk;
  }

  static int print_json(const pb::Bytes& message) {
    fmt::print("{}\n", pb::to_json(message));
    return kOk;
  }

  void tell(const std::string& words) const {
    std::fflush(stdout);
    fmt::print(stderr, "{}\n", Terminal::of(stderr, colour_).dim(words));
  }

  static int fail_with_usage(const Error& error) {
    fail(error);
    return kUsage;
  }

  std::string model_;
  PromptOptions prompt_;
  pb::ExploreT explore_;
  pb::ExpandTreeT expand_;
  std::string first_;
  bool tree_ = false;
  bool json_ = false;
  ColourChoice colour_ = ColourChoice::kAuto;
};

}  // namespace

std::unique_ptr<Verb> make_explore_verb() { return std::make_unique<ExploreVerb>(); }

}  // namespace inferno::cli
