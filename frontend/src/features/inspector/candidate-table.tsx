import { useState } from "react";
import { formatCount, formatNumber, formatProbability, kMissing } from "../../base/format";
import { quoted } from "../../base/visible-text";
import type { Candidate, SamplerStage, StepDetail } from "../../protocol/types";
import { Button } from "../../widgets/button";
import { Help } from "../../widgets/help";
import { Section } from "../../widgets/panel";
import { Segmented } from "../../widgets/segmented";
import { TokenChip } from "../../widgets/token-chip";
import styles from "./candidate-table.module.css";
import type { Instead } from "./use-instead";
import type { StepTrial, WouldBeShare } from "./use-step-trial";
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
  /** Other settings that are tried; undefined: none. */
  readonly trial: StepTrial | undefined;
  readonly instead: Instead;
}

/** The tokens that could have been chosen, as bars and as a table in one. */
export function CandidateTable({ detail, sampler, nVocab, trial, instead }: CandidateTableProps) {
  const [scale, setScale] = useState<Scale>("linear");
  const [showsAll, setShowsAll] = useState(false);
  const chosenId = detail.token.id;
  const rows = showsAll
    ? detail.candidates
    : detail.candidates.filter(({ token }, index) => index < kFirstRows || token.id === chosenId);
  const nHidden = detail.candidates.length - rows.length;
  const largest = scale === "log" ? 1 : largestProbability(detail, trial);
  const lengthOf = (p: number) => barLength(p, scale, largest);
  return (
    <div className={styles["block"]}>
      <Section
        title="Candidates"
        aside={
          <span className={styles["aside"]}>
            <Help term="candidates" />
            <Segmented
              label="Scale of the bars"
              value={scale}
              onChange={setScale}
              options={[
                { value: "linear", label: "linear" },
                { value: "log", label: "log" },
              ]}
            />
          </span>
        }
      >
        <table className={styles["table"]} data-tried={trial !== undefined}>
          <thead>
            <tr>
              <th scope="col">token</th>
              <th scope="col">
                <span className={styles["rawKey"]}>raw</span> →{" "}
                <span className={styles["finalKey"]}>final</span>
                {trial !== undefined && (
                  <>
                    {" "}
                    → <span className={styles["trialKey"]}>what if</span>
                  </>
                )}
              </th>
              {trial === undefined && <th scope="col">logit</th>}
              <th scope="col">raw p</th>
              <th scope="col">final p</th>
              {trial !== undefined && <th scope="col">what if</th>}
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
                isTried={trial !== undefined}
                share={trial?.shares.get(candidate.token.id)}
                wouldCome={comes(trial, candidate)}
                instead={instead}
              />
            ))}
            <RestRow detail={detail} nHidden={nHidden} nVocab={nVocab} lengthOf={lengthOf} trial={trial} />
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
  readonly isTried: boolean;
  readonly share: WouldBeShare | undefined;
  readonly wouldCome: boolean;
  readonly instead: Instead;
}

function CandidateRow({
  candidate,
  rank,
  isChosen,
  isSampled,
  sampler,
  lengthOf,
  isTried,
  share,
  wouldCome,
  instead,
}: CandidateRowProps) {
  const isRemoved = candidate.removedBy !== undefined || candidate.isBanned === true;
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
        {wouldCome && (
          <span className={styles["comes"]} title="would have come with the tried settings">
            <span aria-hidden="true">◂</span>
            <span className={styles["hidden"]}> (would have come)</span>
          </span>
        )}
        {!isChosen && <InsteadButton candidate={candidate} instead={instead} />}
      </th>
      <td className={styles["bars"]}>
        <span className={styles["pair"]}>
          {raw !== undefined && <span className={styles["raw"]} style={{ width: `${lengthOf(raw)}%` }} />}
          {candidate.finalProb !== undefined && (
            <span className={styles["final"]} style={{ width: `${lengthOf(candidate.finalProb)}%` }} />
          )}
          {isTried && <TrialBar share={share} lengthOf={lengthOf} />}
        </span>
      </td>
      {!isTried && (
        <td title={candidate.logit === undefined ? "not a finite number" : undefined}>
          {candidate.logit === undefined ? "not finite" : formatNumber(candidate.logit, 2)}
        </td>
      )}
      <td>{formatProbability(raw)}</td>
      <td className={isRemoved ? styles["by"] : undefined}>
        {removedWords(candidate, sampler) ?? finalWords(candidate, isSampled)}
      </td>
      {isTried && <td>{share === undefined ? kMissing : <Range share={share} />}</td>}
    </tr>
  );
}

function InsteadButton({ candidate, instead }: { readonly candidate: Candidate; readonly instead: Instead }) {
  const { kind, take } = instead;
  if (take === undefined) return null;
  const text = quoted(tokenText(candidate));
  return (
    <button
      type="button"
      className={styles["branch"]}
      aria-label={kind === "put" ? `Put ${text} here instead` : `Go on with ${text} instead, in a branch`}
      title={kind === "put" ? "Put this token here instead" : "Go on with this token instead, in a branch"}
      onClick={() => take(candidate.token.id)}
    >
      <span aria-hidden="true">{kind === "put" ? "⇥" : "↳"}</span>
    </button>
  );
}

interface TrialBarProps {
  readonly share: WouldBeShare | undefined;
  readonly lengthOf: (p: number) => number;
}

/** Solid as far as it is certain, hatched as far as it may be. */
function TrialBar({ share, lengthOf }: TrialBarProps) {
  if (share === undefined || Number.isNaN(share.low) || share.high === 0) return null;
  const certain = lengthOf(share.low);
  return (
    <span className={styles["trialPair"]}>
      <span className={styles["trial"]} style={{ width: `${certain}%` }} />
      <span className={styles["maybe"]} style={{ width: `${lengthOf(share.high) - certain}%` }} />
    </span>
  );
}

/** Where two numbers don't fit side by side, the second stands below the first. */
function Range({ share: { low, high } }: { readonly share: WouldBeShare }) {
  if (Number.isNaN(low)) return "cut";
  const [least, most] = [formatProbability(low), formatProbability(high)];
  if (least === most) return most;
  return (
    <span className={styles["range"]}>
      {least}–<wbr />
      <span>{most}</span>
    </span>
  );
}

function comes(trial: StepTrial | undefined, { token }: Candidate): boolean {
  const would = trial?.wouldBe.token;
  return would?.kind === "token" && would.id === token.id;
}

function removedWords(
  { removedBy, isBanned }: Candidate,
  sampler: readonly SamplerStage[],
): string | undefined {
  if (isBanned === true) return "banned by you";
  return removedBy === undefined ? undefined : `cut by ${stageAt(sampler, removedBy)}`;
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
  readonly trial: StepTrial | undefined;
}

/** Everything outside the recorded candidates, whose mass the model's figures give. */
function RestRow({ detail, nHidden, nVocab, lengthOf, trial }: RestRowProps) {
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
          {trial !== undefined && <TrialBar share={trial.wouldBe.tail} lengthOf={lengthOf} />}
        </span>
      </td>
      {trial === undefined && <td />}
      <td>{formatProbability(detail.tailMass)}</td>
      <td />
      {trial !== undefined && (
        <td>
          <Range share={trial.wouldBe.tail} />
        </td>
      )}
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

function largestProbability({ candidates, tailMass }: StepDetail, trial: StepTrial | undefined): number {
  const all = candidates.flatMap(({ rawLogprob, finalProb }) => [
    rawLogprob === undefined ? 0 : Math.exp(rawLogprob),
    finalProb ?? 0,
  ]);
  const tried = trial === undefined ? [] : [...trial.shares.values()].map(({ high }) => high);
  return Math.max(tailMass ?? 0, trial?.wouldBe.tail.high ?? 0, ...all, ...tried, Number.MIN_VALUE);
}

function barLength(p: number, scale: Scale, largest: number): number {
  if (p <= 0) return 0;
  if (scale === "linear") return Math.min(100, (p / largest) * 100);
  return Math.max(0, 1 - Math.log10(Math.min(1, p)) / kSmallestLog10) * 100;
}
