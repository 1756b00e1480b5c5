#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "cli/verb.h"
#include "inferno_generated.h"

namespace CLI {
class App;
}

namespace inferno::cli {

// The options of verbs that generate: which model, when to end, what to record.
class RunOptions {
 public:
  void add_to(CLI::App& app);

  protocol::LimitsT limits() const;
  protocol::CaptureT capture() const;
  // The file that was named, or the default one, or the demo model, saying so on standard
  // error. `example` ends the hint where there is none. Error: kFileNotFound.
  Result<std::string> model_path(const Program& program, const std::string& example) const;

 private:
  std::string model_;
  std::optional<std::uint32_t> n_predict_;
  std::vector<std::string> stop_;
  bool ignore_eos_ = false;
  std::optional<double> time_limit_s_;
  std::optional<std::uint32_t> candidates_;
  bool prompt_logprobs_ = true;
};

}  // namespace inferno::cli
