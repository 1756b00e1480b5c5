import { useLayoutEffect, useRef } from "react";
import { formatProbability } from "../../base/format";
import { decodeWithEscapes } from "../../base/utf8";
import type { Candidate, StepDetail } from "../../protocol/types";
import { useStepDetail } from "../../state/hooks";
import type { RunRecord } from "../../state/run-record";
import { TokenChip } from "../../widgets/token-chip";
import styles from "./hover-card.module.css";
import type { HoverTarget } from "./use-hover-card";

const kShown = 6;
const kGap = 5;
const kMargin = 8;

interface HoverCardProps {
  readonly record: RunRecord;
  readonly target: HoverTarget;
  readonly onPointerEnter: () => void;
  readonly onPointerLeave: () => void;
}

/** The most likely candidates of one step, beside its token. */
export function HoverCard({ record, target, onPointerEnter, onPointerLeave }: HoverCardProps) {
  const position = record.positionAt(target.index);
  const detail = useStepDetail(record.run, position);
  const ref = useRef<HTMLDivElement>(null);
  const isHere = detail?.position === position;

  // biome-ignore lint/correctness/useExhaustiveDependencies: what it shows decides its size
  useLayoutEffect(() => {
    const card = ref.current;
    if (card === null) return;
    // In the browser's top layer, where no panel's edge cuts it off; not every test's browser has one.
    if (!card.matches(":popover-open")) card.showPopover?.();
    place(card, target.box);
  }, [target, isHere]);

  return (
    <div
      ref={ref}
      popover="manual"
      role="tooltip"
      className={styles["card"]}
      onPointerEnter={onPointerEnter}
      onPointerLeave={onPointerLeave}
    >
      {isHere ? <Top detail={detail} /> : <p className={styles["note"]}>Fetching the candidates …</p>}
    </div>
  );
}

function place(card: HTMLElement, box: DOMRect): void {
  const size = card.getBoundingClientRect();
  const left = Math.min(box.left, window.innerWidth - size.width - kMargin);
  const fitsBelow = box.bottom + kGap + size.height < window.innerHeight - kMargin;
  card.style.left = `${Math.max(kMargin, left)}px`;
  card.style.top = `${fitsBelow ? box.bottom + kGap : Math.max(kMargin, box.top - kGap - size.height)}px`;
}

function Top({ detail }: { readonly detail: StepDetail }) {
  const top = detail.candidates.slice(0, Math.min(kShown, detail.nTop));
  const chosen = detail.candidates.find(({ token }) => token.id === detail.token.id);
  const isListed = chosen === undefined || top.includes(chosen);
  if (top.length === 0) {
    return (
      <p className={styles["note"]}>
        {detail.rawLogprob === undefined
          ? "The model gave nothing for this token: nothing comes before it."
          : "No candidates were recorded for this step."}
      </p>
    );
  }
  return (
    <table className={styles["table"]}>
      <thead>
        <tr>
          <th scope="col">token</th>
          <th scope="col" aria-label="bar" />
          <th scope="col">raw</th>
          <th scope="col" aria-label="to" />
          <th scope="col">final</th>
        </tr>
      </thead>
      <tbody>
        {top.map((candidate) => (
          <Row key={candidate.token.id} candidate={candidate} isChosen={candidate === chosen} />
        ))}
        {!isListed && <Row candidate={chosen} isChosen rank={detail.rank} />}
      </tbody>
    </table>
  );
}

interface RowProps {
  readonly candidate: Candidate;
  readonly isChosen: boolean;
  /** Told where the candidate does not stand in its place. */
  readonly rank?: number | undefined;
}

function Row({ candidate, isChosen, rank }: RowProps) {
  const raw = candidate.rawLogprob === undefined ? undefined : Math.exp(candidate.rawLogprob);
  const isRemoved = candidate.removedBy !== undefined;
  const mark = isChosen ? "chosen" : isRemoved ? "removed" : undefined;
  return (
    <tr className={isChosen ? styles["chosen"] : undefined}>
      <td>
        <span aria-hidden="true" className={styles["sign"]}>
          {isChosen ? "▸" : ""}
        </span>
        <TokenChip text={decodeWithEscapes(candidate.token.bytes)} mark={mark} />
        {rank !== undefined && <small> rank {rank}</small>}
      </td>
      <td>
        <span className={styles["track"]} aria-hidden="true">
          <span className={styles["raw"]} style={{ width: `${100 * (raw ?? 0)}%` }} />
          <span className={styles["final"]} style={{ width: `${100 * (candidate.finalProb ?? 0)}%` }} />
        </span>
      </td>
      <td>{formatProbability(raw)}</td>
      <td aria-hidden="true">→</td>
      <td>{isRemoved ? "removed" : formatProbability(candidate.finalProb)}</td>
    </tr>
  );
}
