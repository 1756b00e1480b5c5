import { useEffect, useMemo, useState } from "react";
import type { RunId } from "../../../base/brand";
import type { StepDetail, Token } from "../../../protocol/types";
import { useStudio } from "../../../state/hooks";
import type { BranchRow } from "./family";

/** The token at which a branch leaves its run, beside the one that stood there. */
export interface Difference {
  readonly token: Token;
  /** Log-probability of the branch's token minus that of the other; undefined: not recorded. */
  readonly logprob: number | undefined;
  /** Undefined: the other run has no token there. */
  readonly instead: Token | undefined;
}

/** More runs than this are named without numbers. */
const kMost = 40;

/** What makes each branch differ, as it becomes known. */
export function useDifferences(rows: readonly BranchRow[]): ReadonlyMap<RunId, Difference> {
  const { peeks } = useStudio();
  const [known, setKnown] = useState<ReadonlyMap<RunId, Difference>>(new Map());
  const wanted = useMemo(
    () => rows.filter(({ parentRow }) => parentRow !== undefined).slice(0, kMost),
    [rows],
  );
  // Rows are made anew with every list of runs; what they ask for is mostly the same.
  const key = wanted.map(({ run }) => `${run.run}:${run.nGenerated > 0}`).join(" ");
  // biome-ignore lint/correctness/useExhaustiveDependencies: the key stands for the rows
  useEffect(() => {
    let isCurrent = true;
    for (const { run } of wanted) {
      const { parent, forkPosition } = run;
      if (parent === undefined || forkPosition === undefined) continue;
      void Promise.all([peeks.step(run.run, forkPosition), peeks.step(parent, forkPosition)]).then(
        ([own, other]) => {
          if (!isCurrent || own === undefined) return;
          setKnown((old) => new Map(old).set(run.run, differenceOf(own, other)));
        },
      );
    }
    return () => {
      isCurrent = false;
    };
  }, [peeks, key]);
  return known;
}

/** Both runs have the same distribution there: what comes before is shared. */
function differenceOf(own: StepDetail, other: StepDetail | undefined): Difference {
  const [p, q] = [own.rawLogprob, other?.rawLogprob];
  const logprob = p === undefined || q === undefined ? undefined : p - q;
  return { token: own.token, logprob, instead: other?.token };
}
