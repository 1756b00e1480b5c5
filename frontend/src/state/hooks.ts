import { createContext, useCallback, useContext, useEffect, useState, useSyncExternalStore } from "react";
import { useStore } from "zustand";
import type { Position, RunId } from "../base/brand";
import type { LoadedModel, RunSummary, StepDetail } from "../protocol/types";
import type { RunRecord } from "./run-record";
import type { Studio, StudioState } from "./studio";

export const StudioContext = createContext<Studio | undefined>(undefined);

export function useStudio(): Studio {
  const studio = useContext(StudioContext);
  if (studio === undefined) throw new Error("used outside of StudioContext");
  return studio;
}

export function useStudioState<T>(select: (state: StudioState) => T): T {
  return useStore(useStudio().store, select);
}

export function useIsReady(): boolean {
  return useStudioState((state) => state.connection.kind === "ready");
}

/** False for a recording in a file: what needs a model is not offered there at all. */
export function useHasServer(): boolean {
  return useStudioState((state) => state.connection.kind !== "recording");
}

export function useSelectedModel(): LoadedModel | undefined {
  return useStudioState((state) => state.loaded.find((model) => model.model === state.selectedModel));
}

/** What is known of a run, listed or found; undefined: nothing. */
export function useRunSummary(run: RunId | undefined): RunSummary | undefined {
  return useStudioState(
    ({ runs, foundRuns }) =>
      runs?.find((one) => one.run === run) ?? (run === undefined ? undefined : foundRuns.get(run)),
  );
}

/** The record of a run, which is followed as long as it is looked at. */
export function useRunRecord(run: RunId | undefined): RunRecord | undefined {
  const studio = useStudio();
  return run === undefined ? undefined : studio.record(run);
}

const kNoUndo = () => undefined;

/** Like useRunValue, where there may be no run. */
export function useRunValueIf<T extends string | number | boolean | object | undefined>(
  record: RunRecord | undefined,
  select: (record: RunRecord) => T,
): T | undefined {
  return useSyncExternalStore(
    useCallback((listener) => record?.subscribe(listener) ?? kNoUndo, [record]),
    () => (record === undefined ? undefined : select(record)),
  );
}

/** Draws the component again only when what `select` makes of the run changes. */
export function useRunValue<T extends string | number | boolean | object | undefined>(
  record: RunRecord,
  select: (record: RunRecord) => T,
): T {
  return useSyncExternalStore(
    useCallback((listener) => record.subscribe(listener), [record]),
    () => select(record),
  );
}

/**
 * Everything about one step. While the next one is fetched the last one stays,
 * so that moving along the text does not flicker. Undefined: not there (yet).
 */
export function useStepDetail(run: RunId, position: Position | undefined): StepDetail | undefined {
  const studio = useStudio();
  const record = studio.record(run);
  const pending = useRunValue(record, (one) => one.pending);
  const [detail, setDetail] = useState<{ run: RunId; detail: StepDetail } | undefined>();
  // By a link, a position is asked for before its step is there: then once more.
  const isThere = useRunValue(
    record,
    ({ tokens }) => position !== undefined && tokens.indexOf(position) !== undefined,
  );
  // biome-ignore lint/correctness/useExhaustiveDependencies: a step that has come is asked for anew
  useEffect(() => {
    if (position === undefined) return kNoUndo;
    let isCurrent = true;
    void studio.connection.stepDetail(run, position).then((answer) => {
      if (isCurrent && answer !== undefined) setDetail({ run, detail: answer });
    });
    return () => {
      isCurrent = false;
    };
  }, [studio, run, position, isThere]);
  if (pending !== undefined && pending.position === position) return pending;
  return detail?.run === run ? detail.detail : undefined;
}
