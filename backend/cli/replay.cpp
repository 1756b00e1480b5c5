#include "cli/replay.h"

#include <sys/stat.h>

#include <algorithm>
#include <memory>
#include <system_error>
#include <utility>

#include <fmt/format.h>

#include "cli/engine_session.h"
#include "cli/progress_bar.h"
#include "session/branch_request.h"
#include "session/run_comparison.h"

namespace inferno::cli {

namespace {

using session::RunComparison;

// The file it was recorded with, or one of that name in the folders of models.
Result<std::string> model_of(const store::RunInfo& run, const std::string& wanted, const Program& program) {
  std::error_code ec;
  if (wanted.empty() && std::filesystem::is_regular_file(run.model.path, ec)) return run.model.path;
  auto found = find_model(wanted.empty() ? run.model.name : wanted, program.settings.models, program.paths);
  if (found || !wanted.empty()) return found;
  return Error{ErrorCode::kFileNotFound,
               fmt::format("The model that this was recorded with, {}, is not here.", run.model.name),
               "Name the file with --model."};
}

template <typename T>
void prefer(T& value, const T& other) {
  if (other) value = other;
}
void prefer(std::string& value, const std::string& other) {
  if (!other.empty()) value = other;
}

// As recorded, because batches and threads decide the last bits of a logit; what was set
// for this call comes first.
pb::EngineOptionsT options_for(const pb::RunStartedT& recorded, const pb::EngineOptionsT& set) {
  pb::EngineOptionsT out = recorded.options ? *recorded.options : pb::EngineOptionsT();
  prefer(out.n_ctx, set.n_ctx);
  prefer(out.n_batch, set.n_batch);
  prefer(out.n_ubatch, set.n_ubatch);
  prefer(out.n_threads, set.n_threads);
  prefer(out.n_threads_batch, set.n_threads_batch);
  prefer(out.n_gpu_layers, set.n_gpu_layers);
  if (set.flash_attention != pb::FlashAttention::Auto) out.flash_attention = set.flash_attention;
  prefer(out.cache_type_k, set.cache_type_k);
  prefer(out.cache_type_v, set.cache_type_v);
  prefer(out.use_mmap, set.use_mmap);
  prefer(out.use_mlock, set.use_mlock);
  prefer(out.check_tensors, set.check_tensors);
  // Where this one computes is its own matter.
  out.rpc_servers = set.rpc_servers;
  out.ignore_memory = set.ignore_memory;
  return out;
}

// By name and size, and in the recorded one's place by its date, too: a copy elsewhere has a date of its own.
bool is_recorded_file(const store::ModelRef& recorded, const std::string& path, std::uint64_t size_bytes) {
  const bool has_its_name = std::filesystem::path(recorded.path).filename() == std::filesystem::path(path).filename();
  if (recorded.size_bytes != size_bytes || !has_its_name) return false;
  struct stat status {};
  if (recorded.path != path || ::stat(path.c_str(), &status) != 0) return true;
  return recorded.identity.ends_with(fmt::format(":{}:{}", size_bytes, status.st_mtime));
}

Result<void> check_vocabulary(const pb::RunStartedT& recorded, const pb::ModelInfoT& model) {
  if (recorded.n_vocab == 0 || recorded.n_vocab == model.n_vocab) return {};
  return Error{
      ErrorCode::kInvalidArgument,
      fmt::format("The recording is of a model with {} tokens, this one has {}.", recorded.n_vocab, model.n_vocab),
      "Give --model the model that it was recorded with."};
}

pb::StartRunT request_for(session::RunPast past, std::optional<std::uint32_t> seed) {
  pb::StartRunT asked;
  asked.fork = std::make_unique<pb::ForkT>();
  asked.fork->run = past.run;
  asked.fork->position = past.position;
  asked.fork->replay = true;
  if (seed) asked.seed = *seed;
  return session::branch_request(std::move(asked), std::move(past)).start;
}

// Feeds the recording to the comparison as far as the replay has come.
Result<void> catch_up(RecordedRun& recorded, RunComparison& comparison) {
  while (comparison.wants(RunComparison::kFirst)) {
    auto message = recorded.next();
    if (!message) return message.error();
    if (*message == nullptr) {
      comparison.end(RunComparison::kFirst);
    } else {
      comparison.add(RunComparison::kFirst, std::move(*message));
    }
  }
  return {};
}

}  // namespace

Result<Replayed> replay(const Program& program, RecordedRun& recorded, const ReplayOptions& options) {
  auto past = recorded.past();
  if (!past) return past.error();
  Replayed out;
  auto model = model_of(recorded.info(), options.model, program);
  if (!model) return model.error();
  out.model = *model;
  auto engine = EngineSession::start(program);
  if (!engine) return engine.error();
  const auto info = (*engine)->load(*model, options_for(past->started, program.settings.engine));
  if (!info) return info.error();
  if (auto fits = check_vocabulary(past->started, *info); !fits) return fits.error();

  RunComparison comparison(options.tolerance);
  comparison.set_model_identity(RunComparison::kFirst, "recorded");
  comparison.set_model_identity(
      RunComparison::kSecond, is_recorded_file(recorded.info().model, *model, info->file_bytes) ? "recorded" : "other");
  const auto n_steps = static_cast<double>(std::max<std::size_t>(past->generated.size(), 1));
  std::optional<Error> problem;
  ProgressBar bar(true);
  const auto finished = (*engine)->run(request_for(std::move(*past), options.seed), [&](auto bytes) {
    comparison.add(RunComparison::kSecond, std::make_shared<const session::Bytes>(bytes.begin(), bytes.end()));
    const auto caught_up = catch_up(recorded, comparison);
    if (!caught_up && !problem) problem = caught_up.error();
    bar.update(comparison.n_compared() / n_steps, "decoding again");
  });
  bar.clear();
  if (!finished) return finished.error();
  if (problem) return *problem;
  if (finished->error) {
    return Error{static_cast<ErrorCode>(finished->error->code), finished->error->message, finished->error->hint};
  }
  out.interrupted = (*engine)->interrupted();
  comparison.end(RunComparison::kSecond);
  out.compared = comparison.result();
  return out;
}

}  // namespace inferno::cli
