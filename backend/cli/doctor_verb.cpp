#include <chrono>
#include <cstdio>
#include <filesystem>
#include <thread>
#include <vector>

#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include "cli/confinement_report.h"
#include "cli/engine_session.h"
#include "cli/json_object.h"
#include "cli/machine.h"
#include "cli/model_report.h"
#include "cli/paths.h"
#include "cli/terminal.h"
#include "cli/verb.h"

#ifdef __clang__
#define INFERNO_COMPILER __VERSION__
#else
#define INFERNO_COMPILER "GCC " __VERSION__
#endif

namespace inferno::cli {

namespace fs = std::filesystem;

namespace {

enum class Grade : std::uint8_t {
  kGood,
  kMissing,  // something does not work without it; `advice` says what to do
  kBroken,   // nothing works without it
};

struct Finding {
  std::string topic;
  std::string value;
  Grade grade = Grade::kGood;
  std::string advice;
};

const char* name_of(Grade grade) {
  switch (grade) {
    case Grade::kGood:
      return "good";
    case Grade::kMissing:
      return "missing";
    case Grade::kBroken:
      return "broken";
  }
  return "";
}

Finding finding(std::string topic, std::string value) { return {std::move(topic), std::move(value), Grade::kGood, {}}; }

Finding either(bool good, std::string topic, std::string if_good, std::string if_not, std::string advice) {
  if (good) return finding(std::move(topic), std::move(if_good));
  return {std::move(topic), std::move(if_not), Grade::kMissing, std::move(advice)};
}

std::size_t count_models(const std::vector<std::string>& folders) {
  std::size_t n = 0;
  for (const std::string& folder : folders) {
    std::error_code ec;
    for (const auto& entry : fs::directory_iterator(folder, ec)) n += entry.path().extension() == ".gguf";
  }
  return n;
}

// The engine has tried to break out: what is told here is what came of that.
void look_at_confinement(const Program& program, bool has_gpu, std::vector<Finding>& findings) {
  const auto report = check_confinement(program.paths.engine.string());
  const bool tried = report && report->tried;
  const std::string advice =
      has_gpu ? "A GPU's driver needs files and devices of its own, so an engine that can use one is not narrowed."
              : "Engines run all the same; take model files from sources that you trust.";
  const auto open = [&](std::vector<std::string> ConfinementReport::*part) {
    return tried ? fmt::format("not narrowed, could {}", fmt::join((*report).*part, ", ")) : "could not be tried";
  };
  findings.push_back(either(tried && report->open_files.empty(), "engine's files", "its model alone, for reading",
                            open(&ConfinementReport::open_files), advice));
  findings.push_back(either(tried && report->open_calls.empty(), "engine's calls",
                            "no programs, processes, sockets (unless --rpc), no writing to files",
                            open(&ConfinementReport::open_calls), advice));
}

void look_at_engine(const Program& program, std::vector<Finding>& findings) {
  const auto begun = std::chrono::steady_clock::now();
  auto session = EngineSession::start(program);
  const auto took = std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - begun);
  if (!session) {
    findings.push_back({"engine", session.error().message, Grade::kBroken, session.error().hint});
    return;
  }
  const pb::EngineHelloT& hello = (*session)->hello();
  findings.push_back(
      finding("engine", fmt::format("{}, answers after {:.0f} ms", program.paths.engine.string(), took.count())));
  findings.push_back(finding("llama.cpp", hello.engine_build));
  findings.push_back(finding("backends", fmt::format("{}", fmt::join(hello.backends, ", "))));
  const bool has_rpc = std::find(hello.backends.begin(), hello.backends.end(), "RPC") != hello.backends.end();
  findings.push_back(either(has_rpc, "other machines", "can share a model (--rpc)", "not in this build",
                            "Build llama.cpp with GGML_RPC=ON to spread a model over machines."));
  bool has_gpu = false;
  for (const auto& device : hello.devices) {
    has_gpu |= device->type == "gpu" || device->type == "igpu";
    findings.push_back(
        finding("device", fmt::format("{} ({}): {}, {} of {} free", device->name, device->type, device->description,
                                      byte_size(device->memory_free), byte_size(device->memory_total))));
  }
  findings.push_back(finding("GPU", has_gpu ? "yes" : "none that this build can use; models run on the processor"));
  findings.push_back(finding("processor features", fmt::format("{}", fmt::join(hello.features, ", "))));
  look_at_confinement(program, has_gpu, findings);
  findings.push_back(either(hello.jinja, "chat templates", "rendered by the Jinja engine",
                            "llama.cpp's built-in ones only",
                            "Link llama.cpp's `common` library for models' own templates."));
}

void look_at_installation(const Program& program, std::vector<Finding>& findings) {
  std::error_code ec;
  const bool has_studio = fs::is_regular_file(program.paths.ui / "index.html", ec);
  findings.push_back(either(has_studio, "studio", program.paths.ui.string(),
                            fmt::format("no page in {}", program.paths.ui.string()),
                            "Build it with `make build`, or name its folder with --ui."));
  findings.push_back(program.paths.demo.empty()
                         ? finding("demo model", "switched off")
                         : either(has_demo(program.paths), "demo model", program.paths.demo.string(),
                                  fmt::format("there is no {}", program.paths.demo.string()),
                                  "Name one with --demo-model, or a model of your own."));
  findings.push_back(finding("configuration", program.config_file ? fs::absolute(*program.config_file, ec).string()
                                                                  : "none found; defaults are in effect"));
  const auto folders = model_folders(program.settings.models);
  findings.push_back(either(!folders.empty(), "model folders",
                            fmt::format("{} ({} models)", fmt::join(folders, ", "), count_models(folders)), "none",
                            "Make ~/models or name a folder with --model-dir; a path to a file works as well."));
}

void look_at_machine(std::vector<Finding>& findings) {
  findings.push_back(finding("processors", fmt::format("{}", std::thread::hardware_concurrency())));
  if (const auto memory = available_memory_bytes())
    findings.push_back(finding("memory", byte_size(*memory) + " available"));
  const auto opener = browser_opener();
  findings.push_back(finding("browser", opener && has_display() ? "opened by " + *opener
                                        : opener                ? "no display here: the address is printed instead"
                                                                : "no xdg-open: the address is printed instead"));
  const auto chromium = find_program("chromium");
  findings.push_back(finding("Chromium", chromium ? *chromium : "not installed; only the browser tests need it"));
  const auto landlock = landlock_version();
  findings.push_back(either(landlock.has_value(), "Landlock", landlock ? fmt::format("version {}", *landlock) : "",
                            "not offered by this kernel", "An engine's access to files cannot be narrowed here."));
  findings.push_back(either(has_seccomp(), "seccomp", "offered by this kernel", "not offered by this kernel",
                            "An engine's system calls cannot be narrowed here."));
}

class DoctorVerb final : public Verb {
 public:
  std::string name() const override { return "doctor"; }
  std::string about() const override { return "Tell what this machine and build can do, and what is missing"; }
  std::vector<std::string_view> sections() const override { return {"models", "server"}; }

  std::string help_footer() const override {
    return "Examples:\n"
           "  inferno doctor\n"
           "  inferno doctor --json\n"
           "\n"
           "What is missing comes with what to do about it. The exit status is 1 only if nothing can\n"
           "run, as without an engine.";
  }

  void add_options(CLI::App& app) override { app.add_flag("--json", json_, "As JSON"); }

  int run(const Program& program) override {
    std::vector<Finding> findings{finding("inferno", INFERNO_VERSION ", compiled by " INFERNO_COMPILER)};
    look_at_engine(program, findings);
    look_at_machine(findings);
    look_at_installation(program, findings);
    const bool broken =
        std::any_of(findings.begin(), findings.end(), [](const Finding& one) { return one.grade == Grade::kBroken; });
    if (json_) {
      print_json(findings, !broken);
    } else {
      print(findings);
    }
    return broken ? kFailed : kOk;
  }

 private:
  static void print(const std::vector<Finding>& findings) {
    const Terminal terminal = Terminal::of(stdout, ColourChoice::kAuto);
    for (const Finding& one : findings) {
      const char* mark = one.grade == Grade::kGood ? "✓" : one.grade == Grade::kMissing ? "–" : "✗";
      fmt::print("{} {:<20} {}\n", mark, one.topic, one.value);
      if (!one.advice.empty()) fmt::print("  {:<20} {}\n", "", terminal.bold(one.advice));
    }
  }

  static void print_json(const std::vector<Finding>& findings, bool ok) {
    std::string list;
    for (const Finding& one : findings) {
      list += list.empty() ? "" : ",";
      list += JsonObject()
                  .add("topic", one.topic)
                  .add("value", one.value)
                  .add("grade", name_of(one.grade))
                  .add("advice", one.advice)
                  .text();
    }
    fmt::print("{}\n", JsonObject().add("ok", ok).add_raw("findings", "[" + list + "]").text());
  }

  bool json_ = false;
};

}  // namespace

std::unique_ptr<Verb> make_doctor_verb() { return std::make_unique<DoctorVerb>(); }

}  // namespace inferno::cli
