import { useState } from "react";
import type { AppError, StepDetail } from "../../protocol/types";
import { useIsReady, useRunValue, useStudio } from "../../state/hooks";
import type { RunRecord } from "../../state/run-record";
import { errorOf } from "../../state/studio";
import type { Forking } from "../../state/use-fork";

/** What another token in a step's place means: a branch, or, where the token still waits, just that. */
export interface Instead {
  readonly kind: "branch" | "put";
  /** Undefined: it can't be done now. */
  readonly take: ((id: number) => void) | undefined;
  readonly error: AppError | undefined;
}

export function useInstead(record: RunRecord, detail: StepDetail, fork: Forking): Instead {
  const studio = useStudio();
  const isReady = useIsReady();
  const [error, setError] = useState<AppError>();
  const isWaiting = useRunValue(record, ({ pending }) => pending?.position === detail.position);
  if (isWaiting) {
    const put = (id: number) => {
      setError(undefined);
      studio.forceToken(record.run, id).catch((reason: unknown) => setError(errorOf(reason)));
    };
    return { kind: "put", take: isReady ? put : undefined, error };
  }
  const branch = (id: number) => fork.start({ position: detail.position, tokens: [id] });
  // Nothing comes before the first token that another one could follow.
  const canBranch = fork.obstacle === undefined && detail.position > 0;
  return { kind: "branch", take: canBranch ? branch : undefined, error: fork.error };
}
