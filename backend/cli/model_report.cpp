#include "cli/model_report.h"

#include <array>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "cli/utf8_holder.h"

namespace inferno::cli {

namespace {

constexpr std::size_t kShownValue = 100;

class Report {
 public:
  explicit Report(const Terminal& terminal) : terminal_(terminal) {}

  void heading(const std::string& text) { fmt::print("\n{}\n", terminal_.bold(text)); }
  void row(const std::string& name, const std::string& value) const {
    if (!value.empty()) fmt::print("  {:<22} {}\n", name, without_controls(value));
  }
  void line(const std::string& text) const { fmt::print("  {}\n", without_controls(text)); }
  const Terminal& terminal() const { return terminal_; }

 private:
  const Terminal& terminal_;
};

std::string token_text(const std::unique_ptr<protocol::TokenT>& token) {
  if (!token) return "";
  return fmt::format("{} (id {})", token->text.empty() ? "bytes" : token->text, token->id);
}

std::string one_line(const std::string& text) {
  std::string result;
  for (const char c : text) result += c == '\n' ? std::string("\\n") : std::string(1, c);
  // Values may be cut in the middle of a character, which the holder then leaves out.
  if (result.size() <= kShownValue) return result;
  return Utf8Holder().push(result.substr(0, kShownValue)) + " …";
}

std::string capability_list(const protocol::CapabilitiesT& c) {
  const std::array<std::pair<bool, const char*>, 10> all{{{c.generate, "generates text"},
                                                          {c.tokenize, "tokenizes"},
                                                          {c.chat_template, "chat template"},
                                                          {c.attention, "attention"},
                                                          {c.roll_back, "cache rolls back"},
                                                          {c.recurrent, "recurrent"},
                                                          {c.hybrid, "hybrid"},
                                                          {c.mixture_of_experts, "mixture of experts"},
                                                          {c.encoder, "encoder"},
                                                          {c.bos, "BOS token"}}};
  std::vector<const char*> held;
  for (const auto& [holds, words] : all) {
    if (holds) held.push_back(words);
  }
  return held.empty() ? "none" : fmt::format("{}", fmt::join(held, ", "));
}

void print_shape(const protocol::ModelInfoT& info, const Report& report) {
  report.row("architecture", info.architecture);
  report.row("description", info.description);
  report.row("quantisation", info.quantisation);
  report.row("parameters", short_count(info.n_params));
  report.row("file", fmt::format("{}, tensors {}", byte_size(info.file_bytes), byte_size(info.size_bytes)));
  report.row("layers", fmt::format("{} × {}", info.n_layers, info.n_embd));
  report.row("heads", fmt::format("{}, {} for keys and values", info.n_heads, info.n_kv_heads));
  if (info.n_experts > 0) report.row("experts", fmt::format("{}, {} used", info.n_experts, info.n_experts_used));
  report.row("context", fmt::format("{} tokens trained, {} with these options", info.n_ctx_train, info.n_ctx));
  if (info.capabilities) report.row("can do", capability_list(*info.capabilities));
}

void print_tokenizer(const protocol::TokenizerInfoT& tokenizer, const Report& report) {
  report.row("kind", tokenizer.pre.empty() ? tokenizer.model : tokenizer.model + ", " + tokenizer.pre);
  report.row("tokens", fmt::format("{}, {} of them control tokens", tokenizer.n_tokens, tokenizer.n_control));
  report.row("beginning of text", token_text(tokenizer.bos) + (tokenizer.bos && tokenizer.adds_bos ? ", added" : ""));
  report.row("end of text", token_text(tokenizer.eos) + (tokenizer.eos && tokenizer.adds_eos ? ", added" : ""));
  report.row("end of turn", token_text(tokenizer.eot));
  report.row("padding", token_text(tokenizer.pad));
  report.row("unknown", token_text(tokenizer.unk));
}

void print_memory(const protocol::MemoryEstimateT& memory, const Report& report) {
  report.row("weights", byte_size(memory.weights_bytes));
  report.row("cache", byte_size(memory.cache_bytes));
  report.row("computing", byte_size(memory.compute_bytes));
  report.row("together",
             fmt::format("{} of {} available", byte_size(memory.total_bytes), byte_size(memory.available_bytes)));
}

}  // namespace

std::string byte_size(std::uint64_t bytes) {
  static constexpr std::array kUnits{"KiB", "MiB", "GiB", "TiB"};
  if (bytes < 1024) return fmt::format("{} bytes", bytes);
  double value = static_cast<double>(bytes) / 1024;
  std::size_t unit = 0;
  while (value >= 1024 && unit + 1 < kUnits.size()) {
    value /= 1024;
    ++unit;
  }
  return fmt::format("{:.{}f} {}", value, value < 10 ? 2 : value < 100 ? 1 : 0, kUnits[unit]);
}

std::string short_count(std::uint64_t n) {
  if (n < 10'000) return fmt::format("{}", n);
  if (n < 1'000'000) return fmt::format("{:.3g} K", static_cast<double>(n) / 1e3);
  if (n < 1'000'000'000) return fmt::format("{:.3g} M", static_cast<double>(n) / 1e6);
  return fmt::format("{:.4g} B", static_cast<double>(n) / 1e9);
}

void print_model(const protocol::ModelInfoT& info, const Terminal& terminal) {
  Report report(terminal);
  fmt::print("{}\n  {}\n", terminal.bold(without_controls(info.name.empty() ? info.path : info.name)), info.path);
  report.heading("Model");
  print_shape(info, report);
  if (info.tokenizer) {
    report.heading("Tokenizer");
    print_tokenizer(*info.tokenizer, report);
  }
  if (info.memory) {
    report.heading("Memory needed");
    print_memory(*info.memory, report);
  }
  if (!info.devices.empty()) report.row("devices", fmt::format("{}", fmt::join(info.devices, ", ")));
  report.heading("Chat template");
  report.line(info.chat_template.empty() ? "none" : info.chat_template);
  report.heading("Warnings");
  if (info.warnings.empty()) report.line("none");
  for (const auto& warning : info.warnings) report.line(warning->message);
  if (!info.examples.empty()) report.heading("Prompts to try");
  for (const auto& example : info.examples) {
    const std::string& text = example->messages.empty() ? example->text : example->messages.back()->content;
    report.row(without_controls(one_line(example->title)), one_line(text));
  }
  report.heading("Metadata");
  for (const auto& entry : info.metadata) {
    const std::string n = entry->n ? fmt::format(" of {}", *entry->n) : "";
    fmt::print("  {} {} {}\n", without_controls(entry->key), terminal.dim(entry->type + n),
               without_controls(one_line(entry->value)));
  }
  if (info.tensors.empty()) return;
  report.heading("Tensors (slowest dimension first)");
  for (const auto& tensor : info.tensors) {
    fmt::print("  {:<36} {:<8} {:<18} {}\n", without_controls(tensor->name), tensor->type,
               fmt::format("{}", fmt::join(tensor->shape, "×")), byte_size(tensor->size_bytes));
  }
}

}  // namespace inferno::cli
