import { useState } from "react";
import { asPosition, type Position } from "../../base/brand";
import { formatCount, plural } from "../../base/format";
import { decodeWithEscapes } from "../../base/utf8";
import { useSelect } from "../../state/route";
import type { RunRecord } from "../../state/run-record";
import { useWhatIfMarks, type WouldBeRun } from "../../state/what-if";
import { Button } from "../../widgets/button";
import { TokenChip } from "../../widgets/token-chip";
import { useWhatIfCommands } from "./use-what-if-commands";
import styles from "./what-if.module.css";

/** Rows of the list before the person asks for more. */
const kFirstRows = 20;

interface WhatIfRunProps {
  readonly record: RunRecord;
  /** The step that is looked at. */
  readonly position: Position;
}

/** What the tried chain would have made of the whole run. */
export function WhatIfRun({ record, position }: WhatIfRunProps) {
  const marks = useWhatIfMarks(record.run);
  if (marks === undefined) return <p className={styles["hint"]}>Computing the whole run …</p>;
  return <Outcome record={record} position={position} outcome={marks.outcome} />;
}

function Outcome({ record, position, outcome }: WhatIfRunProps & { readonly outcome: WouldBeRun }) {
  const select = useSelect(record.run);
  const [first] = outcome.changed;
  useWhatIfCommands(outcome, outcome.changed.length, position, select);
  return (
    <div className={styles["run"]}>
      <p role="status">{runWords(outcome)}</p>
      {first !== undefined && (
        <>
          <p className={styles["hint"]}>
            Each step is computed with the text before it as it was. From position {first} on, the text itself
            would have gone another way.
          </p>
          <div className={styles["moves"]}>
            <Move outcome={outcome} from={position} direction={-1} onSelect={select} />
            <Move outcome={outcome} from={position} direction={1} onSelect={select} />
          </div>
          <Changes outcome={outcome} record={record} onSelect={select} />
        </>
      )}
      {outcome.reasons.length > 0 && <Reasons outcome={outcome} />}
    </div>
  );
}

function runWords(outcome: WouldBeRun): string {
  const { changed, nSteps, nUntold, isCaughtUp } = outcome;
  const progress = isCaughtUp ? "" : " so far";
  const untold = nUntold === 0 ? "" : ` ${formatCount(nUntold)} can’t be told.`;
  if (nSteps === 0)
    return isCaughtUp ? "No step of this run was chosen by a chain." : "Computing the whole run …";
  const all = plural(nSteps, "token");
  if (changed.length === 0) {
    const nTold = nSteps - nUntold;
    if (nTold === 0) return `Whether any of ${all}${progress} would have come out differently can’t be told.`;
    return nUntold === 0
      ? `Every one of ${all}${progress} would have come out the same.`
      : `${formatCount(nTold)} of ${all}${progress} would have come out the same.${untold}`;
  }
  return `${formatCount(changed.length)} of ${all}${progress} would have come out differently, first at position ${changed[0]}.${untold}`;
}

interface MoveProps {
  readonly outcome: WouldBeRun;
  readonly from: Position;
  readonly direction: 1 | -1;
  readonly onSelect: (position: Position) => void;
}

function Move({ outcome, from, direction, onSelect }: MoveProps) {
  const to = outcome.neighbour(from, direction);
  return (
    <Button
      look="quiet"
      isDisabled={to === undefined}
      onPress={() => {
        if (to !== undefined) onSelect(to);
      }}
    >
      {direction < 0 ? "Previous difference" : "Next difference"}
    </Button>
  );
}

interface ChangesProps {
  readonly outcome: WouldBeRun;
  readonly record: RunRecord;
  readonly onSelect: (position: Position) => void;
}

function Changes({ outcome, record, onSelect }: ChangesProps) {
  const [nShown, setNShown] = useState(kFirstRows);
  const { changed } = outcome;
  return (
    <details className={styles["changes"]}>
      <summary>Where</summary>
      <ol>
        {[...changed.subarray(0, nShown)].map((position) => (
          <li key={position}>
            <button type="button" onClick={() => onSelect(asPosition(position))}>
              <span className={styles["position"]}>{position}</span>
              <TokenChip text={textAt(record, position)} /> <span aria-hidden="true">→</span>{" "}
              <span className={styles["hidden"]}> would have been </span>
              <WouldBeChip outcome={outcome} position={position} />
            </button>
          </li>
        ))}
      </ol>
      {changed.length > nShown && (
        <Button look="quiet" onPress={() => setNShown(nShown + 200)}>
          Show more of {formatCount(changed.length)}
        </Button>
      )}
    </details>
  );
}

function WouldBeChip({ outcome, position }: { readonly outcome: WouldBeRun; readonly position: number }) {
  const token = outcome.token(position);
  return token === undefined ? (
    <>a token not recorded</>
  ) : (
    <TokenChip text={decodeWithEscapes(token.bytes)} />
  );
}

function textAt(record: RunRecord, position: number): string {
  const index = record.tokens.indexOf(asPosition(position));
  return index === undefined ? "" : record.tokens.appearance(index).text;
}

/** Why some steps are not exact, most frequent first. */
function Reasons({ outcome }: { readonly outcome: WouldBeRun }) {
  const reasons = [...outcome.reasons].sort((a, b) => b[1] - a[1]);
  return (
    <details className={styles["changes"]}>
      <summary>Where it is not exact, and why</summary>
      <ul>
        {reasons.map(([reason, count]) => (
          <li key={reason}>
            {plural(count, "token")}: {reason}
          </li>
        ))}
      </ul>
    </details>
  );
}
