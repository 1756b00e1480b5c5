import { useMemo } from "react";
import { formatProbability } from "../../base/format";
import { decodeWithEscapes } from "../../base/utf8";
import type { Condition } from "../../protocol/debug-types";
import type { StepDetail } from "../../protocol/types";
import { useStudio } from "../../state/hooks";

/** Breakpoints and watches that a token suggests. */
export interface TokenMarks {
  readonly stopAtToken: () => void;
  readonly stopAtPosition: () => void;
  /** Undefined: its probability is not known. */
  readonly stopAtSurprise: { readonly title: string; readonly add: () => void } | undefined;
  readonly watchToken: () => void;
}

/** Thresholds that are offered: the first one above the token's own probability. */
const kThresholds = [0.001, 0.01, 0.05, 0.1, 0.2, 0.5];

export function useTokenMarks(detail: StepDetail): TokenMarks {
  const { debugSettings } = useStudio();
  return useMemo(() => {
    const { token, position, rawLogprob } = detail;
    const labels = { [token.id]: decodeWithEscapes(token.bytes) };
    const stop = (condition: Condition) =>
      debugSettings.keepBreakpoint({
        id: 0,
        conditions: [condition],
        disabled: false,
        ignore: 0,
        once: false,
        labels: condition.kind === "tokenIs" ? labels : {},
      });
    const threshold =
      rawLogprob === undefined ? undefined : kThresholds.find((one) => one > Math.exp(rawLogprob));
    return {
      stopAtToken: () => stop({ kind: "tokenIs", ids: [token.id] }),
      stopAtPosition: () => stop({ kind: "positionIs", n: position }),
      stopAtSurprise:
        threshold === undefined
          ? undefined
          : {
              title: `Stop at surprises like this (raw probability below ${formatProbability(threshold)})`,
              add: () => stop({ kind: "rawProbBelow", threshold }),
            },
      watchToken: () => debugSettings.keepWatch({ id: 0, ids: [token.id], labels }),
    };
  }, [debugSettings, detail]);
}
