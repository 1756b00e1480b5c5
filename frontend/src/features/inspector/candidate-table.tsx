import { useState } from "react";
import { formatCount, formatNumber, formatProbability, kMissing } from "../../base/format";
import type { Candidate, SamplerStage, StepDetail } from "../../protocol/types";
import { Button } from "../../widgets/button";
import { Section } from "../../widgets/panel";
import { Segmented } from "../../widgets/segmented";
import { TokenChip } from "../../widgets/token-chip";
import styles from "./candidate-table.module.css";
import { stageAt, tokenText } from "./verdict";

/** Rows shown before the person asks for all. */
const kFirstRows = 12;
/** The left end of the logarithmic scale. */
const kSmallestLog10 = -6;

type Scale = "linear" | "log";

interface CandidateTableProps {
  readonly detail: StepDetail;
  readonly sampler: readonly SamplerStage[];
  readonly nVocab: number | undefined;
}

/** The tokens that could have been chosen, as bars and as a table in one. */
export function CandidateTable({ detail, sampler, nVocab }: CandidateTableProps) {
  const [scale, setScale] = useState<Scale>("linear");
  const [showsAll, setShowsAll] = useState(false);
  const chosenId = detail.token.id;
  const rows = showsAll
    ? detail.candidates
    : detail.candidates.filter(({ token }, index) => index < kFirstRows || token.id === chosenId);
  const nHidden = detail.candidates.length - rows.length;
  const largest = scale === "log" ? 1 : largestProbability(detail);
  const lengthOf = (p: number) => barLength(p, scale, largest);
  return (
    <div className={styles["block"]}>
      <Section
        title="Candidates"
        aside={
          <Segmented
            label="Scale of the bars"
            value={scale}
            onChange={setScale}
            options={[
              { value: "linear", label: "linear" },
              { value: "log", label: "log" },
            ]}
          />
        }
      >
        <table className={styles["table"]}>
          <thead>
            <tr>
              <th scope="col">token</th>
              <th scope="col">
                <span className={styles["rawKey"]}>raw</span> →{" "}
                <span className={styles["finalKey"]}>final</span>
              </th>
              <th scope="col">logit</th>
              <th scope="col">raw p</th>
              <th scope="col">final p</th>
            </tr>
          </thead>
          <tbody>
            {rows.map((candidate) => (
              <CandidateRow
                key={candidate.token.id}
                candidate={candidate}
                rank={rankOf(detail, candidate)}
                isChosen={candidate.token.id === chosenId}
                isSampled={!detail.isPrompt}
                sampler={sampler}
                lengthOf={lengthOf}
              />
            ))}
            <RestRow detail={detail} nHidden={nHidden} nVocab={nVocab} lengthOf={lengthOf} />
          </tbody>
        </table>
        {nHidden > 0 && (
          <Button look="quiet" onPress={() => setShowsAll(true)}>
            Show {nHidden} more
          </Button>
        )}
      </Section>
    </div>
  );
}

interface CandidateRowProps {
  readonly candidate: Candidate;
  readonly rank: number | undefined;
  readonly isChosen: boolean;
  readonly isSampled: boolean;
  readonly sampler: readonly SamplerStage[];
  readonly lengthOf: (p: number) => number;
}

function CandidateRow({ candidate, rank, isChosen, isSampled, sampler, lengthOf }: CandidateRowProps) {
  const isRemoved = candidate.removedBy !== undefined;
  const raw = candidate.rawLogprob === undefined ? undefined : Math.exp(candidate.rawLogprob);
  return (
    <tr className={isChosen ? styles["chosen"] : isRemoved ? styles["removed"] : undefined}>
      <th scope="row" title={`token ${candidate.token.id}${rank === undefined ? "" : `, rank ${rank}`}`}>
        <span className={styles["sign"]} aria-hidden="true">
          {isChosen ? "▸" : ""}
        </span>
        <TokenChip
          text={tokenText(candidate)}
          mark={isChosen ? "chosen" : isRemoved ? "removed" : undefined}
        />
        {isChosen && <span className={styles["hidden"]}> (chosen)</span>}
      </th>
      <td className={styles["bars"]}>
        <span className={styles["pair"]}>
          {raw !== undefined && <span className={styles["raw"]} style={{ width: `${lengthOf(raw)}%` }} />}
          {candidate.finalProb !== undefined && (
            <span className={styles["final"]} style={{ width: `${lengthOf(candidate.finalProb)}%` }} />
          )}
        </span>
      </td>
      <td title={candidate.logit === undefined ? "not a finite number" : undefined}>
        {candidate.logit === undefined ? "not finite" : formatNumber(candidate.logit, 2)}
      </td>
      <td>{formatProbability(raw)}</td>
      <td className={isRemoved ? styles["by"] : undefined}>
        {isRemoved ? `cut by ${stageAt(sampler, candidate.removedBy)}` : finalWords(candidate, isSampled)}
      </td>
    </tr>
  );
}

function finalWords(candidate: Candidate, isSampled: boolean): string {
  if (candidate.finalProb !== undefined) return formatProbability(candidate.finalProb);
  return isSampled ? "not known" : kMissing;
}

interface RestRowProps {
  readonly detail: StepDetail;
  readonly nHidden: number;
  readonly nVocab: number | undefined;
  readonly lengthOf: (p: number) => number;
}

/** Everything outside the recorded candidates, whose mass the model's figures give. */
function RestRow({ detail, nHidden, nVocab, lengthOf }: RestRowProps) {
  const nRest = nVocab === undefined ? undefined : nVocab - detail.candidates.length;
  if (nRest === 0 && nHidden === 0) return null;
  return (
    <tr className={styles["rest"]}>
      <th scope="row">{restWords(nRest)}</th>
      <td className={styles["bars"]}>
        <span className={styles["pair"]}>
          {detail.tailMass !== undefined && (
            <span className={styles["raw"]} style={{ width: `${lengthOf(detail.tailMass)}%` }} />
          )}
        </span>
      </td>
      <td />
      <td>{formatProbability(detail.tailMass)}</td>
      <td />
    </tr>
  );
}

/** The rest of the vocabulary, in words that fit a column. */
function restWords(nRest: number | undefined): string {
  return nRest === undefined ? "all others" : `${formatCount(nRest)} others`;
}

function rankOf(detail: StepDetail, candidate: Candidate): number | undefined {
  const index = detail.candidates.indexOf(candidate);
  if (index < detail.nTop) return index + 1;
  return candidate.token.id === detail.token.id ? detail.rank : undefined;
}

function largestProbability({ candidates, tailMass }: StepDetail): number {
  const all = candidates.flatMap(({ rawLogprob, finalProb }) => [
    rawLogprob === undefined ? 0 : Math.exp(rawLogprob),
    finalProb ?? 0,
  ]);
  return Math.max(tailMass ?? 0, ...all, Number.MIN_VALUE);
}

function barLength(p: number, scale: Scale, largest: number): number {
  if (p <= 0) return 0;
  if (scale === "linear") return Math.min(100, (p / largest) * 100);
  return Math.max(0, 1 - Math.log10(Math.min(1, p)) / kSmallestLog10) * 100;
}
