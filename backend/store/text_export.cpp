#include "store/text_export.h"

#include <fmt/format.h>

#include <charconv>
#include <cmath>
#include <string>

#include "protocol/json.h"

namespace inferno::store {

namespace {

constexpr std::string_view kHeader =
    "run,position,part,token,text,bytes,logit,raw_logprob,final_prob,rank,entropy,log_sum_exp,tail_mass,n_final,draw,"
    "forced,end_of_text,decode_us,sample_us,capture_us\r\n";

// One line of a table, field by field.
class Row {
 public:
  void text(std::string_view value) {
    separate();
    if (value.find_first_of(",\"\r\n") == std::string_view::npos) {
      line_ += value;
      return;
    }
    line_ += '"';
    for (const char c : value) line_ += c == '"' ? std::string("\"\"") : std::string(1, c);
    line_ += '"';
  }
  // The shortest form that reads back to the same number.
  template <typename T>
  void number(T value) {
    separate();
    if constexpr (std::is_floating_point_v<T>) {
      if (!std::isfinite(value)) return;
    }
    char digits[40];
    line_.append(digits, std::to_chars(digits, digits + sizeof(digits), value).ptr);
  }
  template <typename T>
  void number(flatbuffers::Optional<T> value) {
    value ? number(*value) : separate();
  }
  void flag(bool value) { text(value ? "true" : "false"); }
  std::string end() { return std::move(line_) + "\r\n"; }

 private:
  void separate() {
    if (any_) line_ += ',';
    any_ = true;
  }
  std::string line_;
  bool any_ = false;
};

std::string row_of(std::uint32_t run, bool is_prompt, const protocol::Step& step) {
  Row row;
  row.number(run);
  row.number(step.position());
  row.text(is_prompt ? "prompt" : "generated");
  const auto* token = step.token();
  row.number(token == nullptr ? -1 : token->id());
  row.text(token == nullptr || token->text() == nullptr ? "" : token->text()->string_view());
  std::string hex;
  if (token != nullptr && token->bytes() != nullptr) {
    for (const std::uint8_t byte : *token->bytes()) hex += fmt::format("{:02x}", byte);
  }
  row.text(hex);
  for (const auto& value : {step.logit(), step.raw_logprob(), step.final_prob()}) row.number(value);
  row.number(step.rank());
  for (const auto& value : {step.entropy(), step.log_sum_exp(), step.tail_mass()}) row.number(value);
  row.number(step.n_final());
  row.number(step.draw());
  row.flag(step.forced());
  row.flag(step.end_of_text());
  for (const float us : {step.decode_us(), step.sample_us(), step.capture_us()}) row.number(us);
  return row.end();
}

class JsonLines final : public TextExport {
 public:
  JsonLines(Store& store, SessionInfo session) : TextExport(store, std::move(session)) {}

 private:
  Result<std::string> piece(const RunInfo&, std::span<const Bytes> messages) override {
    std::string lines;
    for (const Bytes& message : messages) {
      protocol::append_json(message, lines);
      lines += '\n';
    }
    return lines;
  }
};

class Csv final : public TextExport {
 public:
  Csv(Store& store, SessionInfo session) : TextExport(store, std::move(session)) {}

 private:
  Result<std::string> head() override { return std::string(kHeader); }
  Result<std::string> piece(const RunInfo& run, std::span<const Bytes> messages) override {
    std::string lines;
    for (const Bytes& message : messages) {
      const auto& envelope = protocol::envelope_of(message);
      const auto* steps = steps_of(envelope);
      const bool is_prompt = envelope.body_type() == protocol::Body::PromptTokens;
      if (steps == nullptr) continue;
      for (const auto* step : *steps) lines += row_of(run.id, is_prompt, *step);
    }
    return lines;
  }
};

}  // namespace

Result<std::string> TextExport::next() {
  while (at_ != At::kEnd) {
    auto text = next_or_empty();
    if (!text) at_ = At::kEnd;
    if (!text || !text->empty()) return text;
  }
  return std::string();
}

Result<std::string> TextExport::next_or_empty() {
  switch (at_) {
    case At::kHead:
      at_ = At::kRuns;
      return head();
    case At::kRuns:
      return read_run();
    default:
      at_ = At::kEnd;
      return tail();
  }
}

Result<std::string> TextExport::read_run() {
  if (run_ == session_.runs.size()) {
    at_ = At::kTail;
    return std::string();
  }
  const RunInfo& run = session_.runs[run_];
  const auto messages = store_.read(run.id, after_);
  if (!messages) return messages.error();
  if (messages->empty()) {
    ++run_;
    after_ = 0;
    return std::string();
  }
  after_ += static_cast<std::uint32_t>(messages->size());
  return piece(run, *messages);
}

std::unique_ptr<TextExport> export_json_lines(Store& store, SessionInfo session) {
  return std::make_unique<JsonLines>(store, std::move(session));
}

std::unique_ptr<TextExport> export_csv(Store& store, SessionInfo session) {
  return std::make_unique<Csv>(store, std::move(session));
}

}  // namespace inferno::store
