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

template <typename Each>
Result<void> for_each_message(Store& store, std::uint32_t run, Each each) {
  std::uint32_t after = 0;
  while (true) {
    const auto messages = store.read(run, after);
    if (!messages) return messages.error();
    if (messages->empty()) return {};
    for (const Bytes& message : *messages) {
      if (auto done = each(message); !done) return done;
    }
    after += static_cast<std::uint32_t>(messages->size());
  }
}

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

}  // namespace

Result<void> export_json_lines(Store& store, std::uint32_t run, const TextSink& sink) {
  std::string line;
  return for_each_message(store, run, [&](const Bytes& message) {
    line.clear();
    protocol::append_json(message, line);
    line += '\n';
    return sink(line);
  });
}

Result<void> export_csv(Store& store, std::uint32_t run, bool header, const TextSink& sink) {
  if (header) {
    if (auto done = sink(kHeader); !done) return done;
  }
  return for_each_message(store, run, [&](const Bytes& message) {
    const auto& envelope = protocol::envelope_of(message);
    const auto* steps = steps_of(envelope);
    const bool is_prompt = envelope.body_type() == protocol::Body::PromptTokens;
    std::string lines;
    if (steps != nullptr) {
      for (const auto* step : *steps) lines += row_of(run, is_prompt, *step);
    }
    return lines.empty() ? Result<void>() : sink(lines);
  });
}

}  // namespace inferno::store
