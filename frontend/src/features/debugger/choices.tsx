import { formatProbability } from "../../base/format";
import { decodeWithEscapes } from "../../base/utf8";
import { quoted } from "../../base/visible-text";
import type { Candidate, StepDetail } from "../../protocol/types";
import { stageName } from "../../protocol/words";
import type { RunRecord } from "../../state/run-record";
import { TokenChip } from "../../widgets/token-chip";
import styles from "./stop-bar.module.css";

/** As many as there are keys for them. */
export const kMostChoices = 9;

interface ChoicesProps {
  readonly record: RunRecord;
  /** The step that waits. */
  readonly pending: StepDetail;
  readonly obstacle: string | undefined;
  readonly onChoose: (id: number) => void;
  /** The person wants to know more of the token that waits. */
  readonly onShow: () => void;
}

/** The likeliest tokens of a stopped run: the one that waits is marked, a click or its key puts another in its place. */
export function Choices({ record, pending, obstacle, onChoose, onShow }: ChoicesProps) {
  const waiting = pending.token.id;
  const first = pending.candidates.slice(0, kMostChoices);
  const isAmong = first.some(({ token }) => token.id === waiting);
  return (
    <fieldset className={styles["choices"]} aria-label="Tokens that could come next">
      {!isAmong && (
        <button type="button" className={styles["choice"]} aria-pressed="true" onClick={onShow}>
          <TokenChip text={decodeWithEscapes(pending.token.bytes)} mark="chosen" />
          <small>{formatProbability(probability(pending.rawLogprob))}</small>
        </button>
      )}
      {first.map((candidate, index) => (
        <Choice
          key={candidate.token.id}
          candidate={candidate}
          place={index + 1}
          isWaiting={candidate.token.id === waiting}
          cutBy={cutBy(record, pending, candidate)}
          isDisabled={obstacle !== undefined}
          onPress={() => (candidate.token.id === waiting ? onShow() : onChoose(candidate.token.id))}
        />
      ))}
    </fieldset>
  );
}

interface ChoiceProps {
  readonly candidate: Candidate;
  readonly place: number;
  readonly isWaiting: boolean;
  readonly cutBy: string | undefined;
  readonly isDisabled: boolean;
  readonly onPress: () => void;
}

function Choice({ candidate, place, isWaiting, cutBy, isDisabled, onPress }: ChoiceProps) {
  const text = decodeWithEscapes(candidate.token.bytes);
  const raw = formatProbability(probability(candidate.rawLogprob));
  const final = cutBy === undefined ? formatProbability(candidate.finalProb) : `cut by ${cutBy}`;
  return (
    <button
      type="button"
      className={styles["choice"]}
      aria-pressed={isWaiting}
      aria-keyshortcuts={String(place)}
      aria-label={`${isWaiting ? "Waiting" : "Put next"}: ${quoted(text)}, raw ${raw}, final ${final}`}
      title={`raw ${raw}, final ${final}`}
      disabled={isDisabled}
      onClick={onPress}
    >
      <kbd>{place}</kbd>
      <TokenChip text={text} mark={isWaiting ? "chosen" : cutBy === undefined ? undefined : "removed"} />
      <small>{raw}</small>
    </button>
  );
}

function cutBy(
  record: RunRecord,
  { position }: StepDetail,
  { removedBy, isBanned }: Candidate,
): string | undefined {
  if (isBanned === true) return "your ban";
  if (removedBy === undefined) return undefined;
  const stage = record.samplerAt(position)?.[removedBy];
  return stage === undefined ? `stage ${removedBy + 1}` : stageName(stage.kind);
}

function probability(logprob: number | undefined): number | undefined {
  return logprob === undefined ? undefined : Math.exp(logprob);
}
