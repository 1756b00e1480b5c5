import type { Breakpoint } from "../../../protocol/debug-types";
import { breakpointWords } from "../../../protocol/debug-words";
import type { KeptBreakpoint } from "../../../state/debug-settings";
import { useIsReady, useStudio } from "../../../state/hooks";
import type { RunRecord } from "../../../state/run-record";
import { Button } from "../../../widgets/button";
import styles from "./breakpoint-panel.module.css";

interface ForeignBreakpointsProps {
  readonly record: RunRecord;
  readonly own: readonly KeptBreakpoint[];
}

/** Where the run in sight is stopped by other breakpoints than the person's, because another client set them. */
export function ForeignBreakpoints({ record, own }: ForeignBreakpointsProps) {
  const studio = useStudio();
  const isReady = useIsReady();
  const theirs = record.debugging.breakpoints;
  if (!record.isLive || !isReady || isSame(theirs, own)) return null;
  return (
    <div className={styles["foreign"]}>
      <p>This run has other breakpoints{theirs.length === 0 ? ": none." : ":"}</p>
      {theirs.length > 0 && (
        <ul>
          {theirs.map((one) => (
            <li key={one.id}>{breakpointWords(one, { sampler: record.started?.sampler })}</li>
          ))}
        </ul>
      )}
      <Button onPress={() => void studio.sendSettings("breakpoints", record.run)}>Give it mine</Button>
      {theirs.length > 0 && (
        <Button
          onPress={() =>
            studio.debugSettings.setBreakpoints(theirs.map((one) => ({ ...one, labels: labelsIn(own) })))
          }
        >
          Take them over
        </Button>
      )}
    </div>
  );
}

/** A breakpoint that stops once is switched off by the engine: that is no other breakpoint. */
function isSame(theirs: readonly Breakpoint[], own: readonly KeptBreakpoint[]): boolean {
  const key = ({ id, conditions, once, disabled }: Breakpoint) =>
    JSON.stringify([id, conditions.map(conditionKey), once, once || disabled]);
  const [a, b] = [theirs.map(key).sort(), own.map(key).sort()];
  return a.length === b.length && a.every((one, index) => one === b[index]);
}

/** Thresholds travel as 32-bit floats. */
function conditionKey({ kind, ids, text, threshold, n, stage }: Breakpoint["conditions"][number]): unknown[] {
  return [kind, ids ?? [], text ?? "", threshold === undefined ? null : Math.fround(threshold), n, stage];
}

function labelsIn(own: readonly KeptBreakpoint[]): KeptBreakpoint["labels"] {
  return Object.assign({}, ...own.map(({ labels }) => labels));
}
