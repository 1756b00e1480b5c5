#include "cli/run_options.h"

#include <cstdio>

#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include "cli/option_helpers.h"
#include "cli/paths.h"

namespace inferno::cli {

void RunOptions::add_to(CLI::App& app) {
  app.add_option("model", model_, "A GGUF file, or its name in one of the model folders (default: the demo model)")
      ->type_name("MODEL");
  app.add_option("-n,--n-predict", n_predict_, "Tokens to generate at most")->type_name("N");
  app.add_option("--stop", stop_, "End when the text contains this; may be repeated")
      ->type_name("TEXT")
      ->take_all()
      ->allow_extra_args(false);
  app.add_flag("--ignore-eos", ignore_eos_, "Go on when the model ends the text");
  app.add_option("--time-limit", time_limit_s_, "End after this time")
      ->type_name("SECONDS")
      ->check(unsaid(CLI::PositiveNumber));
  app.add_option("--candidates", candidates_, "Candidates recorded per step (default: 64, at most 1024)")
      ->type_name("K");
  app.add_flag("!--no-prompt-logprobs", prompt_logprobs_, "Do not measure the prompt's tokens: faster on long prompts");
}

protocol::LimitsT RunOptions::limits() const {
  protocol::LimitsT limits;
  if (n_predict_) limits.n_predict = *n_predict_;
  limits.stop = stop_;
  limits.ignore_eos = ignore_eos_;
  if (time_limit_s_) limits.time_ms = static_cast<std::uint32_t>(*time_limit_s_ * 1000);
  return limits;
}

protocol::CaptureT RunOptions::capture() const {
  protocol::CaptureT capture;
  if (candidates_) capture.n_candidates = *candidates_;
  capture.prompt = prompt_logprobs_;
  return capture;
}

Result<std::string> RunOptions::model_path(const Program& program, const std::string& example) const {
  const std::string& name = model_.empty() ? program.settings.models.default_model : model_;
  if (!name.empty()) return find_model(name, program.settings.models, program.paths);
  if (!has_demo(program.paths)) {
    return Error{ErrorCode::kFileNotFound, "No model was named, and there is no demo model.",
                 "Name a GGUF file: " + example};
  }
  fmt::print(stderr, "inferno: no model was named; this is the demo model, {}.\n", program.paths.demo.string());
  return program.paths.demo.string();
}

}  // namespace inferno::cli
