import { useCallback, useState } from "react";
import type { AppError, StepDetail } from "../../protocol/types";
import { useIsReady, useStudio, useStudioState } from "../../state/hooks";
import { openRun } from "../../state/route";
import type { RunRecord } from "../../state/run-record";
import { errorOf } from "../../state/studio";

export interface Branch {
  /** Starts a run that goes on from before the step with this token; undefined: it can't, now. */
  readonly start: ((id: number) => void) | undefined;
  readonly error: AppError | undefined;
}

/** A new run on the same model with the tokens before a step and another one in its place, by ids. */
export function useBranch(record: RunRecord, detail: StepDetail): Branch {
  const studio = useStudio();
  const isReady = useIsReady();
  const { started } = record;
  const isLoaded = useStudioState(({ loaded }) =>
    loaded.some(({ model, state }) => model === started?.model && state === "ready"),
  );
  const [error, setError] = useState<AppError>();
  const start = useCallback(
    (id: number) => {
      const index = record.tokens.indexOf(detail.position);
      if (started === undefined || index === undefined) return;
      setError(undefined);
      const { model, sampler, seed, limits, capture } = started;
      const prompt = { kind: "ids", ids: [...record.tokens.ids.subarray(0, index), id] } as const;
      studio
        .startRun({ model, prompt, sampler, seed, limits, capture, startPaused: false })
        .then(openRun, (reason: unknown) => setError(errorOf(reason)));
    },
    [studio, record, detail.position, started],
  );
  return { start: isReady && isLoaded ? start : undefined, error };
}
