import { useCallback, useState } from "react";
import type { Position } from "../base/brand";
import type { AppError, LoadedModel, RunSummary, SamplerStage, StartRun } from "../protocol/types";
import { useIsReady, useRunSummary, useStudio, useStudioState } from "./hooks";
import { openRun } from "./route";
import type { RunRecord } from "./run-record";
import { errorOf } from "./studio";

/** How a run goes on from a position; what is undefined is as it was there. */
export interface ForkChoice {
  readonly position: Position;
  readonly tokens?: readonly number[] | undefined;
  readonly text?: string | undefined;
  readonly sampler?: readonly SamplerStage[] | undefined;
  readonly seed?: number | undefined;
  readonly startPaused?: boolean | undefined;
  /** Decodes all tokens of the run again, to compare. */
  readonly replay?: boolean | undefined;
}

export interface Forking {
  /** Why there can be no branch now, in words; undefined: there can. */
  readonly obstacle: string | undefined;
  /** Starts a branch and goes to it. */
  readonly start: (choice: ForkChoice) => void;
  readonly error: AppError | undefined;
}

/** Goes on from any position of a run, in a run of its own on the same model. */
export function useFork(record: RunRecord): Forking {
  const studio = useStudio();
  const obstacleOrModel = useModelOf(record);
  const [error, setError] = useState<AppError>();
  const model = typeof obstacleOrModel === "string" ? undefined : obstacleOrModel;
  const runs = useStudioState((state) => state.runs);
  const start = useCallback(
    ({ position, tokens, text, replay, sampler, seed, startPaused }: ForkChoice) => {
      if (model === undefined) return;
      setError(undefined);
      const fork = { run: record.run, position, tokens, text, replay };
      const request: StartRun = {
        model: model.model,
        sampler,
        seed,
        startPaused: startPaused ?? false,
        fork,
        stopActive: isActiveStopped(model, runs, record),
      };
      studio.startRun(request).then(openRun, (reason: unknown) => setError(errorOf(reason)));
    },
    [studio, record, model, runs],
  );
  return { obstacle: typeof obstacleOrModel === "string" ? obstacleOrModel : undefined, start, error };
}

/** A run that stands still would keep the branch waiting for as long as it stands. */
function isActiveStopped(
  { activeRun }: LoadedModel,
  runs: readonly RunSummary[] | undefined,
  { run, phase }: RunRecord,
): boolean {
  if (activeRun === undefined) return false;
  if (activeRun === run) return phase?.kind === "paused";
  return runs?.find((one) => one.run === activeRun)?.paused === true;
}

/** The loaded model of a run, or why there is none. */
function useModelOf({ run, started }: RunRecord): LoadedModel | string {
  const isReady = useIsReady();
  const summary = useRunSummary(run);
  const loaded = useStudioState((state) => state.loaded);
  if (!isReady) return "Waiting for the server.";
  if (started === undefined) return "The run has not started yet.";
  // Handles of models are of one start of the server: an old one may be another model's now.
  const isOld = summary?.isFromEarlierStart === true;
  const isReadyModel = (model: LoadedModel) => model.state === "ready";
  const own = isOld ? undefined : loaded.find(({ model }) => model === started.model);
  const found =
    own !== undefined && isReadyModel(own)
      ? own
      : loaded.find((model) => isReadyModel(model) && model.name === started.modelName);
  return found ?? `Load ${started.modelName} first: a branch goes on with the run’s own model.`;
}
