import { type RefObject, useEffect, useState } from "react";
import type { Position } from "../../base/brand";
import {
  formatBits,
  formatHex,
  formatMicroseconds,
  formatNumber,
  formatProbability,
  kMissing,
  plural,
} from "../../base/format";
import type { GlossaryTerm } from "../../base/glossary";
import { decodeWithEscapes } from "../../base/utf8";
import type { SamplerStage, StepDetail } from "../../protocol/types";
import { useHasServer, useRunValue, useStepDetail } from "../../state/hooks";
import type { RunRecord } from "../../state/run-record";
import { useFork } from "../../state/use-fork";
import { useAskedChain } from "../../state/what-if";
import { Help } from "../../widgets/help";
import { Notice } from "../../widgets/notice";
import { TokenChip } from "../../widgets/token-chip";
import { CandidateTable } from "./candidate-table";
import { FromHere } from "./from-here";
import styles from "./inspector.module.css";
import { StageTable } from "./stage-table";
import { useInstead } from "./use-instead";
import { useStepTrial } from "./use-step-trial";
import { remarksOn, verdictOf } from "./verdict";
import { WatchRows } from "./watch-rows";
import { WhatIfPanel } from "./what-if-panel";

interface InspectorProps {
  readonly record: RunRecord;
  readonly selected: Position | undefined;
  readonly panelRef: RefObject<HTMLElement | null>;
}

/** Everything recorded about one token: the selected one, else the newest. */
export function Inspector({ record, selected, panelRef }: InspectorProps) {
  const newest = useNewestPosition(record);
  const waiting = useRunValue(record, ({ pending }) => pending?.position);
  const position = selected ?? waiting ?? newest;
  const detail = useStepDetail(record.run, position);
  const isLive = useRunValue(record, (run) => run.isLive);
  return (
    <section ref={panelRef} className={styles["inspector"]} aria-label="Inspector" tabIndex={-1}>
      {detail === undefined ? (
        <p className={styles["empty"]}>
          {position === undefined ? emptyWords(isLive) : missingWords(record, position)}
        </p>
      ) : (
        <StepView record={record} detail={detail} isNewest={selected === undefined} />
      )}
    </section>
  );
}

function emptyWords(isLive: boolean): string {
  return isLive
    ? "The tokens of this run will be explained here, one at a time."
    : "This run has no tokens to explain.";
}

function missingWords(record: RunRecord, position: Position): string {
  return record.indexOf(position) === undefined
    ? `Position ${position} has not come yet.`
    : `Fetching what was recorded at position ${position} …`;
}

interface StepViewProps {
  readonly record: RunRecord;
  readonly detail: StepDetail;
  readonly isNewest: boolean;
}

const kNoChain: readonly SamplerStage[] = [];

function StepView({ record, detail, isNewest }: StepViewProps) {
  const sampler = record.samplerAt(detail.position) ?? kNoChain;
  const nVocab = record.started?.nVocab;
  const verdict = verdictOf(detail, sampler);
  const remarks = remarksOn(detail);
  const chain = useAskedChain(record.run);
  const trial = useStepTrial(record, detail, chain);
  const isWaiting = useRunValue(record, ({ pending }) => pending?.position === detail.position);
  const fork = useFork(record);
  const instead = useInstead(record, detail, fork);
  const hasServer = useHasServer();
  return (
    <>
      <div className={styles["head"]}>
        <p className={styles["token"]}>
          <TokenChip text={decodeWithEscapes(detail.token.bytes)} />
          <span className={styles["kind"]}>{kindWords(detail, isNewest, isWaiting)}</span>
        </p>
        <Facts detail={detail} nVocab={nVocab} />
      </div>
      {detail.nNonFinite > 0 && (
        <div className={styles["part"]}>
          <Notice
            tone="bad"
            title={`The model gave ${plural(detail.nNonFinite, "logit")} here that ${detail.nNonFinite === 1 ? "is" : "are"} not a finite number.`}
            hint="They count as impossible. The weights may be damaged, or the computation overflowed."
          />
        </div>
      )}
      <div className={styles["verdict"]}>
        <p>
          <b>{verdict.decider}</b> {unbroken(verdict.sentence)}
        </p>
        {remarks.map((remark) => (
          <p key={remark} className={styles["remark"]}>
            {unbroken(remark)}
          </p>
        ))}
      </div>
      {hasServer && <FromHere record={record} detail={detail} fork={fork} />}
      <WatchRows detail={detail} watches={record.debugging.watchesAt(detail.position)} />
      {detail.stages.length > 0 && <StageTable detail={detail} sampler={sampler} />}
      {sampler.length > 0 && (
        <WhatIfPanel record={record} detail={detail} own={sampler} chain={chain} trial={trial} fork={fork} />
      )}
      {instead.error !== undefined && (
        <div className={styles["part"]}>
          <Notice tone="bad" title={instead.error.message} hint={instead.error.hint} />
        </div>
      )}
      {detail.candidates.length > 0 ? (
        <CandidateTable detail={detail} sampler={sampler} nVocab={nVocab} trial={trial} instead={instead} />
      ) : (
        <p className={styles["empty"]}>No candidates were recorded for this token.</p>
      )}
    </>
  );
}

/** A percent sign alone at the beginning of a line reads badly. */
function unbroken(sentence: string): string {
  return sentence.replaceAll(" %", "\u00a0%");
}

function kindWords(detail: StepDetail, isNewest: boolean, isWaiting: boolean): string {
  const words = [detail.isPrompt ? "prompt" : detail.forced ? "forced" : isWaiting ? "chosen" : "generated"];
  if (isWaiting) words.push("not yet accepted");
  if (detail.token.kind !== "normal") words.push(kTokenKindWords[detail.token.kind]);
  if (!detail.token.isText) words.push("part of a character");
  if (detail.endOfText) words.push("ends the text");
  if (isNewest && !isWaiting) words.push("newest");
  return words.join(" · ");
}

const kTokenKindWords = {
  normal: "",
  unknown: "unknown",
  control: "control token",
  userDefined: "user-defined",
  unused: "unused",
  byte: "byte token",
} as const;

interface Fact {
  readonly name: string;
  readonly value: string;
  readonly title?: string | undefined;
  readonly help?: GlossaryTerm;
}

function Facts({ detail, nVocab }: { detail: StepDetail; nVocab: number | undefined }) {
  return (
    <dl className={styles["facts"]}>
      {factsOf(detail, nVocab).map(({ name, value, title, help }) => (
        <div key={name} title={value === kMissing ? (title ?? "not known") : undefined}>
          <dt>
            {name} {help !== undefined && <Help term={help} />}
          </dt>
          <dd>
            {value}
            {value === kMissing && <small>{title ?? "not known"}</small>}
          </dd>
        </div>
      ))}
    </dl>
  );
}

function factsOf(detail: StepDetail, nVocab: number | undefined): Fact[] {
  const noPrediction = detail.position === 0 ? "nothing predicts it" : "not recorded";
  const notSampled = detail.isPrompt ? "not sampled" : detail.forced ? "forced" : "not recorded";
  const rank =
    detail.rank === undefined ? kMissing : `${detail.rank}${nVocab === undefined ? "" : ` of ${nVocab}`}`;
  return [
    { name: "position", value: String(detail.position), help: "position" },
    { name: "token id", value: String(detail.token.id), help: "tokenId" },
    { name: "rank", value: rank, title: noPrediction, help: "rank" },
    { name: "logit", value: formatNumber(detail.logit, 3), title: noPrediction, help: "logit" },
    {
      name: "raw p",
      value: formatProbability(probability(detail.rawLogprob)),
      title: noPrediction,
      help: "rawProbability",
    },
    {
      name: "final p",
      value: formatProbability(detail.finalProb),
      title: notSampled,
      help: "finalProbability",
    },
    { name: "surprisal", value: formatBits(bits(detail.rawLogprob)), title: noPrediction, help: "surprisal" },
    { name: "entropy", value: formatBits(detail.entropy), title: noPrediction, help: "entropy" },
    { name: "bytes", value: formatHex(detail.token.bytes) || kMissing, title: "no bytes", help: "bytes" },
    { name: "draw", value: formatNumber(detail.draw, 4), title: "nothing drawn", help: "draw" },
    {
      name: "model",
      // The first token after the prompt is predicted while the prompt is read: no time of its own.
      value: detail.decodeUs === 0 ? kMissing : formatMicroseconds(detail.decodeUs),
      title: "within the prompt’s",
      help: "decodeTime",
    },
    {
      name: "sampling",
      value: detail.isPrompt ? kMissing : formatMicroseconds(detail.sampleUs),
      title: "not sampled",
      help: "sampleTime",
    },
    { name: "capture", value: formatMicroseconds(detail.captureUs), help: "captureTime" },
  ];
}

function probability(logprob: number | undefined): number | undefined {
  return logprob === undefined ? undefined : Math.exp(logprob);
}

function bits(logprob: number | undefined): number | undefined {
  // `0 -` and not `-`: a certain token has 0 bits, not -0.
  return logprob === undefined ? undefined : 0 - logprob / Math.LN2;
}

const kNewestEveryMs = 200;

/** The newest token, not more often than an eye can follow. */
function useNewestPosition(record: RunRecord): Position | undefined {
  const length = useRunValue(record, ({ tokens }) => tokens.length);
  const [shown, setShown] = useState(length);
  const isBehind = shown !== length;
  useEffect(() => {
    if (!isBehind) return undefined;
    const timer = setInterval(() => setShown(record.tokens.length), kNewestEveryMs);
    return () => clearInterval(timer);
  }, [record, isBehind]);
  const index = Math.min(shown, length) - 1;
  return index < 0 ? undefined : record.tokens.position(index);
}
