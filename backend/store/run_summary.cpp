#include "store/run_summary.h"

#include "protocol/json.h"
#include "protocol/message.h"

namespace inferno::store {

protocol::RunSummaryT run_summary(const RunInfo& run, const SessionInfo& session) {
  protocol::RunSummaryT out;
  out.run = run.id;
  out.model_name = run.model.name;
  out.last_seq = run.last_seq;
  out.n_generated = run.n_generated;
  out.finished = run.state != RunState::kRunning;
  out.prompt = run.prompt;
  out.n_prompt = run.n_prompt;
  const auto end = protocol::envelope_from_json(run.finished);
  if (end) {
    if (const auto* finished = protocol::envelope_of(*end).body_as_Finished()) out.reason = finished->reason();
  }
  out.asked_s = run.created_ms / 1000;
  out.recorded = true;
  out.interrupted = run.state == RunState::kInterrupted;
  out.not_recorded = run.not_recorded;
  out.title = session.title;
  out.note = session.note;
  out.tags = session.tags;
  if (run.parent) out.parent = *run.parent;
  if (run.fork_position) out.fork_position = *run.fork_position;
  out.replay = run.replay;
  return out;
}

}  // namespace inferno::store
