import type { RunSummary } from "../../protocol/types";

export type RunState = "running" | "paused" | "finished" | "interrupted";

export function stateOf(run: RunSummary): RunState {
  if (run.isInterrupted === true) return "interrupted";
  if (run.finished) return "finished";
  return run.paused ? "paused" : "running";
}

/** What went wrong with the run or its recording, in words; undefined: nothing. */
export function troubleOf(run: RunSummary): string | undefined {
  if (run.isInterrupted === true) return "interrupted: the server ended before the run did";
  if (run.notRecorded === undefined) return undefined;
  return `not recorded${run.isRecorded === true ? " to its end" : ""}: ${run.notRecorded}`;
}

/** Why the run can't be given a title, note or tags; undefined: it can. */
export function obstacleToLabel(run: RunSummary): string | undefined {
  return run.isRecorded === true ? undefined : "It is not recorded: the server has it in memory only.";
}

/** Why the run can't be deleted; undefined: it can. */
export function obstacleToDelete(run: RunSummary): string | undefined {
  if (!run.finished) return "It is going on: stop it first.";
  return obstacleToLabel(run);
}
