import { type KeyboardEvent, useRef, useState } from "react";
import { tintLevel } from "../../../base/colour";
import { formatProbability, spokenProbability } from "../../../base/format";
import { decodeWithEscapes } from "../../../base/utf8";
import { quoted, withVisibleSpaces } from "../../../base/visible-text";
import type { Explored, ExploredBranch } from "../../../protocol/debug-types";
import type { StepDetail } from "../../../protocol/types";
import { Button } from "../../../widgets/button";
import styles from "./explore.module.css";

interface ContinuationTableProps {
  readonly explored: Explored;
  /** Why none of them can become a branch now; undefined: they can. */
  readonly obstacle: string | undefined;
  readonly onBranch: (tokens: readonly number[]) => void;
}

interface Place {
  readonly row: number;
  readonly column: number;
}

/**
 * Continuations as rows, their tokens as tinted cells; a token makes a branch of
 * all up to itself. One tab stop: the arrow keys go from token to token.
 */
export function ContinuationTable({ explored, obstacle, onBranch }: ContinuationTableProps) {
  const { branches } = explored;
  const ref = useRef<HTMLDivElement>(null);
  const [active, setActive] = useState<Place>({ row: 0, column: 0 });
  const onKeyDown = (event: KeyboardEvent) => {
    const to = moved(event.key, active, branches);
    if (to === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    event.stopPropagation();
    setActive(to);
    ref.current?.querySelector<HTMLElement>(`[data-place="${to.row}/${to.column}"]`)?.focus();
  };
  return (
    <div ref={ref} className={styles["continuations"]}>
      <table className={styles["continuationTable"]} aria-label="Continuations">
        <thead>
          <tr>
            <th scope="col">first p</th>
            <th scope="col">Σ log p</th>
            <th scope="col">continuation: a token makes a branch up to itself</th>
            <th scope="col">whole</th>
          </tr>
        </thead>
        <tbody>
          {branches.map((branch, row) => (
            <Row
              key={branch.steps[0]?.token.id ?? row}
              branch={branch}
              row={row}
              active={active}
              obstacle={obstacle}
              onFocus={setActive}
              onKeyDown={onKeyDown}
              onBranch={onBranch}
            />
          ))}
        </tbody>
      </table>
    </div>
  );
}

function moved(key: string, { row, column }: Place, branches: readonly ExploredBranch[]): Place | undefined {
  const lengthOf = (at: number) => branches[at]?.steps.length ?? 0;
  const to = (nextRow: number, nextColumn: number): Place => {
    const inRow = Math.max(0, Math.min(branches.length - 1, nextRow));
    return { row: inRow, column: Math.max(0, Math.min(lengthOf(inRow) - 1, nextColumn)) };
  };
  switch (key) {
    case "ArrowLeft":
      return to(row, column - 1);
    case "ArrowRight":
      return to(row, column + 1);
    case "ArrowUp":
      return to(row - 1, column);
    case "ArrowDown":
      return to(row + 1, column);
    case "Home":
      return to(row, 0);
    case "End":
      return to(row, lengthOf(row));
    default:
      return undefined;
  }
}

interface RowProps {
  readonly branch: ExploredBranch;
  readonly row: number;
  readonly active: Place;
  readonly obstacle: string | undefined;
  readonly onFocus: (place: Place) => void;
  readonly onKeyDown: (event: KeyboardEvent) => void;
  readonly onBranch: (tokens: readonly number[]) => void;
}

function Row({ branch, row, active, obstacle, onFocus, onKeyDown, onBranch }: RowProps) {
  const { steps, sumLogprob, endOfText } = branch;
  const idsTo = (end: number) => steps.slice(0, end).map(({ token }) => token.id);
  const first = steps[0];
  return (
    <tr>
      <td className={styles["number"]}>{first === undefined ? "" : formatProbability(probability(first))}</td>
      <td className={styles["number"]}>{sumLogprob.toFixed(2).replace("-", "−")}</td>
      <td className={styles["text"]}>
        {steps.map((step, column) => (
          <button
            // biome-ignore lint/suspicious/noArrayIndexKey: a continuation never changes; its tokens may repeat
            key={column}
            type="button"
            data-place={`${row}/${column}`}
            tabIndex={active.row === row && active.column === column ? 0 : -1}
            className={styles["token"]}
            style={tintOf(step)}
            aria-disabled={obstacle !== undefined}
            aria-label={spoken(step)}
            title={`${formatProbability(probability(step))}, rank ${step.rank ?? "not known"}`}
            onFocus={() => onFocus({ row, column })}
            onKeyDown={onKeyDown}
            onClick={() => obstacle === undefined && onBranch(idsTo(column + 1))}
          >
            {shown(step)}
          </button>
        ))}
        {endOfText && <small className={styles["ends"]}>■ ends</small>}
      </td>
      <td>
        <Button
          look="quiet"
          isDisabled={obstacle !== undefined}
          aria-label={`Make it a branch: continuation ${row + 1}`}
          onPress={() => onBranch(idsTo(steps.length))}
        >
          Make it a branch
        </Button>
      </td>
    </tr>
  );
}

function probability({ rawLogprob }: StepDetail): number | undefined {
  return rawLogprob === undefined ? undefined : Math.exp(rawLogprob);
}

function shown({ token }: StepDetail): string {
  const text = decodeWithEscapes(token.bytes);
  if (token.kind === "control" || !token.isText || text === "") return withVisibleSpaces(text) || "∅";
  return text.replaceAll("\n", "↵");
}

function spoken(step: StepDetail): string {
  const p = probability(step);
  return `${quoted(decodeWithEscapes(step.token.bytes))}${p === undefined ? "" : `, ${spokenProbability(p)}`}`;
}

/** As in the stream: the unlikely is the salient end. */
function tintOf(step: StepDetail) {
  const p = probability(step);
  return p === undefined ? undefined : { backgroundColor: `var(--tint-${tintLevel(1 - Math.sqrt(p))})` };
}
