#include "session/branches.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "session/run_copy.h"

namespace inferno::session {

namespace {

std::optional<Error> vocabulary_problem(std::uint32_t parent, std::uint32_t n_parent, std::uint32_t n_model) {
  if (n_parent == 0 || n_model == 0 || n_parent == n_model) return std::nullopt;
  return Error{ErrorCode::kInvalidArgument,
               fmt::format("Run {} is of a model with {} tokens, this one has {}: they mean different texts.", parent,
                           n_parent, n_model),
               "Branch with the model of the run."};
}

std::string model_warning(std::uint32_t parent, const Result<protocol::RunSummaryT>& told, const std::string& model) {
  const std::string parent_model = told ? told->model_name : std::string();
  if (parent_model.empty() || parent_model == model) return {};
  return fmt::format("Run {} is of another model file, {}: this branch goes on with {}.", parent, parent_model, model);
}

// The sampler of the run as its engine told it.
std::optional<protocol::SamplerChangedT> own_sampler(const SharedBytes& started, std::uint32_t position) {
  const auto* body = started == nullptr ? nullptr : protocol::envelope_of(*started).body_as_RunStarted();
  if (body == nullptr) return std::nullopt;
  protocol::RunStartedT said;
  body->UnPackTo(&said);
  protocol::SamplerChangedT own;
  own.sampler = std::move(said.sampler);
  own.seed = said.seed;
  own.position = position;
  return own;
}

}  // namespace

void Branches::prepare(Run& run, std::uint32_t n_vocab, const std::string& model_name) {
  const auto& fork = *protocol::envelope_of(run.start_message()).body_as_StartRun()->fork();
  Waiting& waiting = waiting_[run.id()];
  waiting.parent = fork.run();
  waiting.position = fork.position();
  read_past(readers_, runs_, fork.run(), fork.position(),
            [this, id = run.id(), n_vocab, model_name](Result<RunPast> past) {
              on_past(id, n_vocab, model_name, std::move(past));
            });
}

void Branches::on_past(std::uint32_t run, std::uint32_t n_vocab, const std::string& model_name, Result<RunPast> past) {
  const auto found = runs_.find(run);
  const auto waiting = waiting_.find(run);
  if (!found || (*found)->finished() || waiting == waiting_.end()) return;
  if (!past) return events_.on_failed(run, past.error());
  const std::uint32_t parent = past->run;
  if (const auto problem = vocabulary_problem(parent, past->started.n_vocab, n_vocab))
    return events_.on_failed(run, *problem);
  waiting->second.warning = model_warning(parent, runs_.summary(parent), model_name);
  protocol::StartRunT asked;
  protocol::envelope_of((*found)->start_message()).body_as_StartRun()->UnPackTo(&asked);
  BranchRequest request = branch_request(std::move(asked), std::move(*past));
  waiting->second.n_copied = request.start.fork->n_copied;
  waiting->second.first_sampler = std::move(request.first_sampler);
  waiting->second.has_own_sampler = request.has_own_sampler;
  runs_.complete(**found, protocol::make_envelope(0, run, 0, std::move(request.start)));
  events_.on_ready(run);
}

std::optional<Bytes> Branches::completed(const protocol::Envelope& started) const {
  const auto waiting = waiting_.find(started.run());
  if (waiting == waiting_.end() || waiting->second.warning.empty() || started.body_as_RunStarted() == nullptr)
    return std::nullopt;
  protocol::RunStartedT body;
  started.body_as_RunStarted()->UnPackTo(&body);
  auto& warning = *body.warnings.emplace_back(std::make_unique<protocol::WarningT>());
  warning.code = "other_model";
  warning.message = waiting->second.warning;
  return protocol::make_envelope(0, started.run(), started.seq(), std::move(body));
}

void Branches::started(std::uint32_t run) {
  const auto found = waiting_.find(run);
  if (found == waiting_.end()) return;
  Waiting& waiting = found->second;
  RunCopy::Plan plan{waiting.parent, run, waiting.position, waiting.n_copied, std::move(waiting.first_sampler), {}};
  if (waiting.has_own_sampler) {
    const auto begun = runs_.message(run, 1);
    if (begun) plan.last_sampler = own_sampler(*begun, waiting.position);
  }
  waiting.is_copying = true;
  readers_.start(std::make_unique<RunCopy>(runs_, std::move(plan),
                                           [this, run](const Result<void>& copied) { on_copied(run, copied); }));
}

bool Branches::hold(std::uint32_t run, std::span<const std::uint8_t> message) {
  const auto found = waiting_.find(run);
  if (found == waiting_.end() || !found->second.is_copying) return false;
  found->second.held.emplace_back(message.begin(), message.end());
  return true;
}

void Branches::on_copied(std::uint32_t run, const Result<void>& copied) {
  const auto found = waiting_.find(run);
  if (found == waiting_.end()) return;
  std::deque<Bytes> held = std::move(found->second.held);
  waiting_.erase(found);
  if (!copied) events_.on_failed(run, copied.error());
  events_.on_copied(run, std::move(held));
}

bool Branches::need(std::uint32_t run) const {
  return std::any_of(waiting_.begin(), waiting_.end(), [run](const auto& entry) { return entry.second.parent == run; });
}

}  // namespace inferno::session
